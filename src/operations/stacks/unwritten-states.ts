import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataplatError } from '../../model/errors.js';
import { info, step, warning, type Steps } from '../events.js';
import type { Stack } from './stacks.js';

/** A state that Terraform could not write, out of the way of the next synthesis. */
function keptState({ terraform }: Stack): string {
  return join(terraform.dataDirectory, 'errored.tfstate');
}

/**
 * Terraform leaves the state that it cannot write to its backend in a file; without it what was made is forgotten, and
 * made twice. Keeps that file where nothing writes over it.
 */
export async function keepUnwrittenStates(stacks: readonly Stack[]): Promise<string[]> {
  const kept: string[] = [];
  for (const stack of stacks) {
    const left = stack.terraform.unwrittenState;
    if (!existsSync(left)) continue;
    await mkdir(dirname(keptState(stack)), { recursive: true });
    await rename(left, keptState(stack));
    kept.push(stack.name);
  }
  return kept;
}

/**
 * Writes states that an earlier change could not write to where they belong.
 * @throws DataplatError DP5010 where such a state does not follow what is there now
 */
export async function* pushUnwrittenStates(stacks: readonly Stack[]): Steps<void> {
  for (const stack of stacks) {
    const file = keptState(stack);
    if (!existsSync(file)) continue;
    yield info(`an earlier change of ${stack.name} could not write its state: it is written now`);
    yield* step(`push/${stack.kind}`, `Write the state of ${stack.name}`, async () => {
      await stack.terraform.init();
      try {
        await stack.terraform.pushState(file);
      } catch (error) {
        if (!(error instanceof DataplatError) || error.code !== 'DP5001') throw error;
        throw new DataplatError(
          'DP5010',
          `a state of ${stack.name} that was never written does not fit any more`,
          {
            ...error.details,
            left: `that state, in ${file}, and the one in the backend`,
            next: [
              `diff what both say is there, and then remove the file`,
              `or, where the file is right: TF_DATA_DIR=${stack.terraform.dataDirectory} terraform -chdir=${stack.terraform.directory} state push -force ${file}`,
            ],
            cause: error,
          },
        );
      }
      await rm(file);
    });
  }
}

/** Whatever becomes of the work, a state that Terraform could not write is kept. */
export async function* keepingStates<Made>(stacks: readonly Stack[], work: Steps<Made>): Steps<Made> {
  try {
    return yield* work;
  } finally {
    for (const stack of await keepUnwrittenStates(stacks)) {
      yield warning(`the state of ${stack} could not be written: the next deploy writes it first`);
    }
  }
}

/** For who only looks: that what they see is not all. */
export function* warnOfUnwrittenStates(stacks: readonly Stack[]): Generator<ReturnType<typeof warning>> {
  for (const stack of stacks) {
    if (!existsSync(keptState(stack)) && !existsSync(stack.terraform.unwrittenState)) continue;
    yield warning(
      `the last change of ${stack.name} could not write its state, so this plan may make things twice; dataplat deploy writes it first`,
    );
  }
}
