import type { Records } from '../../aws/records.js';
import type { ObservedRun } from '../../model/sla.js';
import { changeRecord } from './change-record.js';

/** Which runs CloudWatch has been told of, in the artifacts bucket. */
const recordName = 'metrics/emitted-runs.json';

/** By the run's id, when it ended. */
type EmittedRuns = Readonly<Record<string, string>>;

/** CloudWatch takes what is at most two weeks old; older runs are asked for no more. */
const rememberedDays = 15;

/**
 * Takes the runs that nobody has told of yet: from then on they are ours to tell.
 * @param look only looks, and takes nothing
 */
export async function claimRuns(
  records: Records,
  ended: readonly ObservedRun[],
  at: Date,
  look: boolean,
): Promise<ObservedRun[]> {
  const oldest = new Date(at.getTime() - rememberedDays * 86_400_000).toISOString();
  if (look) {
    const found = await records.read(recordName);
    const told = found ? (JSON.parse(found.text) as EmittedRuns) : {};
    return ended.filter(({ runId }) => !(runId in told));
  }
  return changeRecord<EmittedRuns, ObservedRun[]>(records, recordName, (told = {}) => {
    const fresh = ended.filter(({ runId }) => !(runId in told));
    const kept = Object.entries(told).filter(([, endedAt]) => endedAt >= oldest);
    const taken = fresh.map(({ runId, endedAt }) => [runId, (endedAt ?? at).toISOString()]);
    return { content: Object.fromEntries([...kept, ...taken]) as EmittedRuns, made: fresh };
  });
}

/** What could not be told is anybody's again. */
export async function giveBackRuns(records: Records, runs: readonly ObservedRun[]): Promise<void> {
  const ids = new Set(runs.map(({ runId }) => runId));
  await changeRecord<EmittedRuns, void>(records, recordName, (told = {}) => ({
    content: Object.fromEntries(Object.entries(told).filter(([id]) => !ids.has(id))),
    made: undefined,
  }));
}
