import { randomBytes } from 'node:crypto';

/** What a token opens: Airflow's command line, or its pages. */
export type Door = 'cli' | 'web';

/** As AWS says: a token is good for a minute. */
const lifeMilliseconds = 60_000;

/** Tokens for an environment's web server, kept in memory alone. */
export class Tokens {
  readonly #given = new Map<string, { environment: string; door: Door; until: number }>();

  give(environment: string, door: Door): string {
    for (const [token, { until }] of this.#given) if (until < Date.now()) this.#given.delete(token);
    const token = randomBytes(96).toString('base64url');
    this.#given.set(token, { environment, door, until: Date.now() + lifeMilliseconds });
    return token;
  }

  /** The environment that a token is for; undefined where it is none, opens another door or is too old. */
  environmentOf(token: string, door: Door): string | undefined {
    const found = this.#given.get(token);
    return found?.door === door && found.until >= Date.now() ? found.environment : undefined;
  }
}
