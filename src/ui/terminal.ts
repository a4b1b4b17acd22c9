import { createInterface } from 'node:readline/promises';
import { Chalk, type ChalkInstance } from 'chalk';
import type { Ora, Options as OraOptions } from 'ora';
import { DataplatError } from '../model/errors.js';
import type { OperationEvent } from '../operations/events.js';
import { documentWithoutSecrets } from '../model/without-secrets.js';
import { errorDocument, errorText, exitCodeOf } from './show-error.js';
import { duration, printable } from './text.js';

export interface Ui {
  readonly json: boolean;
  readonly verbose: boolean;
  /** For text that goes to stdout. */
  readonly chalk: ChalkInstance;
  /** Follows an operation to its result: progress to stderr, or with `--json` an event a line to stdout. */
  follow<Result>(operation: AsyncIterable<OperationEvent<Result>>): Promise<Result>;
  /** The result of a short verb: one JSON document, or text. */
  document(value: unknown, text: () => string): void;
  /** The result of a long operation: the last line of its JSON events, or text. */
  result(value: Readonly<Record<string, unknown>>, text: () => string): void;
  /** Text to stdout in the form that was asked for, whatever `--json` says. */
  raw(text: string): void;
  /** A piece of such a text, as it is. */
  piece(text: string): void;
  /** A line to stdout as it comes, for example of a log; with `--json` an event. */
  line(text: string): void;
  /** Words to stderr, for people: what they are about to agree to, for example. */
  say(text: string): void;
  /** Asks a yes-or-no question; false where nobody can answer. */
  confirm(question: string): Promise<boolean>;
  /** What somebody types; nothing where nobody can. */
  ask(question: string): Promise<string>;
  /** Whether somebody is there to answer. */
  readonly interactive: boolean;
  /** Shows a failure. @returns the exit code */
  failure(error: unknown): number;
  close(): void;
}

export interface TerminalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Makes a spinner; left out where nothing is animated, so that it need not be loaded. */
  readonly spinner?: (options: OraOptions) => Ora;
  /** False for `--no-color`; NO_COLOR, CI and a stream that is no terminal are honoured in any case. */
  readonly color?: boolean;
}

/**
 * Whether progress may be drawn over: on a terminal that somebody looks at. One that says no width (a pseudo-terminal of a
 * script or a container may have none) or that is dumb can only be written on.
 */
export function isAnimated(options: Pick<TerminalOptions, 'json' | 'quiet'>): boolean {
  const { isTTY, columns } = process.stderr;
  const canBeDrawnOver = isTTY && columns > 0 && process.env['TERM'] !== 'dumb';
  return canBeDrawnOver && !isUnattended() && !options.quiet && !options.json;
}

/** Whether CI says that nobody is there; `CI=false` says that somebody is. */
export function isUnattended(variables: NodeJS.ProcessEnv = process.env): boolean {
  return !['', '0', 'false', 'no'].includes((variables['CI'] ?? '').toLowerCase());
}

/** The one place that knows colour, spinners and prompts. Results go to stdout, everything else to stderr. */
export class Terminal implements Ui {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly chalk: ChalkInstance;
  private readonly dim: ChalkInstance;
  private readonly quiet: boolean;
  private readonly makeSpinner: ((options: OraOptions) => Ora) | undefined;
  private readonly animated: boolean;
  private readonly streamed: { json: boolean };
  private readonly inColour: boolean;
  private spinner: Ora | undefined;
  private readonly titles = new Map<string, string>();

  constructor(options: TerminalOptions) {
    this.json = options.json;
    this.verbose = options.verbose;
    this.quiet = options.quiet;
    const wanted = options.color !== false && !process.env['NO_COLOR'];
    this.inColour = wanted;
    this.chalk = new Chalk(wanted && process.stdout.isTTY ? {} : { level: 0 });
    this.dim = new Chalk(wanted && process.stderr.isTTY ? {} : { level: 0 });
    this.makeSpinner = options.spinner;
    this.animated = options.spinner !== undefined;
    this.streamed = { json: false };
  }

  get interactive(): boolean {
    return process.stdin.isTTY && process.stderr.isTTY && !this.json && !isUnattended();
  }

  async follow<Result>(operation: AsyncIterable<OperationEvent<Result>>): Promise<Result> {
    let found: { result: Result } | undefined;
    try {
      for await (const event of operation) {
        if (event.type === 'result') found = { result: event.result };
        else this.show(event);
      }
    } finally {
      this.stopSpinner();
    }
    if (!found) throw new Error('the operation ended without a result');
    return found.result;
  }

  document(value: unknown, text: () => string): void {
    process.stdout.write(this.json ? `${JSON.stringify(value, null, 2)}\n` : ending(text()));
  }

  result(value: Readonly<Record<string, unknown>>, text: () => string): void {
    process.stdout.write(this.json ? `${JSON.stringify({ type: 'result', ...value })}\n` : ending(text()));
  }

  raw(text: string): void {
    process.stdout.write(ending(text));
  }

  piece(text: string): void {
    process.stdout.write(text);
  }

  line(text: string): void {
    process.stdout.write(this.json ? `${JSON.stringify({ type: 'line', text })}\n` : `${printable(text)}\n`);
  }

  say(text: string): void {
    if (this.json) return;
    const spinning = this.spinner;
    this.stopSpinner();
    process.stderr.write(ending(text));
    this.spinner = spinning?.start();
  }

  async confirm(question: string): Promise<boolean> {
    return /^y(es)?$/i.test(await this.ask(`${question} [y/N] `));
  }

  async ask(question: string): Promise<string> {
    if (!this.interactive) return '';
    this.stopSpinner();
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    // Ctrl-C, and Ctrl-D, which ends the input: either leaves the question without an answer.
    const left = new Promise<never>((_, reject) => {
      reader.once('SIGINT', () => reader.close());
      reader.once('close', () =>
        reject(new DataplatError('DP1008', 'interrupted', { left: 'nothing was agreed to' })),
      );
    });
    // After the answer it is closed too, and nobody waits for this any more.
    left.catch(() => undefined);
    try {
      return (await Promise.race([reader.question(question), left])).trim();
    } finally {
      reader.close();
    }
  }

  failure(error: unknown): number {
    this.stopSpinner();
    if (this.json) {
      const document = { error: errorDocument(error) };
      process.stdout.write(
        `${this.streamed.json ? JSON.stringify({ type: 'result', ...document }) : JSON.stringify(document, null, 2)}\n`,
      );
    } else process.stderr.write(ending(errorText(error, this.dim, this.verbose)));
    return exitCodeOf(error);
  }

  close(): void {
    this.stopSpinner();
  }

  private show(told: Exclude<OperationEvent, { type: 'result' }>): void {
    // Programs and services of others are quoted in them.
    const event = documentWithoutSecrets(told, process.env);
    if (this.json) {
      this.streamed.json = true;
      process.stdout.write(`${JSON.stringify(event)}\n`);
      return;
    }
    switch (event.type) {
      case 'started':
        this.titles.set(event.id, event.title);
        if (this.animated) this.spin(event.title);
        break;
      case 'progress': {
        if (!this.animated) break;
        const total = event.total === undefined ? '' : ` ${event.done ?? 0}/${event.total}`;
        const detail = event.detail === undefined ? '' : ` ${this.dim.dim(event.detail)}`;
        this.spin(`${this.titles.get(event.id) ?? event.id}${total}${detail}`, event.block);
        break;
      }
      case 'succeeded':
        this.stopSpinner();
        if (!this.quiet)
          this.write(`${this.dim.green('ok')}    ${event.title}  ${this.dim.dim(duration(event.seconds))}`);
        break;
      case 'failed':
        this.stopSpinner();
        this.write(`${this.dim.red('fail')}  ${event.title}  ${this.dim.dim(duration(event.seconds))}`);
        break;
      case 'run':
        if (this.verbose)
          this.write(
            `      ${event.job} ${event.date} ${event.state}${event.runId === undefined ? '' : `, run ${event.runId}`}`,
          );
        break;
      case 'task':
        // On a terminal the tree shows it.
        if (!this.animated && !this.quiet)
          this.write(
            `      ${event.task} ${event.state}${event.seconds === undefined ? '' : ` in ${duration(event.seconds)}`}`,
          );
        break;
      case 'message':
        if (event.level === 'warning') this.write(`${this.dim.yellow('warn')}  ${printable(event.text)}`);
        else if (!this.quiet) this.write(`      ${printable(event.text)}`);
        break;
    }
  }

  private write(line: string): void {
    const [text, ...block] = this.spinner?.text.split('\n') ?? [];
    this.stopSpinner();
    process.stderr.write(`${line}\n`);
    if (text !== undefined) this.spin(text, block);
  }

  private spin(text: string, block: readonly string[] = []): void {
    const width = (process.stderr.columns || 80) - 4;
    // What does not fit the window cannot be drawn over: the end of a block is where it changes.
    const room = Math.max(0, (process.stderr.rows || 24) - 3);
    const fit = (line: string): string => (line.length > width ? `${line.slice(0, width - 1)}…` : line);
    const fitted = [fit(text), ...(room === 0 ? [] : block.slice(-room))].join('\n');
    if (this.spinner) this.spinner.text = fitted;
    else
      this.spinner = this.makeSpinner?.({
        text: fitted,
        stream: process.stderr,
        ...(!this.inColour && { color: false }),
        discardStdin: false,
      }).start();
  }

  private stopSpinner(): void {
    this.spinner?.stop();
    this.spinner = undefined;
  }
}

function ending(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
