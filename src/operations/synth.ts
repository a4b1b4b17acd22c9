import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from '../model/platform.js';
import { namedQueries } from '../project/named-queries.js';
import { projectFiles } from '../project/project-files.js';
import { step, type Operation } from './events.js';

export interface SynthRequest {
  readonly platform: Platform;
  readonly projectDirectory: string;
}

export interface SynthResult {
  /** Holds `stacks/<stack>/cdk.tf.json`. */
  readonly outputDirectory: string;
  /** In the order they are applied. */
  readonly stacks: readonly string[];
}

/** Writes the environment's Terraform into the project's `cdktf.out`, the same bytes as `npx cdktf synth`. */
export async function* synth({ platform, projectDirectory }: SynthRequest): Operation<SynthResult> {
  const result = yield* step('synth', `Synthesize ${platform.environment.name}`, () =>
    writeStacks(platform, projectDirectory),
  );
  yield { type: 'result', result };
}

/** As `synth`, for an operation that goes on from there. */
export async function writeStacks(platform: Platform, projectDirectory: string): Promise<SynthResult> {
  // Loaded here, for no other verb pays for the constructs.
  const { synthesize } = await import('../../stacks/app.js');
  const outputDirectory = join(projectDirectory, 'cdktf.out');
  // Another environment's stacks must not be taken for this one's.
  rmSync(outputDirectory, { recursive: true, force: true });
  mkdirSync(outputDirectory, { recursive: true });
  const declared = { platform, queries: namedQueries(projectFiles(projectDirectory)) };
  return { outputDirectory, stacks: synthesize(declared, outputDirectory).stacks };
}
