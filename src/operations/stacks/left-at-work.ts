import { info, step, type Steps } from '../events.js';
import { timeOf } from '../state/refusal.js';
import type { Stack } from './stacks.js';

/**
 * Waits for each terraform that goes on although the dataplat that started it was killed: what it makes is in the state
 * only when it has come to its end. One that only plans is ended, since it locks the state for nothing.
 */
export async function* waitForLeftAtWork(stacks: readonly Stack[]): Steps<void> {
  yield* endLeftPlans(stacks);
  for (const { kind, name, terraform } of stacks) {
    const left = terraform.leftAtWork();
    if (!left) continue;
    yield info(
      `a change of ${name} was killed, and its terraform, process ${left.terraform.pid}, at work since ${timeOf(left.since)}, goes on to its end`,
    );
    yield* step(`left/${kind}`, `Wait for terraform of ${name}`, () => terraform.followLeft(left));
  }
}

/** Ends each plan that goes on although the dataplat that wanted it was killed. */
export async function* endLeftPlans(stacks: readonly Stack[]): Steps<void> {
  for (const { kind, name, terraform } of stacks) {
    for (const left of terraform.leftLooking()) {
      yield* step(`left/${kind}`, `End a plan of ${name} that nobody waits for any more`, () =>
        terraform.endLook(left),
      );
    }
  }
}
