import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { DataplatError } from '../model/errors.js';
import { runCost } from '../ui/runs.js';
import { duration } from '../ui/text.js';
import { orCancel } from './ask-to-cancel.js';
import type { Invocation } from './invocation.js';
import { onAccount } from './with-access.js';

/** Flags that say what runs where no job of the declaration is named. */
export interface ScriptFlags {
  readonly entryPoint?: string;
  readonly roleArn?: string;
  readonly applicationId?: string;
  readonly sparkSubmitParameters?: string;
}

/** What `submit` was asked for besides. */
export interface ScriptRequest extends ScriptFlags {
  readonly entryPoint: string;
  readonly arguments: readonly string[];
  readonly wait: boolean;
  readonly follow?: boolean;
  readonly timeout?: number;
}

export function addScriptFlags(command: Command): void {
  const group = 'Any script, as `aws emr-serverless start-job-run` has it:';
  for (const option of [
    new Option('--entry-point <uri>', 'run this script, s3://… or a file, instead of a job'),
    new Option('--role-arn <arn>', 'the role that it runs as'),
    new Option('--application-id <id>', "the application (default: the environment's)"),
    new Option('--spark-submit-parameters <text>', 'as "--conf spark.executor.cores=4 --py-files s3://…"'),
  ]) {
    command.addOption(option.helpGroup(group));
  }
}

/** Runs a script that is no job. @throws DataplatError DP1001 for flags that say too little or what only a job has */
export async function submitAnyScript(invocation: Invocation, request: ScriptRequest): Promise<number> {
  const { ui, signal } = invocation;
  const { environment } = await invocation.platform();
  const { roleArn } = request;
  if (roleArn === undefined) {
    throw new DataplatError('DP1001', 'a script that is no job runs as a role that you name', {
      next: [`dataplat submit --entry-point ${request.entryPoint} --role-arn <arn>`],
    });
  }
  const entryPoint = scriptAt(request.entryPoint);
  const operation = await onAccount(invocation, async function* (access) {
    const { submitScript } = await import('../operations/submit-script.js');
    yield* submitScript(environment, access.aws, {
      entryPoint,
      roleArn,
      arguments: request.arguments,
      signal,
      wait: request.wait,
      again: (flags) =>
        `dataplat submit --entry-point ${request.entryPoint} --role-arn ${roleArn}${flags} --env ${environment.name}`,
      ...(request.applicationId !== undefined && { applicationId: request.applicationId }),
      ...(request.sparkSubmitParameters !== undefined && {
        sparkSubmitParameters: request.sparkSubmitParameters,
      }),
      ...(request.follow !== undefined && { follow: request.follow }),
      ...(request.timeout !== undefined && { timeoutMinutes: request.timeout }),
    });
  });
  const waiting = async (): Promise<number> => {
    const result = await ui.follow(operation);
    ui.result({ ...result }, () => result.runId);
    if (request.wait) {
      ui.say([`      ${result.state} in ${duration(result.seconds)}`, ...runCost(result.billed)].join(', '));
    }
    return 0;
  };
  // Of another application our verbs know no runs.
  return request.applicationId === undefined ? orCancel(invocation, environment, waiting) : waiting();
}

/** @throws DataplatError DP1001 where there is no such file */
function scriptAt(place: string): string | { name: string; content: Uint8Array } {
  if (place.startsWith('s3://')) return place;
  if (!existsSync(place)) {
    throw new DataplatError('DP1001', `there is no file ${place}, and it is no s3:// address`, {
      left: 'nothing was started',
    });
  }
  return { name: basename(place), content: readFileSync(place) };
}
