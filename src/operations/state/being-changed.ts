import type { EnvironmentAccess } from '../environment-access.js';
import { warning, type Steps } from '../events.js';
import { isOver, lifeOf, parseHolder } from './holder.js';
import { timeOf } from './refusal.js';
import { recordNames, stateRecords } from './state-records.js';

/** For who only looks, and so takes no lock: that what they see is in the middle of a change, and whose. */
export async function* warnOfChange(access: EnvironmentAccess): Steps<void> {
  const environment = access.platform.environment.name;
  const held = await stateRecords(access).read(recordNames.lock(environment));
  const holder = held && parseHolder(held.text);
  if (!holder) return;
  const who = `${holder.user}@${holder.host}`;
  yield warning(
    isOver(lifeOf(holder))
      ? `${environment} is locked by a change of ${who} that did not end as it should: dataplat unlock --env ${environment}`
      : `${who} has been changing ${environment} since ${timeOf(holder.since)} (${holder.command}): what is shown may be half of that`,
  );
}
