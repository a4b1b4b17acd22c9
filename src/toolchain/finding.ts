import { DataplatError } from '../model/errors.js';

/** Whether something that dataplat needs is on this machine, where, and how to mend it where it is not. */
export type Finding<Value> =
  | { readonly state: 'found'; readonly version: string; readonly where: string; readonly value: Value }
  | { readonly state: 'missing'; readonly reason: string; readonly mend: string }
  | {
      readonly state: 'too-old';
      readonly version: string;
      readonly where: string;
      readonly reason: string;
      readonly mend: string;
    };

/** The command that installs all that dataplat can install by itself. */
export const setUp = 'npm run setup';

/** The same, and Airflow, which is otherwise made by whoever needs it first. */
export const setUpAirflow = 'npm run setup -- --airflow';

/** @throws DataplatError DP3006 where set-up mends it, DP3001 where only the user can */
export function requireFound<Value>(finding: Finding<Value>): Value {
  if (finding.state === 'found') return finding.value;
  throw new DataplatError(finding.mend === setUp ? 'DP3006' : 'DP3001', finding.reason, {
    left: 'nothing was started or changed',
    next: [finding.mend],
  });
}
