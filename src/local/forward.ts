import { Agent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Exchange } from './exchange.js';

/** Headers that are about one connection, not about the message; plus `expect`, which Node has answered by now. */
const ofTheConnection = new Set([
  'connection',
  'proxy-connection',
  'proxy-authorization',
  'keep-alive',
  'te',
  'upgrade',
  'expect',
]);

/** Idle connections are dropped well before the emulators drop them (75 s), so that none is reused as it closes. */
const agent = new Agent({ keepAlive: true, timeout: 20_000, maxSockets: 128 });

/** Closes the connections that are kept to the emulators: one that is asked to end waits for open ones. */
export function hangUp(): void {
  agent.destroy();
}

function passedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheConnection.has(name)));
}

export interface Passing {
  /** Instead of the request's own. */
  readonly body?: Buffer | undefined;
  /** Headers of the answer that the client is not told. */
  readonly without?: readonly string[];
}

/** Passes a request to an emulator and its answer back, both as streams: nothing is held in memory. */
export async function forward(exchange: Exchange, port: number, passing: Passing = {}): Promise<void> {
  const { request, response } = exchange;
  const { body, without = [] } = passing;
  const headers = passedOn(request.headers);
  if (body) {
    delete headers['transfer-encoding'];
    headers['content-length'] = body.length;
  }
  await new Promise<void>((resolve, reject) => {
    const upstream = httpRequest(
      { host: '127.0.0.1', port, method: request.method, path: exchange.target, headers, agent },
      (answer) => {
        const told = passedOn(answer.headers);
        for (const header of without) delete told[header];
        response.writeHead(answer.statusCode ?? 502, told);
        pipeline(answer, response).then(resolve, reject);
      },
    );
    upstream.once('error', reject);
    // A client that goes away must not leave the emulator waiting for the rest of an upload.
    response.once('close', () => {
      if (!response.writableFinished) upstream.destroy();
    });
    if (body) upstream.end(body);
    else request.pipe(upstream);
  });
}

export interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends a whole request to an emulator and reads the whole answer. For small messages. */
export async function send(port: number, sent: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: OutgoingHttpHeaders = { ...passedOn(sent.headers as IncomingHttpHeaders) };
    delete headers['transfer-encoding'];
    headers['content-length'] = sent.body.length;
    const upstream = httpRequest(
      { host: '127.0.0.1', port, method: sent.method, path: sent.target, headers, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({
            status: answer.statusCode ?? 502,
            headers: answer.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    upstream.once('error', reject);
    upstream.end(sent.body);
  });
}

/** Gives an emulator's whole answer to the client. */
export function giveBack(exchange: Exchange, answer: Answer): void {
  const headers = passedOn(answer.headers);
  delete headers['transfer-encoding'];
  headers['content-length'] = answer.body.length;
  exchange.response.writeHead(answer.status, headers);
  exchange.response.end(exchange.request.method === 'HEAD' ? undefined : answer.body);
}
