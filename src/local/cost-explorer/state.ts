import { join } from 'node:path';
import { readJson, writeWhole } from '../files.js';
import { ServiceError } from '../service.js';

/** A monitor or a subscription: what it was given, by its ARN. */
export interface Entry {
  readonly Arn: string;
  readonly given: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
}

export type Kind = 'monitor' | 'subscription';
type State = Record<Kind, readonly Entry[]>;

export class CostExplorerStore {
  readonly #file: string;
  #state: State;

  constructor(stateDirectory: string) {
    this.#file = join(stateDirectory, 'anomalies.json');
    this.#state = readJson<State>(this.#file) ?? { monitor: [], subscription: [] };
  }

  /** Those that are asked for; all where none is named. @throws ServiceError where one is not there */
  list(kind: Kind, arns: readonly string[] = []): readonly Entry[] {
    if (arns.length === 0) return this.#state[kind];
    return arns.map((arn) => this.get(kind, arn));
  }

  /** @throws ServiceError UnknownMonitorException, UnknownSubscriptionException */
  get(kind: Kind, arn: string): Entry {
    const found = this.#state[kind].find(({ Arn }) => Arn === arn);
    if (found) return found;
    const error = kind === 'monitor' ? 'UnknownMonitorException' : 'UnknownSubscriptionException';
    throw new ServiceError(400, error, `There is no ${kind} ${arn}.`);
  }

  /** @throws ServiceError ResourceNotFoundException */
  byArn(arn: string): { readonly kind: Kind; readonly entry: Entry } {
    for (const kind of ['monitor', 'subscription'] as const) {
      const entry = this.#state[kind].find(({ Arn }) => Arn === arn);
      if (entry) return { kind, entry };
    }
    throw new ServiceError(404, 'ResourceNotFoundException', `There is no ${arn}.`);
  }

  put(kind: Kind, entry: Entry): void {
    const others = this.#state[kind].filter(({ Arn }) => Arn !== entry.Arn);
    this.#keep({ ...this.#state, [kind]: [...others, entry] });
  }

  remove(kind: Kind, arn: string): void {
    this.get(kind, arn);
    this.#keep({ ...this.#state, [kind]: this.#state[kind].filter(({ Arn }) => Arn !== arn) });
  }

  #keep(state: State): void {
    this.#state = state;
    writeWhole(this.#file, JSON.stringify(state));
  }
}
