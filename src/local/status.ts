/** What the endpoint says about itself, under `/_dataplat/status` and in `endpoint.json`. */

export type EndpointPhase = 'starting' | 'ready' | 'failed' | 'stopping';

/** `<project>/.dataplat/local/endpoint.json`: there while the endpoint runs, or after it has been killed. */
export interface EndpointRecord {
  readonly pid: number;
  readonly port: number;
  readonly phase: EndpointPhase;
  readonly startedAt: string;
  readonly version: string;
  readonly instanceId?: string;
}

export interface EndpointStatus {
  readonly phase: EndpointPhase;
  /** What it is doing as it starts, or why it failed. */
  readonly detail: string;
  readonly pid: number;
  readonly port: number;
  readonly endpoint: string;
  readonly directory: string;
  readonly account: string;
  readonly region: string;
  readonly startedAt: string;
  readonly version: string;
  /** There once it is ready. */
  readonly instance?: {
    readonly id: string;
    readonly createdAt: string;
    readonly directory: string;
    readonly began: 'resumed' | 'new';
    readonly note?: string;
  };
  /** Which part answers which services, by their signing names. */
  readonly services: {
    readonly ours: readonly string[];
    readonly moto: readonly string[];
    readonly ministack: string;
  };
  readonly emulators: readonly { readonly name: string; readonly port: number; readonly pid: number }[];
  /** Job runs and queries that a stop would end, in words. */
  readonly active: readonly string[];
  readonly simulated: Readonly<Record<string, string>>;
}
