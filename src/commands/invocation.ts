import type { Command } from 'commander';
import type { Environment } from '../model/environment.js';
import type { Platform } from '../model/platform.js';
import { DataplatError } from '../model/errors.js';
import { outputLost } from '../ui/output.js';
import { isAnimated, Terminal, type Ui } from '../ui/terminal.js';
import type { GlobalOptions } from './global-options.js';

/** What a command is run with: the global flags, resolved, and the ways to say something. */
export interface Invocation {
  readonly ui: Ui;
  /**
   * Fires at the first Ctrl-C (and on SIGTERM), of which the second ends the process at once; when the terminal is closed;
   * and when nobody reads any more what is printed.
   */
  readonly signal: AbortSignal;
  readonly environmentName: string;
  readonly profile: string | undefined;
  readonly region: string | undefined;
  readonly verbose: boolean;
  /** @throws DataplatError DP1002 */
  readonly projectDirectory: () => Promise<string>;
  /** The declaration in the environment that is asked for. @throws DataplatError DP1002, DP1003, DP2001 */
  readonly platform: () => Promise<Platform>;
  /** Another environment of the project. @throws DataplatError DP1002, DP1003, DP2001 */
  readonly otherEnvironment: (name: string) => Promise<Environment>;
}

/**
 * Runs a command: resolves the global flags, runs `work`, shows what goes wrong, sets the exit code.
 * `work` returns the exit code where it is not 0.
 */
export async function invoke(
  command: Command,
  work: (invocation: Invocation) => Promise<number | void>,
): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const json = options.json === true || options.output === 'json';
  const quiet = options.quiet === true;
  const ui = new Terminal({
    json,
    quiet,
    ...(isAnimated({ json, quiet }) && { spinner: (await import('ora')).default }),
    verbose: options.verbose === true,
    ...(options.color === false && { color: false }),
  });
  const { signal, dispose } = interruption();
  let loadedDirectory: string | undefined;
  let loadedPlatform: Platform | undefined;
  const invocation: Invocation = {
    ui,
    signal,
    environmentName: options.env ?? (process.env['DATAPLAT_ENV'] || 'local'),
    profile: options.profile ?? process.env['AWS_PROFILE'],
    region: options.region,
    verbose: options.verbose === true,
    projectDirectory: async () => {
      const { findProjectDirectory } = await import('../project/project-directory.js');
      loadedDirectory ??= findProjectDirectory(options.projectDir);
      return loadedDirectory;
    },
    platform: async () => {
      const { loadPlatform } = await import('../project/load-platform.js');
      loadedPlatform ??= loadPlatform(await invocation.projectDirectory(), invocation.environmentName, {
        region: options.region,
      });
      return loadedPlatform;
    },
    otherEnvironment: async (name) => {
      const { loadPlatform } = await import('../project/load-platform.js');
      return loadPlatform(await invocation.projectDirectory(), name).environment;
    },
  };
  try {
    process.exitCode = (await work(invocation)) ?? 0;
  } catch (error) {
    const { machineFailure } = await import('../toolchain/machine-failure.js');
    process.exitCode = ui.failure(
      signal.aborted && !(error instanceof DataplatError)
        ? new DataplatError('DP1008', 'interrupted')
        : (machineFailure(error) ?? error),
    );
  } finally {
    ui.close();
    dispose();
  }
}

function interruption(): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  let interrupts = 0;
  // Counted by itself: a Ctrl-C ends the reader of a pipe too, and we may hear of that first.
  const interrupt = (): void => {
    interrupts += 1;
    if (interrupts > 1) process.exit(130);
    controller.abort();
  };
  // A terminal that is closed says so more than once, and has nobody at it who is in a hurry.
  const leave = (): void => controller.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.on('SIGHUP', leave);
  outputLost.addEventListener('abort', leave);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      process.off('SIGHUP', leave);
      outputLost.removeEventListener('abort', leave);
    },
  };
}
