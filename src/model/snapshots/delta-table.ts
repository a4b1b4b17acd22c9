import { UnknownTable } from './delta-log.js';

/** An action of a Delta log, as far as it says which files a table has. Source: Delta Transaction Log Protocol. */
export interface LogAction {
  readonly add?: LoggedFile | null;
  readonly remove?: LoggedFile | null;
  readonly metaData?: { readonly id?: string | null } | null;
  readonly protocol?: { readonly readerFeatures?: readonly string[] | null } | null;
  readonly sidecar?: { readonly path: string } | null;
}

interface LoggedFile {
  /** Relative to the table, its characters escaped as in an address. */
  readonly path: string;
  readonly size?: number | bigint | null;
  /** JSON, with the number of rows. */
  readonly stats?: string | null;
  readonly deletionVector?: DeletionVector | null;
}

/** Which rows of a file are deleted. */
interface DeletionVector {
  readonly storageType: string;
  readonly pathOrInlineDv: string;
  readonly offset?: number | null;
  readonly cardinality?: number | bigint | null;
}

/** A table at one version. */
export interface TableState {
  /** Delta's own id of it: a table that is made anew has another. */
  readonly id: string;
  /** Every file that its rows are in, by its path in the table. */
  readonly files: readonly string[];
  /** How many rows it has; undefined where a file does not say. */
  readonly rows: number | undefined;
}

/** What a reader must know of a table changes none of the files that it consists of. */
const knownFeatures = new Set([
  'columnMapping',
  'deletionVectors',
  'timestampNtz',
  'typeWidening',
  'typeWidening-preview',
  'v2Checkpoint',
  'vacuumProtocolCheck',
  'variantType',
  'variantType-preview',
]);

/** Follows a log, from a checkpoint or a table's beginning, to the state that it ends in. */
export class TableReplay {
  private id = '';
  private readonly files = new Map<string, LoggedFile>();

  /** @throws UnknownTable for a table that needs what is not known here */
  take({ add, remove, metaData, protocol }: LogAction): void {
    if (protocol) {
      const unknown = (protocol.readerFeatures ?? []).filter((feature) => !knownFeatures.has(feature));
      if (unknown.length > 0) throw new UnknownTable(`it has the feature ${unknown.join(', ')}`);
    }
    if (metaData) this.id = metaData.id ?? '';
    // A file with other deleted rows is another one: it is added, and the old one removed, in either order.
    if (remove) this.files.delete(keyOf(remove));
    if (add) this.files.set(keyOf(add), add);
  }

  /** @throws UnknownTable where some of it is outside the table's folder */
  get state(): TableState {
    const files = new Set<string>();
    let rows: number | undefined = 0;
    for (const file of this.files.values()) {
      files.add(inTable(file.path));
      const deleted = file.deletionVector;
      if (deleted && deleted.storageType !== 'i') files.add(vectorFile(deleted));
      const counted = countOf(file.stats);
      rows =
        rows === undefined || counted === undefined
          ? undefined
          : rows + counted - Number(deleted?.cardinality ?? 0);
    }
    return { id: this.id, files: [...files].sort(), rows };
  }
}

function keyOf({ path, deletionVector }: LoggedFile): string {
  if (!deletionVector) return path;
  const { storageType, pathOrInlineDv, offset } = deletionVector;
  return `${path}\0${storageType}${pathOrInlineDv}@${offset ?? ''}`;
}

function countOf(stats: string | null | undefined): number | undefined {
  if (typeof stats !== 'string') return undefined;
  try {
    const { numRecords } = JSON.parse(stats) as { numRecords?: unknown };
    return typeof numRecords === 'number' ? numRecords : undefined;
  } catch {
    return undefined;
  }
}

/** @throws UnknownTable for a shallow clone, whose files are another table's */
function inTable(path: string): string {
  if (/^([a-z][a-z0-9+.-]*:|\/)/i.test(path)) {
    throw new UnknownTable(`it is a clone: ${path} is outside its folder`);
  }
  return decodeURIComponent(path);
}

/** Where a table keeps which rows are deleted. Source: Delta Transaction Log Protocol, "Deletion Vector Descriptor". */
function vectorFile({ storageType, pathOrInlineDv }: DeletionVector): string {
  if (storageType !== 'u') return inTable(pathOrInlineDv);
  const prefix = pathOrInlineDv.slice(0, -20);
  const hex = Buffer.from(base85(pathOrInlineDv.slice(-20))).toString('hex');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${uuid}.bin`;
}

const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Source: ZeroMQ RFC 32/Z85. */
function base85(text: string): number[] {
  const bytes: number[] = [];
  for (let begin = 0; begin < text.length; begin += 5) {
    let value = 0;
    for (const digit of text.slice(begin, begin + 5)) value = value * 85 + digits.indexOf(digit);
    for (const place of [2 ** 24, 2 ** 16, 2 ** 8, 1]) bytes.push(Math.floor(value / place) % 256);
  }
  return bytes;
}
