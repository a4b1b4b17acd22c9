import { existsSync } from 'node:fs';
import type { AirflowAnswer, AirflowCall } from '../../aws/airflow.js';
import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';
import { locateAirflow, locateRuntime, type AirflowTools } from '../../toolchain/locate-toolchain.js';
import type { AccountAccess } from '../account-access.js';
import { step, type Steps } from '../events.js';
import { notDeployed } from '../release/release.js';
import { backoff, pause } from '../waiting.js';

/** Airflow did not do what it was asked, and says why. */
export class AirflowRefusal extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** An environment's Airflow that answers. */
export interface AirflowCalls {
  /** @throws AirflowRefusal where Airflow says no, DataplatError DP8004 where it cannot */
  get<Answer>(path: string, query?: AirflowCall['query']): Promise<Answer>;
  post<Answer>(path: string, body: unknown): Promise<Answer>;
  patch<Answer>(path: string, body: unknown): Promise<Answer>;
}

/** How long an Airflow on this machine may take to come up. */
const startPatienceSeconds = 300;

/**
 * Opens the Airflow of an environment by MWAA's API. On this machine it is installed and started where it is not yet.
 * @throws DataplatError DP4004 where there is no MWAA environment, DP8004 where Airflow does not answer
 */
export async function* openAirflow(access: AccountAccess): Steps<AirflowCalls> {
  const { platform, aws, localEndpoint } = access;
  const { environment } = platform;
  const name = names.airflow(environment);
  const call = async (asked: AirflowCall): Promise<AirflowAnswer> => {
    const answer = await aws.airflow.call(name, asked);
    if (answer) return answer;
    throw notDeployed(environment, `there is no MWAA environment "${name}"`);
  };
  const version: AirflowCall = { method: 'GET', path: '/version' };
  if ((await call(version)).status === 503) {
    if (localEndpoint) yield* installedAirflow();
    yield* step('airflow', 'Wait for Airflow', async function* () {
      const deadline = Date.now() + startPatienceSeconds * 1000;
      for (const wait of backoff(500, 3000, 1.5)) {
        const answer = await call(version);
        if (answer.status !== 503) return;
        const detail = detailOf(answer);
        if (Date.now() > deadline || /not installed|failed/.test(detail))
          throw unavailable(answer, environment.name);
        yield { detail };
        await pause(wait);
      }
    });
  }
  const asked = async <Answer>(one: AirflowCall): Promise<Answer> => {
    const answer = await call(one);
    if (answer.status < 400) return answer.body as Answer;
    if (answer.status < 500 && answer.status !== 401 && answer.status !== 403) {
      throw new AirflowRefusal(answer.status, detailOf(answer));
    }
    throw unavailable(answer, environment.name);
  };
  return {
    get: (path, query) => asked({ method: 'GET', path, ...(query && { query }) }),
    post: (path, body) => asked({ method: 'POST', path, body }),
    patch: (path, body) => asked({ method: 'PATCH', path, body }),
  };
}

/** Airflow's own environment on this machine, made where it is not yet. @throws DataplatError DP3001, DP3005, DP3006 */
export async function* installedAirflow(): Steps<AirflowTools> {
  const { airflowPython } = await locateRuntime();
  if (airflowPython !== undefined && existsSync(airflowPython)) return locateAirflow();
  return yield* step('airflow-install', 'Install Airflow', () => locateAirflow());
}

function detailOf({ status, body }: AirflowAnswer): string {
  const { detail, title } = (typeof body === 'object' && body !== null ? body : {}) as {
    detail?: unknown;
    title?: unknown;
  };
  if (typeof detail === 'string') return detail;
  // What does not fit the shape of a request comes as a list.
  if (Array.isArray(detail)) {
    const problems = detail as { loc?: unknown[]; msg?: string }[];
    return problems.map(({ loc = [], msg = '' }) => `${loc.slice(1).join('.')}: ${msg}`).join('; ');
  }
  if (typeof title === 'string') return title;
  return typeof body === 'string' && body !== '' ? body.slice(0, 300) : `it answered with ${status}`;
}

function unavailable(answer: AirflowAnswer, environment: string): DataplatError {
  const detail = detailOf(answer);
  return new DataplatError('DP8004', `Airflow of environment "${environment}" does not answer: ${detail}`, {
    left: 'nothing was changed',
    next: [`dataplat doctor --env ${environment}`, `dataplat dag list --env ${environment}`],
    data: { status: answer.status },
  });
}
