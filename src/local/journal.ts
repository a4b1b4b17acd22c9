/**
 * moto holds everything in memory. So that a stop and start keeps it, each request that changes something is written
 * to a journal before it is sent, and all are sent again at the next start. moto takes its identifiers from one
 * random generator that can be seeded: it is seeded with the request's number in the journal before each of them, so
 * that the same requests make the same identifiers. For that, requests go to moto one at a time. Each says when it was
 * made, so that in CloudWatch a datapoint or a change of an alarm keeps its time (quirks/moto_alarms.py); what EC2 stamps
 * has the time of the replay afterwards.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { IncomingHttpHeaders } from 'node:http';
import { readBody } from './exchange.js';
import type { Exchange } from './exchange.js';
import { giveBack, send } from './forward.js';
import type { Answer } from './forward.js';

interface Entry {
  readonly seq: number;
  readonly at: string;
  readonly scope: string;
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Base64. */
  readonly body: string;
}

interface Outcome {
  readonly seq: number;
  readonly status: number;
  /** Of the identifiers in the answer. */
  readonly made: string;
}

/** A request that changes something. */
interface Change {
  /** Service, region and account that it is for. */
  readonly scope: string;
  readonly method?: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** When it was made, if not now. */
  readonly at?: string;
}

/** The header that says when a request was made. */
const atHeader = 'x-dataplat-at';

/** What the journal holds in place of the endpoint's own address, so that it can be replayed at another port. */
const anyHost = '127.0.0.1';

export class JournaledEmulator {
  readonly #port: number;
  readonly #file: string;
  #sequence = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** Services and regions that moto knows; it makes a region's defaults (a VPC, …) at the first request to it. */
  readonly #touched = new Set<string>();

  constructor(port: number, file: string) {
    this.#port = port;
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
  }

  /**
   * Sends everything again.
   * @returns how many requests were replayed
   * @throws Error if one of them is answered otherwise than it was
   */
  async replay(): Promise<number> {
    const { entries, outcomes } = this.#read();
    let replayed = 0;
    for (const entry of entries) {
      this.#sequence = Math.max(this.#sequence, entry.seq);
      const outcome = outcomes.get(entry.seq);
      // A request that was refused has changed nothing; each is seeded on its own, so it can be left out.
      if (outcome && outcome.status >= 400) continue;
      await this.#seed(entry.seq);
      const answer = await send(this.#port, {
        method: entry.method,
        target: entry.target,
        headers: { ...entry.headers, [atHeader]: entry.at },
        body: Buffer.from(entry.body, 'base64'),
      });
      replayed++;
      this.#touched.add(entry.scope);
      // Without an outcome the endpoint was killed before the answer: nobody has seen the identifiers.
      if (!outcome) continue;
      if (answer.status !== outcome.status || identifiers(answer) !== outcome.made) {
        throw new Error(
          `request ${entry.seq} (${operationOf(entry.target, entry.headers, Buffer.from(entry.body, 'base64'))}) ` +
            'is answered otherwise than before',
        );
      }
    }
    return replayed;
  }

  /** Answers a request of a client. */
  async handle(exchange: Exchange): Promise<void> {
    giveBack(exchange, await this.answer(exchange, await readBody(exchange.request)));
  }

  /** What a client's request, whose body has been read, is to be answered with. */
  answer(exchange: Exchange, body: Buffer): Promise<Answer> {
    const { request, target } = exchange;
    const { method = 'GET', headers } = request;
    const scope = `${exchange.service}/${exchange.region}/${exchange.account}`;
    const operation = operationOf(target, headers, body);
    return this.#oneAtATime(() =>
      this.#touched.has(scope) && onlyReads(operation)
        ? send(this.#port, { method, target, headers: { ...headers, host: anyHost }, body })
        : this.#change({ scope, method, target, headers, body }),
    );
  }

  /** Reads something of moto's own. @throws Error if it does not answer */
  async look(target: string): Promise<Answer> {
    const answer = await this.#oneAtATime(() =>
      send(this.#port, { method: 'GET', target, headers: { host: anyHost }, body: Buffer.alloc(0) }),
    );
    if (answer.status !== 200) throw new Error(`moto does not answer ${target}: ${answer.status}`);
    return answer;
  }

  /** Sends a request of the endpoint's own that changes something. */
  change(change: Change): Promise<Answer> {
    return this.#oneAtATime(() => this.#change(change));
  }

  async #change(change: Change): Promise<Answer> {
    const { scope, method = 'POST', target, body, at = new Date().toISOString() } = change;
    const headers = { ...change.headers, host: anyHost };
    const seq = ++this.#sequence;
    this.#write({ seq, at, scope, method, target, headers, body: body.toString('base64') });
    await this.#seed(seq);
    const answer = await send(this.#port, { method, target, headers: { ...headers, [atHeader]: at }, body });
    this.#write({ seq, status: answer.status, made: identifiers(answer) });
    if (answer.status < 400) this.#touched.add(scope);
    return answer;
  }

  #oneAtATime<Made>(work: () => Promise<Made>): Promise<Made> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #seed(seq: number): Promise<void> {
    const answer = await send(this.#port, {
      method: 'POST',
      target: `/moto-api/seed?a=${seq}`,
      headers: { host: anyHost },
      body: Buffer.alloc(0),
    });
    if (answer.status !== 200) throw new Error(`moto cannot be seeded: ${answer.status}`);
  }

  #write(line: Entry | Outcome): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }

  #read(): { entries: Entry[]; outcomes: Map<number, Outcome> } {
    const entries: Entry[] = [];
    const outcomes = new Map<number, Outcome>();
    if (!existsSync(this.#file)) return { entries, outcomes };
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    lines.forEach((line, index) => {
      if (line === '') return;
      let read: Entry | Outcome;
      try {
        read = JSON.parse(line) as Entry | Outcome;
      } catch (error) {
        // The last line may be cut off where the endpoint was killed as it wrote.
        if (index === lines.length - 1) return;
        throw new Error(`line ${index + 1} of the journal cannot be read`, { cause: error });
      }
      if ('status' in read) outcomes.set(read.seq, read);
      else entries.push(read);
    });
    return { entries, outcomes };
  }
}

/** The operation that a request asks for, in any of the protocols that AWS's clients speak. */
export function operationOf(target: string, headers: IncomingHttpHeaders, body: Buffer): string {
  const rpc = /\/operation\/([A-Za-z]+)/.exec(target)?.[1];
  if (rpc !== undefined) return rpc;
  const named = headers['x-amz-target'];
  if (typeof named === 'string') return named.split('.').at(-1) ?? named;
  const inQuery = /[?&]Action=([A-Za-z]+)/.exec(target)?.[1];
  return inQuery ?? /(?:^|&)Action=([A-Za-z]+)/.exec(body.toString('latin1'))?.[1] ?? '';
}

export function onlyReads(operation: string): boolean {
  return /^(?:Describe|Get|List|Search)/.test(operation);
}

/** A digest of the identifiers in an answer (`vpc-0a1b…`): what other requests may refer to later. */
function identifiers(answer: Answer): string {
  const found = answer.body.toString('latin1').match(/\b[a-z]+(?:-[a-z]+)*-[0-9a-f]{8,17}\b/g) ?? [];
  return createHash('sha256')
    .update([...new Set(found)].sort().join('\n'))
    .digest('hex')
    .slice(0, 16);
}
