import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import pLimit from 'p-limit';
import type { Records } from '../../aws/records.js';
import { DataplatError } from '../../model/errors.js';
import { heartbeatSeconds, lifeOf, parseHolder, thisHolder, type Holder } from '../state/holder.js';
import { holderLines } from '../state/refusal.js';
import type { Pause } from '../waiting.js';
import { pause as reallyPause } from '../waiting.js';
import { parseLines, type LedgerLine, type LedgerPlan, type NumberedLine } from './ledger-lines.js';
import { backfillOf, ledgerNames, numberOf } from './ledger-names.js';

/** A ledger as anybody can read it. */
export interface Ledger {
  readonly plan: LedgerPlan;
  /** In their order. */
  readonly lines: readonly NumberedLine[];
  /** Who writes it, or wrote it last and was killed. */
  readonly writer?: Holder;
  /** The number of its last segment. */
  readonly segment: number;
  readonly checkpoint: number;
}

export interface LedgerPlace {
  readonly records: Records;
  readonly id: string;
  readonly environment: string;
  /** The copy of this machine. */
  readonly localCopy: string;
}

/** The ids of an environment's backfills, the oldest first. */
export async function listLedgers(records: Records): Promise<string[]> {
  return (await records.list(ledgerNames.root)).flatMap((name) => backfillOf(name) ?? []).sort();
}

/** Reads a ledger from the bucket. @returns undefined where there is none */
export async function readLedger(records: Records, id: string): Promise<Ledger | undefined> {
  const [plan, writer, parts] = await Promise.all([
    records.read(ledgerNames.plan(id)),
    records.read(ledgerNames.writer(id)),
    records.list(ledgerNames.of(id)),
  ]);
  if (!plan) return undefined;
  const below = (prefix: string): number[] =>
    parts
      .filter((name) => name.startsWith(prefix))
      .map(numberOf)
      .sort((a, b) => a - b);
  const checkpoint = below(ledgerNames.checkpoints(id)).at(-1) ?? 0;
  const segments = below(ledgerNames.segments(id));
  const limit = pLimit(16);
  const texts = await Promise.all(
    [
      ...(checkpoint > 0 ? [ledgerNames.checkpoint(id, checkpoint)] : []),
      ...segments.filter((number) => number > checkpoint).map((number) => ledgerNames.segment(id, number)),
    ].map((name) => limit(async () => (await records.read(name))?.text ?? '')),
  );
  const holder = writer && parseHolder(writer.text);
  return {
    plan: JSON.parse(plan.text) as LedgerPlan,
    lines: texts.flatMap(parseLines),
    ...(holder && { writer: holder }),
    segment: segments.at(-1) ?? 0,
    checkpoint,
  };
}

export interface WriterOptions {
  readonly caller: string;
  readonly command: string;
  readonly heartbeatMilliseconds?: number;
  /** The least time between two segments. Each is a request. */
  readonly batchMilliseconds?: number;
  readonly pause?: Pause;
}

const checkpointEvery = 100;

/**
 * The one writer of a ledger. Lines go to this machine's copy at once and to the bucket in segments, each made only
 * where nobody has made it: two writers cannot both get on.
 */
export class LedgerWriter {
  /** Fires where somebody else writes this ledger now. */
  readonly signal: AbortSignal;
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private pending: string[] = [];
  private flushing: Promise<void> | undefined;
  private beating: Promise<void> = Promise.resolve();
  private lastFlush = 0;
  private failure: unknown;

  private constructor(
    private readonly place: LedgerPlace,
    private readonly options: WriterOptions,
    private holder: Holder,
    private version: string,
    private number: number,
    private segment: number,
    private checkpoint: number,
  ) {
    this.signal = this.lost.signal;
    const every = options.heartbeatMilliseconds ?? heartbeatSeconds * 1000;
    this.timer = setInterval(() => this.beat(), every).unref();
  }

  /**
   * Becomes the writer of a ledger that nobody writes, or whose writer is gone. A plan makes a new ledger.
   * @throws DataplatError DP6014 where somebody writes it, DP6012 where there is none
   */
  static async open(
    place: LedgerPlace,
    options: WriterOptions,
    plan?: LedgerPlan,
  ): Promise<{ writer: LedgerWriter; ledger: Ledger }> {
    const { records, id } = place;
    const name = ledgerNames.writer(id);
    const holder = thisHolder(randomUUID(), options.caller, options.command);
    const text = JSON.stringify(holder);
    const found = await records.read(name);
    const before = found && parseHolder(found.text);
    if (found && before && lifeOf(before) !== 'dead' && lifeOf(before) !== 'silent')
      throw taken(place, before);
    const version = found
      ? await records.replace(name, text, found.version)
      : await records.create(name, text);
    if (version === undefined) {
      const other = await records.read(name);
      const who = other && parseHolder(other.text);
      // An answer that got lost and was asked for again: then it is ours.
      if (!other || who?.id !== holder.id) throw taken(place, who);
      return LedgerWriter.opened(place, options, holder, other.version, before, plan);
    }
    return LedgerWriter.opened(place, options, holder, version, before, plan);
  }

  private static async opened(
    place: LedgerPlace,
    options: WriterOptions,
    holder: Holder,
    version: string,
    before: Holder | undefined,
    plan: LedgerPlan | undefined,
  ): Promise<{ writer: LedgerWriter; ledger: Ledger }> {
    const { records, id } = place;
    if (plan) await records.create(ledgerNames.plan(id), JSON.stringify(plan));
    const ledger = await readLedger(records, id);
    if (!ledger) {
      await records.remove(ledgerNames.writer(id), version);
      throw noBackfill(id, place.environment);
    }
    // What the killed writer wrote on this machine and could not send any more.
    const known = ledger.lines.at(-1)?.n ?? 0;
    const unsent = before
      ? linesOfFile(place.localCopy).filter(({ n, writer }) => n > known && writer === before.id)
      : [];
    const lines = [...ledger.lines, ...unsent];
    mkdirSync(dirname(place.localCopy), { recursive: true });
    writeFileSync(place.localCopy, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const writer = new LedgerWriter(
      place,
      options,
      holder,
      version,
      lines.at(-1)?.n ?? 0,
      ledger.segment,
      ledger.checkpoint,
    );
    if (unsent.length > 0) writer.enqueue(unsent.map((line) => `${JSON.stringify(line)}\n`));
    return { writer, ledger: { ...ledger, lines } };
  }

  /** Writes a line; it is in the bucket soon after, and once `flush` has returned. */
  append(line: LedgerLine): void {
    this.number += 1;
    const text = `${JSON.stringify({ n: this.number, writer: this.holder.id, ...line })}\n`;
    appendFileSync(this.place.localCopy, text);
    this.enqueue([text]);
  }

  /** @throws DataplatError DP6014 where somebody else writes meanwhile */
  async flush(): Promise<void> {
    while (this.flushing) await this.flushing;
    if (this.failure !== undefined) throw this.failure as Error;
  }

  /** Writes what is left and gives the ledger back. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    try {
      await this.flush();
    } finally {
      await this.beating;
      if (!this.lost.signal.aborted)
        await this.place.records.remove(ledgerNames.writer(this.place.id), this.version);
    }
  }

  private enqueue(texts: readonly string[]): void {
    this.pending.push(...texts);
    this.flushing ??= this.send().finally(() => {
      this.flushing = undefined;
    });
  }

  private async send(): Promise<void> {
    const { batchMilliseconds = 250, pause = reallyPause } = this.options;
    let wait = 0;
    while (this.pending.length > 0 && this.failure === undefined) {
      const early = this.lastFlush + batchMilliseconds - performance.now();
      if (wait > 0 || early > 0) await pause(Math.max(wait, early));
      const batch = this.pending;
      this.pending = [];
      try {
        await this.sendSegment(batch.join(''));
        wait = 0;
      } catch (error) {
        this.pending = [...batch, ...this.pending];
        if (error instanceof DataplatError && error.code === 'DP6014') {
          this.failure = error;
          this.lost.abort();
          return;
        }
        // The bucket cannot be reached at the moment; the lines are on this machine.
        wait = Math.min(10_000, Math.max(200, wait * 2));
        if (this.pending.length > 100_000) this.failure = error;
      }
      this.lastFlush = performance.now();
    }
  }

  private async sendSegment(text: string): Promise<void> {
    const { records, id } = this.place;
    const name = ledgerNames.segment(id, this.segment + 1);
    if ((await records.create(name, text)) === undefined) {
      // Ours where the answer to an earlier try got lost.
      const there = await records.read(name);
      if (there?.text !== text) {
        // More lines may have come since that try: what is there must begin them.
        if (there && text.startsWith(there.text)) {
          this.segment += 1;
          await this.sendSegment(text.slice(there.text.length));
          return;
        }
        const found = await records.read(ledgerNames.writer(id));
        const who = found && parseHolder(found.text);
        if (who?.id !== this.holder.id) throw taken(this.place, who);
        // The last segment of a writer that was killed while it was on its way.
        appendFileSync(this.place.localCopy, there?.text ?? '');
        this.segment += 1;
        await this.sendSegment(text);
        return;
      }
    }
    this.segment += 1;
    if (this.segment - this.checkpoint >= checkpointEvery) {
      await records.create(ledgerNames.checkpoint(id, this.segment), this.linesUpTo(text));
      this.checkpoint = this.segment;
    }
  }

  /** All lines of the local copy up to the last one of a segment. */
  private linesUpTo(segment: string): string {
    const last = parseLines(segment).at(-1)?.n ?? 0;
    return linesOfFile(this.place.localCopy)
      .filter(({ n }) => n <= last)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
  }

  private beat(): void {
    this.beating = this.beating.then(async () => {
      if (this.lost.signal.aborted) return;
      this.holder = { ...this.holder, heartbeat: new Date().toISOString() };
      const name = ledgerNames.writer(this.place.id);
      const { records } = this.place;
      try {
        const version = await records.replace(name, JSON.stringify(this.holder), this.version);
        if (version !== undefined) {
          this.version = version;
          return;
        }
        const found = await records.read(name);
        const who = found && parseHolder(found.text);
        if (found && who?.id === this.holder.id) this.version = found.version;
        else {
          this.failure = taken(this.place, who);
          this.lost.abort();
        }
      } catch {
        // The bucket cannot be reached at the moment.
      }
    });
  }
}

export function noBackfill(id: string, environment: string): DataplatError {
  return new DataplatError('DP6012', `no backfill "${id}" in environment "${environment}"`, {
    next: [`dataplat backfills list --env ${environment}`],
  });
}

/** Why a ledger cannot be written: who does it. */
function taken({ id, environment }: LedgerPlace, holder: Holder | undefined): DataplatError {
  return new DataplatError(
    'DP6014',
    holder
      ? `${holder.user}@${holder.host} goes on with backfill ${id}`
      : `somebody else goes on with backfill ${id}`,
    {
      ...(holder && { excerpt: holderLines(holder, lifeOf(holder)), data: { holder } }),
      left: 'the backfill as it is: it has one writer at a time',
      next: [
        `dataplat backfills show ${id} --env ${environment}`,
        `dataplat backfills pause ${id} --env ${environment}`,
      ],
    },
  );
}

function linesOfFile(file: string): NumberedLine[] {
  return existsSync(file) ? parseLines(readFileSync(file, 'utf8')) : [];
}
