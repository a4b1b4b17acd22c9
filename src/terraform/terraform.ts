import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { DataplatError } from '../model/errors.js';
import { isProcess, withLock } from '../toolchain/file-lock.js';
import { startDetached } from './detached.js';
import { saidLines } from './said-lines.js';
import { machineVariables } from './shell-variables.js';
import {
  forgetLook,
  forgetWork,
  isCutOff,
  isLeftAtWork,
  notedLooks,
  notedWork,
  noteLook,
  noteWork,
  type WorkNote,
} from './work-note.js';
import { parseMessage, type Diagnostic, type PlannedChange, type TerraformMessage } from './messages.js';
import type { PlanDocument } from './plan-file.js';

export interface TerraformOptions {
  /** The program, `terraform` or what stands in for it. */
  readonly command: string;
  /** Our own CLI configuration, which says where providers come from. */
  readonly cliConfigFile: string;
  /** The synthesized stack: the folder of its `cdk.tf.json`. */
  readonly directory: string;
  /** TF_DATA_DIR: what `terraform init` makes, and our saved plans; one for each stack and state. */
  readonly dataDirectory: string;
  /** Settings of the backend that the stack leaves open. */
  readonly backendConfig: Readonly<Record<string, string>>;
  /** Region, credentials, and the endpoint where the environment has one of its own. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly parallelism?: number;
  /** How long terraform waits for somebody else's lock of the state. Default: not at all. */
  readonly lockTimeoutSeconds?: number;
  /** Take no lock of the state, for who only looks: several look side by side, and beside a change. Default: take it. */
  readonly withoutLock?: boolean;
  /** Told of each terraform process that may change something, as it starts. */
  readonly started?: (pid: number) => void;
  /** Interrupts terraform, which then finishes what it is about and writes its state. */
  readonly signal?: AbortSignal;
}

/** How far a command is: what it is at, and how many of the planned changes are made. */
export interface TerraformProgress {
  readonly detail: string;
  readonly done?: number;
  readonly total?: number;
}

/** Something that exists, to be brought into the state. */
export interface Import {
  /** The address that it gets. */
  readonly to: string;
  readonly id: string;
  /** Where it is not the stack's first. */
  readonly provider?: string;
}

export interface Plan {
  readonly file: string;
  readonly changes: readonly PlannedChange[];
  /** Outputs alone may change too: that is no change of a resource, and yet must be applied. */
  readonly outputsChange: boolean;
}

export interface PlanRequest {
  readonly destroy?: boolean;
  /** What exists, and is to be known by the state. */
  readonly imports?: readonly Import[];
}

type Running<Made> = AsyncGenerator<TerraformProgress, Made, void>;

/** What we read of a stack as it is synthesized. */
interface SynthesizedStack {
  readonly terraform: { readonly required_providers?: unknown };
  readonly provider?: Readonly<
    Record<string, readonly { readonly alias?: string; readonly region?: string }[]>
  >;
  readonly resource?: Readonly<Record<string, Readonly<Record<string, { readonly provider?: string }>>>>;
}

/** One stack's terraform. Everything it says comes as data; what goes wrong is a DataplatError with its diagnostics. */
export class Terraform {
  private readonly options: TerraformOptions;

  constructor(options: TerraformOptions) {
    this.options = options;
  }

  get directory(): string {
    return this.options.directory;
  }

  get dataDirectory(): string {
    return this.options.dataDirectory;
  }

  /**
   * Makes the stack ready; does nothing where it is. One at a time does so, for those who only look take no other lock.
   * @throws DataplatError DP5002
   */
  async init(): Promise<void> {
    const wanted = await this.fingerprint();
    if (await this.isReady(wanted)) return;
    await withLock(join(this.options.dataDirectory, 'initialising'), async () => {
      if (!(await this.isReady(wanted))) await this.makeReady(wanted);
    });
  }

  private async isReady(wanted: string): Promise<boolean> {
    if (!existsSync(this.kept.lock) || (await contentOf(this.kept.stamp)) !== wanted) return false;
    if (!existsSync(this.lock)) await copyFile(this.kept.lock, this.lock);
    return true;
  }

  /** What providers this stack has, as terraform notes it beside the stack. */
  private get lock(): string {
    return join(this.options.directory, '.terraform.lock.hcl');
  }

  private get kept(): { lock: string; stamp: string } {
    const { dataDirectory } = this.options;
    return { lock: join(dataDirectory, 'terraform.lock.hcl'), stamp: join(dataDirectory, 'initialised') };
  }

  private async makeReady(wanted: string): Promise<void> {
    const { directory, backendConfig } = this.options;
    const settings = Object.entries(backendConfig).map(([key, value]) => `-backend-config=${key}=${value}`);
    const { exitCode, all } = await this.run([
      'init',
      '-input=false',
      '-no-color',
      '-reconfigure',
      ...settings,
    ]);
    if (exitCode !== 0) {
      if (isWithoutBucket(all)) throw withoutBucket(all);
      throw new DataplatError('DP5002', `terraform init failed in ${directory}`, {
        excerpt: all.trim().split('\n').slice(-20),
        left: 'nothing was planned or changed',
        next: ['dataplat doctor'],
      });
    }
    await copyFile(this.lock, this.kept.lock);
    await writeFile(this.kept.stamp, wanted);
  }

  /** Plans into a file. @throws DataplatError DP5001, DP5003 */
  async *plan(options: PlanRequest = {}): Running<Plan> {
    const { imports = [] } = options;
    // Read for this plan alone, which keeps all that it needs.
    const adopted = join(this.options.directory, 'adopted.tf.json');
    await rm(adopted, { force: true });
    if (imports.length === 0) return yield* this.planAsItIs(options);
    await writeFile(adopted, JSON.stringify({ import: imports.map(({ to, id }) => ({ to, id })) }));
    try {
      return yield* this.planAsItIs(options);
    } finally {
      await rm(adopted, { force: true });
    }
  }

  private async *planAsItIs(options: PlanRequest): Running<Plan> {
    const file = await this.freshPlanFile(options.destroy ? 'destroy' : 'apply');
    const changes: PlannedChange[] = [];
    let outputsChange = false;
    let refreshed = 0;
    const words = [
      'plan',
      '-json',
      '-input=false',
      `-out=${file}`,
      ...(options.destroy ? ['-destroy'] : []),
      ...this.locking(),
      ...this.parallelism(),
    ];
    yield* this.stream(words, function* (message) {
      if (message.type === 'refresh_complete') {
        refreshed += 1;
        yield { detail: message.hook.resource.addr, done: refreshed };
      } else if (
        message.type === 'planned_change' &&
        (message.change.action !== 'noop' || message.change.importing)
      )
        changes.push(message.change);
      else if (message.type === 'outputs') {
        outputsChange = Object.values(message.outputs).some(
          (output) => (output as { action?: string }).action !== 'noop',
        );
      }
    });
    return { file, changes, outputsChange };
  }

  /** Applies a saved plan, exactly. @returns how many resources were added, changed and destroyed */
  async *apply(plan: Plan): Running<{ add: number; change: number; remove: number }> {
    const total = plan.changes.filter((change) => !['noop', 'read'].includes(change.action)).length;
    let made = { add: 0, change: 0, remove: 0 };
    const progress = applyProgress(total);
    yield* this.stream(
      ['apply', '-json', '-input=false', ...this.locking(), ...this.parallelism(), plan.file],
      function* (message) {
        if (message.type === 'change_summary')
          made = { add: message.changes.add, change: message.changes.change, remove: message.changes.remove };
        yield* progress(message);
      },
    );
    return made;
  }

  /** A terraform that changes this stack although the dataplat that started it was ended. */
  leftAtWork(): WorkNote | undefined {
    const note = notedWork(this.options.dataDirectory);
    return note && isLeftAtWork(note) ? note : undefined;
  }

  /** Those that only look at this stack although the dataplat that started them was ended. */
  leftLooking(): WorkNote[] {
    return notedLooks(this.options.dataDirectory).filter(isLeftAtWork);
  }

  /**
   * Ends one that only looks: nobody reads any more what it finds, and it locks the state until it is done.
   * @throws DataplatError DP1008 where we are interrupted meanwhile
   */
  async endLook({ terraform, by }: WorkNote): Promise<void> {
    try {
      process.kill(terraform.pid, 'SIGINT');
    } catch {
      // It has ended in this moment, or is somebody else's: then there is nothing to do but wait.
    }
    await this.untilEndedOrInterrupted(terraform);
    if (this.options.signal?.aborted) {
      throw new DataplatError('DP1008', 'interrupted while waiting for a plan that was left', {
        left: `terraform, process ${terraform.pid}, which changes nothing; nothing was changed now either`,
      });
    }
    forgetLook(this.options.dataDirectory, by.pid);
  }

  private async untilEndedOrInterrupted(terraform: WorkNote['terraform']): Promise<void> {
    while (isProcess(terraform) && !this.options.signal?.aborted) await sleep(200);
  }

  /** Whether the last change of this stack was ended in a way that may have left its state incomplete. */
  wasCutOff(): boolean {
    const note = notedWork(this.options.dataDirectory);
    return note !== undefined && isCutOff(note);
  }

  /** Somebody has seen to what such a change left. */
  forgetCutOff(): void {
    if (this.wasCutOff()) forgetWork(this.options.dataDirectory);
  }

  /** Follows a terraform that was left at work to its end. It is not ours to interrupt: whoever leaves leaves it at work. */
  async *followLeft({ terraform }: WorkNote): Running<void> {
    const { signal } = this.options;
    const progress = applyProgress();
    for await (const line of saidLines(this.saidBy('apply'), this.untilEndedOrInterrupted(terraform))) {
      const message = parseMessage(line);
      if (message) yield* progress(message);
    }
    if (signal?.aborted) {
      throw new DataplatError('DP1008', 'interrupted while waiting for terraform', {
        left: `terraform, process ${terraform.pid}, which goes on to its end; nothing was changed now`,
      });
    }
  }

  /** The resources that are made by another provider than the stack's first: its name, and its region. */
  async otherProviders(): Promise<Record<string, { provider: string; region: string }>> {
    const { provider, resource = {} } = await this.stack();
    const found: Record<string, { provider: string; region: string }> = {};
    for (const [type, ofType] of Object.entries(resource)) {
      for (const [name, { provider: used }] of Object.entries(ofType)) {
        const alias = used?.slice(used.indexOf('.') + 1);
        const region = provider?.['aws']?.find((one) => one.alias === alias)?.region;
        if (used !== undefined && region !== undefined) found[`${type}.${name}`] = { provider: used, region };
      }
    }
    return found;
  }

  /**
   * Which of these exist, as the provider reads them. It is asked in a stack that consists of nothing else, so that no
   * answer waits for another one, and each comes in one plan. Changes nothing.
   */
  async *existing(imports: readonly Import[]): Running<Import[]> {
    const directory = join(this.options.dataDirectory, 'looking');
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    try {
      const { terraform, provider } = await this.stack();
      const looking = { terraform: { required_providers: terraform.required_providers }, provider };
      await writeFile(join(directory, 'cdk.tf.json'), JSON.stringify({ ...looking, import: imports }));
      const dataDirectory = join(directory, 'data');
      const asker = new Terraform({ ...this.options, directory, dataDirectory, backendConfig: {} });
      const written = join(directory, 'existing.tf');
      await asker.init();
      try {
        yield* asker.stream(
          ['plan', '-json', '-input=false', `-generate-config-out=${written}`, ...this.parallelism()],
          function* (message) {
            if (message.type === 'refresh_complete') yield { detail: message.hook.resource.addr };
          },
        );
      } catch (error) {
        // It says of each that does not exist that it does not: what exists is told by what was written of it.
        if (!(error instanceof DataplatError) || error.code !== 'DP5001') throw error;
      }
      const found = (await contentOf(written)) ?? '';
      const there = new Set(
        [...found.matchAll(/^resource "(\w+)" "([^"]+)" \{/gm)].map((m) => `${m[1]}.${m[2]}`),
      );
      return imports.filter(({ to }) => there.has(to));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  private async stack(): Promise<SynthesizedStack> {
    return JSON.parse(
      await readFile(join(this.options.directory, 'cdk.tf.json'), 'utf8'),
    ) as SynthesizedStack;
  }

  /** A saved plan with each resource before and after. */
  async show(plan: Plan): Promise<PlanDocument> {
    return JSON.parse(await this.output(['show', '-json', plan.file])) as PlanDocument;
  }

  /** The stack's outputs by name; none where it was never applied. */
  async outputs(): Promise<Record<string, { value: unknown; sensitive: boolean }>> {
    return JSON.parse(await this.output(['output', '-json'])) as Record<
      string,
      { value: unknown; sensitive: boolean }
    >;
  }

  /** Addresses of all resources that the state knows; none where there is no state. */
  async resources(): Promise<string[]> {
    const { exitCode, stdout } = await this.run(['state', 'list']);
    return exitCode === 0
      ? stdout.split('\n').filter((line) => line !== '' && !line.startsWith('data.'))
      : [];
  }

  /** A file of this process alone: somebody who only looks must not take a plan from under one that is applied. */
  private async freshPlanFile(verb: string): Promise<string> {
    const { dataDirectory } = this.options;
    for (const name of await readdir(dataDirectory)) {
      const pid = Number(/^\w+-(\d+)\.(?:tfplan|said|json)$/.exec(name)?.[1] ?? 0);
      const forgotten = pid > 0 && (pid === process.pid || !isProcess({ pid, processStart: null }));
      if (forgotten) await rm(join(dataDirectory, name), { force: true });
    }
    return join(dataDirectory, `${verb}-${process.pid}.tfplan`);
  }

  /** Where terraform leaves a state that it could not write to its backend. */
  get unwrittenState(): string {
    return join(this.options.directory, 'errored.tfstate');
  }

  /** Writes a state that could not be written when it was made. @throws DataplatError DP5001 where it does not follow */
  async pushState(file: string): Promise<void> {
    await this.output(['state', 'push', ...this.locking(), file]);
  }

  /** Takes something that was not made to its end as it is: it is changed to what is declared, and not made anew. */
  async untaint(address: string): Promise<void> {
    await this.output(['untaint', ...this.locking(), address]);
  }

  private async output(words: readonly string[]): Promise<string> {
    const { exitCode, stdout, all } = await this.run(words);
    if (exitCode !== 0) {
      throw new DataplatError('DP5001', `terraform ${words[0]} failed in ${this.options.directory}`, {
        excerpt: all.trim().split('\n').slice(-20),
      });
    }
    return stdout;
  }

  private locking(): string[] {
    const { withoutLock, lockTimeoutSeconds } = this.options;
    if (withoutLock) return ['-lock=false'];
    return lockTimeoutSeconds === undefined ? [] : [`-lock-timeout=${lockTimeoutSeconds}s`];
  }

  private parallelism(): string[] {
    return this.options.parallelism === undefined ? [] : [`-parallelism=${this.options.parallelism}`];
  }

  private async fingerprint(): Promise<string> {
    const { command, cliConfigFile, directory, backendConfig } = this.options;
    const stack = await this.stack();
    const cliConfig = await contentOf(cliConfigFile);
    return createHash('sha256')
      .update(JSON.stringify([command, cliConfig, directory, backendConfig, stack.terraform]))
      .digest('hex');
  }

  private place() {
    const { directory, dataDirectory, cliConfigFile, variables } = this.options;
    return {
      cwd: directory,
      // Composed, not inherited: what the operator's shell holds must not become part of a plan.
      env: {
        ...machineVariables(process.env),
        ...variables,
        TF_DATA_DIR: dataDirectory,
        TF_CLI_CONFIG_FILE: cliConfigFile,
        TF_IN_AUTOMATION: '1',
        TF_INPUT: '0',
        CHECKPOINT_DISABLE: '1',
        // Reading the provider's schema makes much that lives to the end: collecting garbage less often saves a fifth of
        // the processor's time, for some 150 MB more.
        GOGC: process.env['GOGC'] ?? '400',
      },
    };
  }

  private async run(words: readonly string[]): Promise<{ exitCode: number; stdout: string; all: string }> {
    const result = await execa(this.options.command, words, {
      ...this.place(),
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      reject: false,
      // A Ctrl-C is not for what only reads, and takes a moment.
      detached: true,
    });
    if (result.exitCode === undefined) throw this.notStarted(result.originalMessage ?? '');
    return { exitCode: result.exitCode, stdout: result.stdout, all: result.all };
  }

  /** The file that takes what a command says; of each process one, but for the one change of a stack at a time. */
  private saidBy(verb: string): string {
    const name = verb === 'apply' ? 'apply.said' : `${verb}-${process.pid}.said`;
    return join(this.options.dataDirectory, name);
  }

  /** Runs what locks the state, in a way that it comes to its end whatever becomes of us. */
  private async *stream(
    words: readonly string[],
    read: (message: TerraformMessage) => Iterable<TerraformProgress>,
  ): Running<void> {
    const verb = words[0] ?? '';
    const changes = verb === 'apply';
    const { command, directory, dataDirectory, signal, started } = this.options;
    const interrupted = (left: string): DataplatError =>
      new DataplatError('DP1008', `interrupted during terraform ${verb}`, { left });
    if (signal?.aborted) throw interrupted('this stack was not changed');
    const said = this.saidBy(verb);
    await rm(said, { force: true });
    const running = await startDetached(command, words, this.place(), said, (pid) => {
      if (!changes) return noteLook(dataDirectory, pid);
      noteWork(dataDirectory, pid);
      started?.(pid);
    });
    let over = false;
    void running.ended.then(() => (over = true));
    signal?.addEventListener('abort', running.interrupt, { once: true });
    // It may have fired while the file was made ready.
    if (signal?.aborted) running.interrupt();
    const errors: Diagnostic[] = [];
    const other: string[] = [];
    try {
      for await (const line of saidLines(said, running.ended)) {
        const message = parseMessage(line);
        if (!message) {
          if (!line.startsWith('{')) other.push(line);
          continue;
        }
        if (message.type === 'diagnostic' && message.diagnostic.severity === 'error')
          errors.push(message.diagnostic);
        yield* read(message);
      }
      const { exitCode, killedBy, notStarted } = await running.ended;
      if (notStarted !== undefined) throw this.notStarted(notStarted);
      if (signal?.aborted) {
        throw interrupted(
          changes
            ? 'what terraform had begun is finished and in its state; the same command goes on from there'
            : 'this stack was not changed',
        );
      }
      if (killedBy) other.push(`terraform was ended by ${killedBy}`);
      if (exitCode !== 0 || errors.length > 0) throw failure(verb, directory, errors, other.join('\n'));
    } finally {
      signal?.removeEventListener('abort', running.interrupt);
      if (!over) running.interrupt();
      const { exitCode } = await running.ended;
      // It came to an end of its own: its state is written. One that was killed may have made what no state knows.
      if (changes && (exitCode === 0 || exitCode === 1)) forgetWork(dataDirectory);
      if (!changes) {
        forgetLook(dataDirectory);
        await rm(said, { force: true });
      }
    }
  }

  private notStarted(reason: string): DataplatError {
    return new DataplatError('DP3001', `${this.options.command} could not be started: ${reason}`, {
      next: ['dataplat doctor'],
    });
  }
}

/** What a change tells of how far it is. */
function applyProgress(total?: number): (message: TerraformMessage) => Iterable<TerraformProgress> {
  let done = 0;
  const far = (detail: string): TerraformProgress => ({
    detail,
    done: total === undefined ? done : Math.min(done, total),
    ...(total !== undefined && { total }),
  });
  return function* (message) {
    if (message.type === 'apply_start') yield far(message.hook.resource.addr);
    else if (message.type === 'apply_progress')
      yield far(`${message.hook.resource.addr} (${message.hook.elapsed_seconds ?? 0} s)`);
    else if (message.type === 'apply_complete') {
      done += 1;
      yield far(message.hook.resource.addr);
    }
  };
}

function failure(
  verb: string,
  directory: string,
  errors: readonly Diagnostic[],
  stderr: string,
): DataplatError {
  const locked = errors.find((error) => error.summary.includes('Error acquiring the state lock'));
  if (locked) {
    return new DataplatError('DP5003', 'somebody else is changing this environment: its state is locked', {
      excerpt: (locked.detail ?? '').trim().split('\n').slice(0, 16),
      left: 'nothing was changed',
    });
  }
  const said = errors.map(({ summary, detail }) => `${summary}\n${detail ?? ''}`).join('\n') + stderr;
  if (isWithoutBucket(said)) return withoutBucket(said);
  const stale = errors.find(({ summary }) =>
    /Saved plan (is stale|does not match)|Failed to load ".*" as a plan/.test(summary),
  );
  if (stale) {
    return new DataplatError('DP5007', `the saved plan cannot be applied: ${stale.summary}`, {
      excerpt: (stale.detail ?? '').trim().split('\n'),
      left: 'this stack was not changed',
    });
  }
  const guarded = errors.filter(({ summary }) => summary === 'Instance cannot be destroyed');
  if (guarded.length > 0) {
    const addresses = guarded.map(
      ({ address, detail }) => address ?? /Resource (\S+)/.exec(detail ?? '')?.[1] ?? '',
    );
    return new DataplatError(
      'DP5006',
      'the plan destroys or replaces what holds data, in a protected environment',
      {
        excerpt: addresses,
        left: 'nothing was changed',
        data: { addresses },
      },
    );
  }
  const excerpt = errors.flatMap((error) => [
    `${error.address === undefined ? '' : `${error.address}: `}${error.summary}`,
    ...(error.detail ?? '').split('\n').filter((line) => line.trim() !== ''),
  ]);
  const stack = directory.slice(directory.lastIndexOf('/') + 1);
  return new DataplatError('DP5001', `terraform ${verb} failed on the stack ${stack}`, {
    excerpt: excerpt.length > 0 ? excerpt : stderr.trim().split('\n').slice(-20),
    data: {
      stack,
      addresses: errors.flatMap((error) => (error.address === undefined ? [] : [error.address])),
    },
  });
}

function isWithoutBucket(said: string): boolean {
  return /S3 bucket "[^"]*" does not exist|NoSuchBucket/.test(said) && /workspaces|state/i.test(said);
}

function withoutBucket(said: string): DataplatError {
  const bucket = /S3 bucket "([^"]*)"/.exec(said)?.[1];
  return new DataplatError('DP5008', `there is no state bucket${bucket === undefined ? '' : ` ${bucket}`}`, {
    left: 'nothing was changed',
  });
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
