import { info, step, type Steps } from '../events.js';
import { timeOf } from '../state/refusal.js';
import type { Stack } from './stacks.js';

/**
 * Waits for each terraform that goes on although the dataplat that started it was killed: what it makes is in the state
 * only when it has come to its end.
 */
export async function* waitForLeftAtWork(stacks: readonly Stack[]): Steps<void> {
  for (const { kind, name, terraform } of stacks) {
    const left = terraform.leftAtWork();
    if (!left) continue;
    yield info(
      `a change of ${name} was killed, and its terraform, process ${left.terraform.pid}, at work since ${timeOf(left.since)}, goes on to its end`,
    );
    yield* step(`left/${kind}`, `Wait for terraform of ${name}`, () => terraform.followLeft(left));
  }
}
