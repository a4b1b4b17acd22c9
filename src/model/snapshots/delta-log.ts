/** The files of a Delta table's log, by their names. Source: Delta Transaction Log Protocol, "File Types". */

/** What tells the newest state of a table. */
export interface NewestLog {
  readonly version: number;
  /** Files of the newest whole checkpoint; none where the log goes back to the table's beginning. */
  readonly checkpoint: readonly string[];
  /** The commits since then, in their order. */
  readonly commits: readonly string[];
}

/** A table whose log cannot be followed, with the reason: somebody may be writing or cleaning it up at the moment. */
export class UnreadableTable extends Error {}

/** A table that is kept in a way that is not known here, with the reason. */
export class UnknownTable extends UnreadableTable {}

const commit = /^(\d{20})\.json$/;
const checkpoints = {
  whole: /^(\d{20})\.checkpoint\.parquet$/,
  inParts: /^(\d{20})\.checkpoint\.(\d{10})\.(\d{10})\.parquet$/,
  named: /^(\d{20})\.checkpoint\.[0-9a-f-]{36}\.(?:json|parquet)$/,
};

/**
 * What of a log tells the table's newest version.
 * @param files of the folder `_delta_log/`, by their names in it
 * @throws UnreadableTable where a commit is missing, or nothing is there
 */
export function newestLog(files: readonly string[]): NewestLog {
  const commits = new Map(files.flatMap((name) => numbered(commit.exec(name), name)));
  const found = wholeCheckpoints(files);
  const version = Math.max(-1, ...commits.keys(), ...found.keys());
  if (version < 0) throw new UnreadableTable('its log has no commit');
  const base = Math.max(-1, ...found.keys());
  const since: string[] = [];
  for (let number = base + 1; number <= version; number += 1) {
    const name = commits.get(number);
    if (name === undefined) {
      throw new UnreadableTable(`version ${version} is there and commit ${number} of its log is not`);
    }
    since.push(name);
  }
  return { version, checkpoint: found.get(base) ?? [], commits: since };
}

/**
 * Whether a file of the log belongs to a table of that version: everything that tells a version, up to it. The log is
 * kept whole, for it says what was done to the table and what its writers have written last.
 */
export function isOfVersion(name: string, version: number): boolean {
  // It may name a newer checkpoint, and is only there to save a listing.
  if (name === '_last_checkpoint') return false;
  const numbers = /^(\d{20})\.(?:(\d{20})\.)?/.exec(name);
  return numbers ? Number(numbers[2] ?? numbers[1]) <= version : name.startsWith('_sidecars/');
}

/** The versions of which a checkpoint is there with all its parts. */
function wholeCheckpoints(files: readonly string[]): Map<number, string[]> {
  const whole = new Map<number, string[]>();
  const parts = new Map<string, string[]>();
  for (const name of files) {
    const alone = checkpoints.whole.exec(name) ?? checkpoints.named.exec(name);
    if (alone) whole.set(Number(alone[1]), [name]);
    const part = checkpoints.inParts.exec(name);
    if (!part) continue;
    const [, version = '', , of = ''] = part;
    const others = [...(parts.get(`${version}.${of}`) ?? []), name];
    parts.set(`${version}.${of}`, others);
    if (others.length === Number(of) && !whole.has(Number(version))) whole.set(Number(version), others);
  }
  return whole;
}

function numbered(match: RegExpExecArray | null, name: string): [number, string][] {
  return match ? [[Number(match[1]), name]] : [];
}
