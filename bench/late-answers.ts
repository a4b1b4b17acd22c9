import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import pLimit from 'p-limit';

interface Given {
  readonly port: number;
  readonly milliseconds: number;
  /** Answers one call at a time. Default: as many as come. */
  readonly inTurn?: boolean;
}

/** What stands before the endpoint of a port, and answers so much later than that. It lives on a thread of its own, for a bench waits for its commands. */
export async function lateAnswers(given: Given): Promise<{ readonly port: number; stop(): Promise<number> }> {
  const worker = new Worker(new URL(import.meta.url), { workerData: given });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  return { port, stop: () => worker.terminate() };
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
          found.pipe(answer);
        }, milliseconds);
      });
      passed.on('error', (error) => answer.destroy(error));
      answer.on('close', resolve);
      asked.pipe(passed);
    });
  const server = createServer((asked, answer) => void limit(() => pass(asked, answer)));
  server.keepAliveTimeout = 60_000;
  const found = parentPort;
  server.listen(0, '127.0.0.1', () => found.postMessage((server.address() as AddressInfo).port));
}
