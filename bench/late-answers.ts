import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import pLimit from 'p-limit';

interface Given {
  /** Of the project's endpoint, which runs. */
  readonly port: number;
  readonly milliseconds: number;
  /** Answers one call at a time. Default: as many as come. */
  readonly inTurn?: boolean;
}

/**
 * What stands before a project's endpoint and answers so much later than that; until it is stopped, commands that are told
 * of its port take it for the endpoint. It lives on a thread of its own, for a bench waits for its commands.
 */
export async function lateAnswers(
  project: string,
  given: Given,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const worker = new Worker(new URL(import.meta.url), { workerData: given });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  const record = join(project, '.dataplat', 'local', 'endpoint.json');
  const written = readFileSync(record, 'utf8');
  writeFileSync(record, written.replace(portIn(given.port), portIn(port)));
  return {
    port,
    stop: async () => {
      writeFileSync(record, written);
      await worker.terminate();
    },
  };
}

function portIn(port: number): string {
  return `"port":${port}`;
}

if (!isMainThread && parentPort) {
  const { port, milliseconds, inTurn = false } = workerData as Given;
  const agent = new Agent({ keepAlive: true });
  const limit = pLimit(inTurn ? 1 : Infinity);
  const pass = (asked: IncomingMessage, answer: ServerResponse): Promise<void> =>
    new Promise((resolve) => {
      const { method, url: path, headers } = asked;
      const passed = request({ host: '127.0.0.1', port, method, path, headers, agent }, (found) => {
        setTimeout(() => {
          answer.writeHead(found.statusCode ?? 502, found.headers);
          if (path === '/_dataplat/status') void moved(found).then((text) => answer.end(text));
          else found.pipe(answer);
        }, milliseconds);
      });
      passed.on('error', (error) => answer.destroy(error));
      answer.on('close', resolve);
      asked.pipe(passed);
    });
  // As long as what it stands for, whose ports have as many digits.
  const moved = async (found: IncomingMessage): Promise<string> =>
    (await text(found)).replace(portIn(port), portIn((server.address() as AddressInfo).port));
  const server = createServer((asked, answer) => void limit(() => pass(asked, answer)));
  server.keepAliveTimeout = 60_000;
  const found = parentPort;
  server.listen(0, '127.0.0.1', () => found.postMessage((server.address() as AddressInfo).port));
}
