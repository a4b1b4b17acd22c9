import type { AwsClients } from './clients.js';
import { translated } from './failures.js';
import { signedPost } from './signed-request.js';

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
        const response = await post(clients, `/restapi/${environment}`, JSON.stringify(input));
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

/** One request of an environment's own calls. */
function post(clients: AwsClients, path: string, body: string): Promise<Response> {
  const { region, endpoint } = clients.settings;
  // They have a host of their own.
  const url = new URL(path, endpoint ?? `https://env.airflow.${region}.amazonaws.com`);
  return signedPost(clients, { service: 'airflow', url, contentType: 'application/json', body });
}
