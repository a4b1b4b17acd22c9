import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { AwsClients } from './clients.js';
import { translated } from './failures.js';

export type AirflowMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A call of Airflow's REST API. */
export interface AirflowCall {
  readonly method: AirflowMethod;
  /** Below `/api/v2`, for example `/dags`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly body?: unknown;
}

/** What Airflow answered, a refusal included. */
export interface AirflowAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What operations need of MWAA. */
export interface Airflow {
  /** Calls the REST API of an environment's Airflow; undefined where there is no such environment. */
  call(environment: string, call: AirflowCall): Promise<AirflowAnswer | undefined>;
}

/** What MWAA answers where Airflow refuses or fails; the SDK that runs here does not know this call. */
interface MwaaAnswer {
  readonly __type?: string;
  readonly message?: string;
  readonly RestApiStatusCode?: number;
  readonly RestApiResponse?: unknown;
}

export function mwaaAirflow(clients: AwsClients): Airflow {
  return {
    call: async (environment, { method, path, query, body }) => {
      const { settings } = clients;
      const input = {
        Method: method,
        Path: path,
        ...(query && { QueryParameters: query }),
        ...(body !== undefined && { Body: body }),
      };
      const operation = 'MWAA InvokeRestApi';
      try {
        const response = await signedPost(clients, `/restapi/${environment}`, JSON.stringify(input));
        const said = (await response.json()) as MwaaAnswer;
        if (said.RestApiStatusCode !== undefined) {
          return { status: said.RestApiStatusCode, body: said.RestApiResponse };
        }
        const name =
          (response.headers.get('x-amzn-errortype') ?? said.__type ?? 'UnknownError').split(':')[0] ?? '';
        if (name === 'ResourceNotFoundException') return undefined;
        throw Object.assign(new Error(said.message ?? `HTTP ${response.status}`), {
          name,
          $metadata: {
            httpStatusCode: response.status,
            requestId: response.headers.get('x-amzn-requestid') ?? undefined,
          },
        });
      } catch (error) {
        // What fetch met is behind its own error.
        const { cause } = error as { cause?: { code?: string } };
        if (error instanceof TypeError && cause?.code !== undefined) {
          throw translated(
            Object.assign(new Error(error.message), { code: cause.code }),
            operation,
            settings,
          );
        }
        throw translated(error, operation, settings);
      }
    },
  };
}

/** One request, signed as the caller of every other client. */
async function signedPost(clients: AwsClients, path: string, body: string): Promise<Response> {
  const { region, endpoint } = clients.settings;
  const { SignatureV4 } = await import('@smithy/signature-v4');
  // Calls of an environment's own have a host of their own.
  const url = new URL(path, endpoint ?? `https://env.airflow.${region}.amazonaws.com`);
  const signer = new SignatureV4({
    service: 'airflow',
    region,
    credentials: (await clients.sts()).config.credentials,
    sha256: NodeSha256,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: url.pathname,
    headers: { host: url.host, 'content-type': 'application/json' },
    body,
  });
  return fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(60_000) });
}

/** Node's own hash as the signer wants it. */
class NodeSha256 {
  readonly #secret: string | Uint8Array | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: unknown) {
    this.#secret = secret as string | Uint8Array | undefined;
    this.#hash = this.#begun();
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#begun();
  }

  #begun(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}
