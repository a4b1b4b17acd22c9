import { holdsData } from '../../model/data-bearing.js';
import type { PlanDocument } from '../../terraform/plan-file.js';
import type { Terraform } from '../../terraform/terraform.js';
import { info, step, type Steps } from '../events.js';

/**
 * Keeps what holds data and would be made anew only since its creation was interrupted: an interruption reaches the provider
 * in the middle of waiting for what AWS has made. What it lacks is set by the plan like every other change.
 * @returns whether there was anything, so that what was planned is out of date
 */
export async function* keepingInterrupted(
  stack: { readonly kind: string; readonly name: string; readonly terraform: Pick<Terraform, 'untaint'> },
  { resource_changes: changes = [] }: PlanDocument,
): Steps<boolean> {
  const interrupted = changes.filter(
    ({ type, action_reason: reason }) => reason === 'replace_because_tainted' && holdsData(type),
  );
  if (interrupted.length === 0) return false;
  const addresses = interrupted.map(({ address }) => address);
  yield info(`kept, although it was interrupted while it was made: ${addresses.join(', ')}`);
  yield* step(`keep/${stack.kind}`, `Keep what ${stack.name} was making`, async () => {
    for (const address of addresses) await stack.terraform.untaint(address);
  });
  return true;
}
