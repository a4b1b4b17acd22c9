/**
 * What a service of the endpoint is: it is handed a request that the gateway has read and routed by the service in
 * its SigV4 scope, and answers it. Services keep what they know in their own folder of the instance's state.
 */
import type { ServiceEvent } from './service-event.js';

export interface ServiceRequest {
  readonly method: string;
  /** Path without the query string, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** From the request's SigV4 scope. */
  readonly region: string;
  readonly account: string;
}

export interface ServiceResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a buffer or a string. */
  readonly body?: unknown;
}

export interface Service {
  /** The service's name in a SigV4 scope, for example `emr-serverless`. */
  readonly scope: string;
  /** Answers a request, or returns undefined where the emulator behind the gateway is to answer it. */
  handle(request: ServiceRequest): Promise<ServiceResponse | undefined>;
  /** What is under way and ends with the endpoint, in words; nothing where the service has nothing of the kind. */
  active?(): readonly string[];
  /** Writes down what must outlive the process and ends what it started. */
  stop(): Promise<void>;
}

/** An error as AWS's JSON protocols shape it. */
export class ServiceError extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** What every service of ours is given when the endpoint starts. */
export interface ServiceContext {
  /** Where this service keeps its state; exists, and belongs to it alone. */
  readonly stateDirectory: string;
  readonly account: string;
  readonly region: string;
  /** Where the endpoint itself answers, for example `http://127.0.0.1:4577`. */
  readonly endpoint: string;
  /** One line into the endpoint's own log. */
  readonly log: (line: string) => void;
  /** Puts an event on the account's default event bus; there is none where a service runs by itself. */
  readonly announce?: (event: ServiceEvent) => void;
}

/** What the endpoint is started with; written by the operator's side as a JSON file. */
export interface EndpointSettings {
  readonly port: number;
  readonly account: string;
  readonly region: string;
  /** `<project>/.dataplat/local`. */
  readonly directory: string;
  /** Interpreter of the virtual environment that holds the emulators, duckdb, deltalake and sqlglot. */
  readonly localPython: string;
  /** Interpreter of the virtual environment that holds pyspark and the jobs' libraries. */
  readonly jobsPython: string;
  /** Interpreter of the virtual environment that holds Airflow, also where that has not been made yet. */
  readonly airflowPython?: string;
  readonly javaHome: string;
  /** The vCPUs that EMR Serverless workers may have at once. Default: an application's maximum, else a new account's. */
  readonly vcpuQuota?: number;
  /** Delta and S3A jars, absolute paths. */
  readonly jars: readonly string[];
}
