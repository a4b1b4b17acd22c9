/**
 * The one door of the endpoint: reads for which service a request is signed and hands it to the service of ours or
 * to the emulator that answers it. It is also the HTTP proxy that Terraform's AWS provider needs for MWAA, whose
 * client insists on the host `api.<endpoint>`, which no resolver knows.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { readBody, refuse } from './exchange.js';
import type { Exchange } from './exchange.js';
import { isLoopbackAuthority, portOf } from './loopback.js';
import { messageOf, traceOf } from './message-of.js';
import { ServiceError } from './service.js';
import type { Service } from './service.js';
import { signedScope } from './scope.js';
import type { Scope } from './scope.js';

/** The only address that the endpoint ever listens on. */
export const address = '127.0.0.1';

/** What the gateway passes requests to; what is missing is not up yet. */
export interface GatewayBackends {
  /** Services of ours by their signing name. */
  readonly services: ReadonlyMap<string, Service>;
  /** Answers with the emulator that serves this service; `body` where it has been read already. */
  emulate(exchange: Exchange, body?: Buffer): Promise<void>;
}

export interface GatewaySettings {
  readonly port: number;
  readonly account: string;
  readonly region: string;
  readonly log: (line: string) => void;
  /** The endpoint's own paths (`/_dataplat/…`); false if the path is none of them. */
  readonly control: (path: string, request: IncomingMessage, response: ServerResponse) => boolean;
  /** What to pass requests to, or why there is nothing at this moment. */
  readonly backends: () => GatewayBackends | { readonly unavailable: string };
}

export class Gateway {
  readonly #settings: GatewaySettings;
  readonly #server: Server;
  #underWay = 0;

  constructor(settings: GatewaySettings) {
    this.#settings = settings;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // Uploads may be slow, and a debugger may hold a client: no limit on a whole request.
    this.#server.requestTimeout = 0;
    // Longer than clients keep idle connections (60 s), so that it is they who close.
    this.#server.keepAliveTimeout = 75_000;
    this.#server.on('connect', (_request, socket) => {
      socket.end('HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: address, port: this.#settings.port, exclusive: true }, resolve);
    });
  }

  /** Waits until the requests under way are answered, at most `seconds`. */
  async drain(seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (this.#underWay > 0 && Date.now() < deadline) await new Promise((r) => setTimeout(r, 20));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let service = '';
    response.on('error', () => undefined);
    try {
      const target = this.#admit(request, response);
      if (target === undefined) return;
      const [path, search] = split(target);
      if (this.#settings.control(path, request, response)) return;
      const query = new URLSearchParams(search);
      const scope = signedScope(request.headers.authorization, query) ?? unsigned(request, path);
      if (!scope) {
        refuse(
          response,
          '',
          403,
          'MissingAuthenticationTokenException',
          'The request is not signed. The local endpoint tells services apart by the signature: set any access ' +
            'key, for example the account id of twelve digits.',
        );
        return;
      }
      service = scope.service;
      const backends = this.#settings.backends();
      if ('unavailable' in backends) {
        refuse(response, service, 503, 'ServiceUnavailableException', backends.unavailable);
        return;
      }
      this.#underWay++;
      try {
        const exchange: Exchange = {
          request,
          response,
          target,
          service,
          region: scope.region ?? this.#settings.region,
          account: /^\d{12}$/.test(scope.accessKey) ? scope.accessKey : this.#settings.account,
        };
        await this.#answer(exchange, backends, path, query);
      } finally {
        this.#underWay--;
      }
    } catch (error) {
      this.#fail(request, response, service, error);
    }
  }

  /** Refuses what does not come from a program on this machine; else gives the request's path and query. */
  #admit(request: IncomingMessage, response: ServerResponse): string | undefined {
    const refused = (status: number, message: string): undefined => {
      refuse(response, '', status, 'AccessDeniedException', message);
      return undefined;
    };
    const url = request.url ?? '/';
    const absolute = /^http:\/\/([^/?]*)(.*)$/i.exec(url);
    if (!absolute && !url.startsWith('/')) return refused(400, `Not a request for this endpoint: ${url}`);
    const authority = absolute?.[1] ?? request.headers.host ?? '';
    if (!isLoopbackAuthority(authority)) {
      return refused(
        403,
        absolute
          ? `The local endpoint is no proxy for ${authority}: it passes on requests to itself alone.`
          : `The local endpoint answers only when it is addressed as this machine, not as ${authority}.`,
      );
    }
    if (absolute && portOf(authority) !== this.#settings.port) {
      return refused(
        403,
        `The local endpoint is no proxy for ${authority}: it serves ${this.#settings.port}.`,
      );
    }
    const origin = request.headers.origin;
    if (origin !== undefined && !isLoopbackAuthority(origin.replace(/^[a-z]+:\/\//, ''))) {
      return refused(403, `The local endpoint does not serve web pages, and this one is of ${origin}.`);
    }
    const target = absolute ? absolute[2] || '/' : url;
    return target.startsWith('/') ? target : `/${target}`;
  }

  async #answer(
    exchange: Exchange,
    backends: GatewayBackends,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    const service = backends.services.get(exchange.service);
    if (!service) {
      await backends.emulate(exchange);
      return;
    }
    const { request, response } = exchange;
    const body = await readBody(request);
    const answer = await service.handle({
      method: request.method ?? 'GET',
      path,
      query,
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(', ') : value,
        ]),
      ),
      body,
      region: exchange.region,
      account: exchange.account,
    });
    if (!answer) {
      await backends.emulate(exchange, body);
      return;
    }
    const raw = Buffer.isBuffer(answer.body) || typeof answer.body === 'string';
    const content = raw ? answer.body : JSON.stringify(answer.body ?? {});
    response.writeHead(answer.status, {
      ...(!raw && { 'content-type': 'application/json' }),
      'content-length': Buffer.byteLength(content),
      ...answer.headers,
    });
    response.end(content);
  }

  #fail(request: IncomingMessage, response: ServerResponse, service: string, error: unknown): void {
    if (error instanceof ServiceError) {
      refuse(response, service, error.status, error.type, error.message);
      return;
    }
    // The client has gone away.
    if (request.destroyed && !response.writable) return;
    this.#settings.log(`${service} ${request.method ?? ''} ${request.url ?? ''}: ${traceOf(error)}`);
    const backends = this.#settings.backends();
    if ('unavailable' in backends) {
      refuse(response, service, 503, 'ServiceUnavailableException', backends.unavailable);
    } else {
      const message = messageOf(error);
      refuse(response, service, 500, 'InternalServerException', `The local endpoint failed: ${message}`);
    }
  }
}

function split(target: string): [string, string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

/** Unsigned are MWAA's web server, which has tokens of its own, and reads of S3 (a public object). */
function unsigned(request: IncomingMessage, path: string): Scope | undefined {
  if (path.startsWith('/aws_mwaa/')) return { accessKey: '', service: 'airflow' };
  const reads = request.method === 'GET' || request.method === 'HEAD';
  return reads && path.length > 1 ? { accessKey: '', service: 's3' } : undefined;
}
