import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from '../model/platform.js';
import { airflowFiles } from '../project/airflow-files.js';
import { namedQueries } from '../project/named-queries.js';
import { projectFiles } from '../project/project-files.js';
import { step, type Operation, type Steps } from './events.js';

export interface SynthRequest {
  readonly platform: Platform;
  readonly projectDirectory: string;
  /** Only for a change that somebody has agreed to: what holds data in a protected environment may be destroyed. */
  readonly mayDestroyData?: boolean;
}

export interface SynthResult {
  /** Holds `stacks/<stack>/cdk.tf.json`. */
  readonly outputDirectory: string;
  /** In the order they are applied. */
  readonly stacks: readonly string[];
}

/** Writes the environment's Terraform into the project's `cdktf.out`, the same bytes as `npx cdktf synth`. */
export async function* synth(request: SynthRequest): Operation<SynthResult> {
  yield { type: 'result', result: yield* synthesizeStacks(request) };
}

/** As `synth`, for an operation that goes on from there. */
export function synthesizeStacks(request: SynthRequest): Steps<SynthResult> {
  return step('synth', `Synthesize ${request.platform.environment.name}`, () => writeStacks(request));
}

async function writeStacks(request: SynthRequest): Promise<SynthResult> {
  const { platform, projectDirectory, mayDestroyData } = request;
  // Loaded here, for no other verb pays for the constructs.
  const { synthesize } = await import('../../stacks/app.js');
  const outputDirectory = join(projectDirectory, 'cdktf.out');
  mkdirSync(outputDirectory, { recursive: true });
  const declared = {
    platform,
    queries: namedQueries(projectFiles(projectDirectory)),
    airflow: airflowFiles(projectDirectory),
    ...(mayDestroyData && { mayDestroyData }),
  };
  return { outputDirectory, stacks: synthesize(declared, outputDirectory).stacks };
}
