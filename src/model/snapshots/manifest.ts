import { z } from 'zod';
import { layers } from '../layers.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/** A file as it is kept: under the hash of what it is a copy of, so that it is copied once, however many snapshots have it. */
const keptFileSchema = z.strictObject({
  /** In its table or folder. */
  path: z.string(),
  size: count,
  /** S3's entity tag of what was copied. */
  etag: z.string(),
  /** In base64, of the whole; where it was copied in parts, of the hashes of the parts, with their number. */
  sha256: z.string(),
  /** How long a part is, where it was copied in parts. */
  partBytes: count.optional(),
});
export type KeptFile = z.infer<typeof keptFileSchema>;

export const keptFilesSchema = z.array(keptFileSchema);

const tableSchema = z.strictObject({
  layer: z.enum(layers),
  /** Its folder in the layer's bucket. */
  name: z.string(),
  /** Delta's own. */
  id: z.string(),
  version: count,
  rows: count.nullable(),
  files: count,
  bytes: count,
  /** Of its log's listing: while that is the same, so is the table. */
  log: sha256,
  /** The document that lists its files. */
  listing: sha256,
});
export type SnapshotTable = z.infer<typeof tableSchema>;

/** What a snapshot has beside tables, by its document. */
export const documentKinds = ['catalog', 'tags', 'airflow', 'secrets', 'states', 'release'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** What a snapshot consists of. Written last: without it, nothing else that was copied is a snapshot. */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  id: z.string(),
  takenAt: z.iso.datetime(),
  by: z.string(),
  environment: z.strictObject({
    name: z.string(),
    account: z.string(),
    region: z.string(),
    prefix: z.string(),
    bucketPrefix: z.string(),
  }),
  tables: z.array(tableSchema),
  documents: z.partialRecord(z.enum(documentKinds), sha256),
  release: z.string().nullable(),
  /** What could not be taken, in sentences. */
  missing: z.array(z.string()),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** What a snapshot is called: when it was taken, in UTC, and four digits that tell two of one second apart. */
export function snapshotId(takenAt: Date, random: string): string {
  return `${takenAt.toISOString().slice(0, 19).replaceAll(':', '').replaceAll('-', '')}Z-${random}`;
}

/** Where everything is in a bucket of snapshots, which those of several environments may share. */
export const snapshotKeys = {
  /** Its name holds its hash: a manifest that was cut short is none. */
  manifest: (environment: string, id: string, hash: string): string =>
    `${environment}/snapshots/${id}.${hash}.json`,
  manifests: (environment: string): string => `${environment}/snapshots/`,
  document: (environment: string, hash: string): string => `${environment}/documents/${hash}.json`,
  documents: (environment: string): string => `${environment}/documents/`,
  folder: (environment: string, folder: string): string => `${environment}/files/${folder}/`,
  file: (environment: string, folder: string, { path, etag }: Pick<KeptFile, 'path' | 'etag'>): string =>
    `${environment}/files/${folder}/${path}/${etag}`,
  files: (environment: string): string => `${environment}/files/`,
  lock: (environment: string): string => `${environment}/lock.json`,
} as const;

/** A manifest's id and hash in its key; undefined for what is none. */
export function manifestNamed(key: string): { id: string; hash: string } | undefined {
  const found = /\/snapshots\/([^/]+)\.([0-9a-f]{64})\.json$/.exec(key);
  return found ? { id: found[1] ?? '', hash: found[2] ?? '' } : undefined;
}

/** The folder that a table's files are kept in. */
export function tableFolder({ layer, name }: Pick<SnapshotTable, 'layer' | 'name'>): string {
  return `${layer}/${name}`;
}

/** The folder that a release's files are kept in. */
export function releaseFolder(release: string): string {
  return `release/${release}`;
}

/** Each listing of files once, with the folder that they are in; most tables are in several snapshots as they are. */
export function listingsOf(manifests: readonly Manifest[]): Map<string, { folder: string; id: string }> {
  const found = new Map<string, { folder: string; id: string }>();
  for (const { id, tables, documents, release } of manifests) {
    for (const table of tables) found.set(table.listing, { folder: tableFolder(table), id });
    if (documents.release !== undefined && release !== null) {
      found.set(documents.release, { folder: releaseFolder(release), id });
    }
  }
  return found;
}

/** How much of the lake tables are. */
export function sizeOf(tables: readonly SnapshotTable[]): { tables: number; files: number; bytes: number } {
  return {
    tables: tables.length,
    files: tables.reduce((sum, { files }) => sum + files, 0),
    bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
