import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkGroup } from '@aws-sdk/client-athena';
import { JsonFiles } from '../json-files.js';
import { OnFirstUse } from '../on-first-use.js';
import { pageAfter, pageFrom, type AskedPage } from '../pages.js';
import type {
  EndpointSettings,
  Service,
  ServiceContext,
  ServiceRequest,
  ServiceResponse,
} from '../service.js';
import { ServiceError } from '../service.js';
import type { ExecutionRecord, QueryExecution } from './executions.js';
import { endStates, namesExternalLocation, resultLocation, statementType } from './executions.js';
import type { WorkerAnswer } from './worker-process.js';
import { WorkerProcess } from './worker-process.js';

type Body = Readonly<Record<string, unknown>>;

/** What Athena allows a query. */
const defaultTimeoutSeconds = 30 * 60;
const largestResultPage = 1000;
const largestBatch = 50;
const largestQuery = 262_144;
/** How requests of the service itself, which the emulator answers, are told from its users'. */
const ownRequests = 'dataplat-local-athena';
/** Ended queries that are remembered; older ones are forgotten at the next start. */
const rememberedExecutions = 2000;

export interface AthenaTuning {
  /** After this long a query has failed, and its worker is replaced. */
  readonly timeoutSeconds: number;
}

/**
 * Athena as the local endpoint answers it: queries really run, over what Glue names at the endpoint, and what they
 * make of it (tables, views, files) is really there. Workgroups, named queries, prepared statements, catalogs and
 * tags are the emulator's. Scanned bytes are simulated: the sizes of the files that a query's partitions leave.
 */
export function createAthenaService(
  context: ServiceContext,
  settings: EndpointSettings,
  tuning: Partial<AthenaTuning> = {},
): Promise<Service> {
  const { timeoutSeconds = defaultTimeoutSeconds } = tuning;
  return Promise.resolve(
    new Athena(context, new WorkerProcess(context, settings.localPython), timeoutSeconds),
  );
}

class Athena implements Service {
  readonly scope = 'athena';
  readonly #worker: WorkerProcess;
  readonly #timeoutSeconds: number;
  // As for job runs' S3, the library is loaded by whoever comes with a query.
  readonly #emulated;
  readonly #files: JsonFiles<ExecutionRecord>;
  readonly #results: string;
  readonly #records = new Map<string, ExecutionRecord>();
  readonly #queue: { readonly id: string; readonly cutoff?: number }[] = [];
  #running: string | undefined;
  #stopped = false;

  constructor(context: ServiceContext, worker: WorkerProcess, timeoutSeconds: number) {
    this.#worker = worker;
    this.#timeoutSeconds = timeoutSeconds;
    this.#emulated = new OnFirstUse(async () => {
      const library = await import('@aws-sdk/client-athena');
      const client = new library.AthenaClient({
        endpoint: context.endpoint,
        region: context.region,
        credentials: { accessKeyId: context.account, secretAccessKey: 'local' },
        maxAttempts: 2,
        customUserAgent: ownRequests,
      });
      return { ...library, client };
    });
    this.#results = path.join(context.stateDirectory, 'results');
    mkdirSync(this.#results, { recursive: true });
    this.#files = new JsonFiles(path.join(context.stateDirectory, 'executions'));
    const kept = this.#files
      .all()
      .sort((a, b) => b.execution.Status.SubmissionDateTime - a.execution.Status.SubmissionDateTime);
    for (const record of kept.slice(rememberedExecutions))
      this.#files.remove(record.execution.QueryExecutionId);
    for (const record of kept.slice(0, rememberedExecutions).reverse()) {
      this.#records.set(record.execution.QueryExecutionId, record);
      if (!endStates.includes(record.execution.Status.State)) {
        this.#end(record.execution.QueryExecutionId, {
          id: record.execution.QueryExecutionId,
          state: 'FAILED',
          reason: 'The local endpoint ended while this query was active. Run it again.',
          category: 1,
        });
      }
    }
  }

  async handle(request: ServiceRequest): Promise<ServiceResponse | undefined> {
    const operation = request.headers['x-amz-target']?.split('.').at(-1) ?? '';
    const answers: Readonly<Record<string, (body: Body) => object | Promise<object>>> = {
      StartQueryExecution: (body) => this.#start(body),
      GetQueryExecution: (body) => ({ QueryExecution: this.#record(body.QueryExecutionId).execution }),
      BatchGetQueryExecution: (body) => this.#batch(body),
      ListQueryExecutions: (body) => this.#list(body),
      StopQueryExecution: (body) => this.#stop(body),
      GetQueryResults: (body) => this.#queryResults(body),
      GetQueryRuntimeStatistics: (body) => this.#statistics(body),
      GetWorkGroup: async (body) => ({ WorkGroup: shown(await this.#workGroup(String(body.WorkGroup))) }),
    };
    const answer = answers[operation];
    if (answer === undefined || request.headers['user-agent']?.includes(ownRequests) === true)
      return undefined;
    const body = (request.body.length === 0 ? {} : JSON.parse(request.body.toString('utf8'))) as Body;
    return { status: 200, body: await answer(body) };
  }

  active(): readonly string[] {
    return [...this.#records.values()]
      .filter(({ execution }) => !endStates.includes(execution.Status.State))
      .map(({ execution }) => `query ${execution.QueryExecutionId}, ${execution.Status.State}`);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const reason = 'The local endpoint was stopped while this query was active. Run it again.';
    for (const { id } of this.#queue.splice(0)) this.#end(id, { id, state: 'FAILED', reason, category: 1 });
    await this.#worker.kill({ state: 'FAILED', reason });
    await this.#emulated.ifStarted(({ client }) => client.destroy());
  }

  async #start(body: Body): Promise<object> {
    const sql = body.QueryString;
    if (typeof sql !== 'string' || sql.trim() === '') throw invalid('queryString must not be empty.');
    if (sql.length > largestQuery) throw invalid(`Query string is longer than ${largestQuery} characters.`);
    const token = typeof body.ClientRequestToken === 'string' ? body.ClientRequestToken : undefined;
    const requestDigest = createHash('sha256').update(JSON.stringify(body)).digest('hex');
    const earlier = [...this.#records.values()].find(
      (record) => token !== undefined && record.clientRequestToken === token,
    );
    if (earlier !== undefined) {
      if (earlier.requestDigest !== requestDigest) {
        throw invalid(
          'Idempotent parameters do not match: the client request token was used with other parameters.',
        );
      }
      return { QueryExecutionId: earlier.execution.QueryExecutionId };
    }
    const name = typeof body.WorkGroup === 'string' ? body.WorkGroup : 'primary';
    const workGroup = await this.#workGroup(name);
    if (workGroup.State === 'DISABLED') throw invalid(`WorkGroup ${name} is disabled.`);
    const prepared = await this.#prepared(sql, name);
    const statement = prepared?.sql ?? sql;
    if (enforcedLocation(workGroup) !== undefined && namesExternalLocation(statement)) {
      throw invalid(
        "The Create Table As Select query failed because it was submitted with an 'external_location' property " +
          'to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the ' +
          "'external_location' property and resubmit the query.",
      );
    }
    const parameters = prepared?.parameters ?? (body.ExecutionParameters as string[] | undefined) ?? [];
    const id = randomUUID();
    const context = (body.QueryExecutionContext ?? {}) as QueryExecution['QueryExecutionContext'];
    const execution: QueryExecution = {
      QueryExecutionId: id,
      Query: statement,
      StatementType: statementType(statement),
      WorkGroup: name,
      ResultConfiguration: { OutputLocation: resultLocation(outputLocation(body, workGroup), id, statement) },
      QueryExecutionContext: context,
      ...(parameters.length === 0 ? {} : { ExecutionParameters: parameters }),
      EngineVersion: { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: 'Athena engine version 3' },
      Status: { State: 'QUEUED', SubmissionDateTime: seconds() },
      Statistics: noStatistics,
    };
    this.#keep({ execution, requestDigest, ...(token === undefined ? {} : { clientRequestToken: token }) });
    const cutoff = workGroup.Configuration?.BytesScannedCutoffPerQuery;
    this.#queue.push({ id, ...(cutoff === undefined ? {} : { cutoff }) });
    setImmediate(() => this.#advance());
    return { QueryExecutionId: id };
  }

  #batch(body: Body): object {
    const ids = (body.QueryExecutionIds ?? []) as string[];
    if (ids.length === 0 || ids.length > largestBatch)
      throw invalid(`Give 1 to ${largestBatch} query execution ids.`);
    const known = ids.filter((id) => this.#records.has(id));
    return {
      QueryExecutions: known.map((id) => this.#record(id).execution),
      UnprocessedQueryExecutionIds: ids
        .filter((id) => !this.#records.has(id))
        .map((id) => ({
          QueryExecutionId: id,
          ErrorCode: 'INVALID_QUERY_EXECUTION_ID',
          ErrorMessage: `QueryExecution ${id} was not found`,
        })),
    };
  }

  #list(body: Body): object {
    const group = typeof body.WorkGroup === 'string' ? body.WorkGroup : 'primary';
    const ids = [...this.#records.values()]
      .filter(({ execution }) => execution.WorkGroup === group)
      .sort((a, b) => b.execution.Status.SubmissionDateTime - a.execution.Status.SubmissionDateTime)
      .map(({ execution }) => execution.QueryExecutionId);
    const { items, next } = pageAfter(ids, (id) => id, askedPage(body, largestBatch), badToken);
    return { QueryExecutionIds: items, ...(next !== undefined && { NextToken: next }) };
  }

  #stop(body: Body): object {
    const { execution } = this.#record(body.QueryExecutionId);
    const id = execution.QueryExecutionId;
    if (endStates.includes(execution.Status.State)) return {};
    const cancelled = { state: 'CANCELLED', reason: 'Query cancelled by user' } as const;
    if (this.#running === id) {
      void this.#worker.kill(cancelled);
    } else {
      const place = this.#queue.findIndex((waiting) => waiting.id === id);
      if (place >= 0) this.#queue.splice(place, 1);
    }
    this.#end(id, { id, ...cancelled });
    return {};
  }

  async #queryResults(body: Body): Promise<object> {
    const record = this.#record(body.QueryExecutionId);
    const { State, StateChangeReason } = record.execution.Status;
    if (State !== 'SUCCEEDED') {
      throw invalid(
        State === 'FAILED' || State === 'CANCELLED'
          ? `Query did not finish successfully. Final query state: ${State}. ${StateChangeReason ?? ''}`.trim()
          : `Query has not yet finished. Current state: ${State}`,
      );
    }
    const asked = askedPage(body, largestResultPage);
    const columns = record.columns ?? [];
    const text = await readFile(this.#rowsFile(record.execution.QueryExecutionId), 'utf8');
    const lines = text.split('\n').filter((line) => line !== '');
    const names = columns.map((column) => String(column.Name as string));
    const rows = [...(record.header === true ? [JSON.stringify(names)] : []), ...lines];
    const { items, next } = pageFrom(rows, asked, badToken);
    const shown = items.map((line) => JSON.parse(line) as (string | null)[]);
    return {
      UpdateCount: record.writtenRows ?? 0,
      ResultSet: {
        Rows: shown.map((row) => ({
          Data: row.map((cell) => (cell === null ? {} : { VarCharValue: cell })),
        })),
        ResultSetMetadata: { ColumnInfo: columns },
      },
      ...(next !== undefined && { NextToken: next }),
    };
  }

  async #statistics(body: Body): Promise<object> {
    const { execution, writtenRows = 0 } = this.#record(body.QueryExecutionId);
    const {
      QueryQueueTimeInMillis,
      QueryPlanningTimeInMillis,
      EngineExecutionTimeInMillis = 0,
    } = execution.Statistics;
    const rows = await readFile(this.#rowsFile(execution.QueryExecutionId), 'utf8').catch(() => '');
    return {
      QueryRuntimeStatistics: {
        Timeline: {
          QueryQueueTimeInMillis,
          QueryPlanningTimeInMillis,
          EngineExecutionTimeInMillis,
          ServiceProcessingTimeInMillis: execution.Statistics.ServiceProcessingTimeInMillis,
          TotalExecutionTimeInMillis: execution.Statistics.TotalExecutionTimeInMillis,
        },
        Rows: {
          InputBytes: execution.Statistics.DataScannedInBytes,
          OutputRows: writtenRows + rows.split('\n').filter((line) => line !== '').length,
        },
      },
    };
  }

  /** Runs what waits, one statement at a time. */
  #advance(): void {
    if (this.#running !== undefined || this.#stopped) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#running = next.id;
    void this.#execute(next.id, next.cutoff).finally(() => {
      this.#running = undefined;
      this.#advance();
    });
  }

  async #execute(id: string, cutoff: number | undefined): Promise<void> {
    const { execution } = this.#record(id);
    await this.#worker.ready().catch(() => undefined);
    if (endStates.includes(this.#record(id).execution.Status.State)) return;
    const begun = seconds();
    this.#change(id, { Status: { ...execution.Status, State: 'RUNNING' } });
    const timer = setTimeout(() => {
      void this.#worker.kill({
        state: 'FAILED',
        reason: `Query timeout: the query ran longer than ${this.#timeoutSeconds} seconds.`,
      });
    }, this.#timeoutSeconds * 1000);
    const { Database } = execution.QueryExecutionContext;
    const answer = await this.#worker.run({
      id,
      sql: execution.Query,
      ...(Database === undefined ? {} : { database: Database }),
      parameters: execution.ExecutionParameters ?? [],
      output: execution.ResultConfiguration.OutputLocation.replace(/\.(csv|txt)$/, ''),
      directory: this.#results,
      ...(cutoff === undefined ? {} : { cutoff }),
    });
    clearTimeout(timer);
    this.#end(id, answer, begun);
  }

  #end(id: string, answer: WorkerAnswer, begun?: number): void {
    const record = this.#record(id);
    const { Status, Statistics } = record.execution;
    if (endStates.includes(Status.State)) return;
    const now = seconds();
    const milliseconds = (from: number, to: number): number => Math.max(0, Math.round((to - from) * 1000));
    const engine = answer.engineMilliseconds;
    const execution: QueryExecution = {
      ...record.execution,
      ...(answer.statementType === undefined ? {} : { StatementType: answer.statementType }),
      ...(answer.substatementType === undefined ? {} : { SubstatementType: answer.substatementType }),
      ...(answer.location === undefined ? {} : { ResultConfiguration: { OutputLocation: answer.location } }),
      Status: {
        ...Status,
        State: answer.state,
        CompletionDateTime: now,
        ...(answer.reason === undefined ? {} : { StateChangeReason: answer.reason }),
        ...(answer.state === 'FAILED' ? { AthenaError: athenaError(answer) } : {}),
      },
      Statistics: {
        ...Statistics,
        ...(engine === undefined ? {} : { EngineExecutionTimeInMillis: engine }),
        DataScannedInBytes: answer.scannedBytes ?? 0,
        ...(answer.manifest === undefined ? {} : { DataManifestLocation: answer.manifest }),
        TotalExecutionTimeInMillis: milliseconds(Status.SubmissionDateTime, now),
        QueryQueueTimeInMillis: milliseconds(Status.SubmissionDateTime, begun ?? now),
        ServiceProcessingTimeInMillis:
          begun === undefined
            ? 0
            : Math.max(0, milliseconds(begun, now) - (engine ?? milliseconds(begun, now))),
      },
    };
    const { columns, header, writtenRows } = answer;
    this.#keep({
      ...record,
      ...(columns !== undefined && { columns }),
      ...(header !== undefined && { header }),
      ...(writtenRows !== undefined && { writtenRows }),
      execution,
    });
  }

  #change(id: string, change: Partial<QueryExecution>): void {
    const record = this.#record(id);
    this.#keep({ ...record, execution: { ...record.execution, ...change } });
  }

  #keep(record: ExecutionRecord): void {
    this.#records.set(record.execution.QueryExecutionId, record);
    this.#files.write(record.execution.QueryExecutionId, record);
  }

  #record(id: unknown): ExecutionRecord {
    const record = typeof id === 'string' ? this.#records.get(id) : undefined;
    if (record === undefined) throw invalid(`QueryExecution ${String(id)} was not found`);
    return record;
  }

  #rowsFile(id: string): string {
    return path.join(this.#results, `${id}.jsonl`);
  }

  /** A workgroup with what Athena says of each, and the emulator only where it was told. */
  async #workGroup(name: string): Promise<WorkGroup> {
    const { client, GetWorkGroupCommand } = await this.#emulated.get();
    const found = await client.send(new GetWorkGroupCommand({ WorkGroup: name })).catch(() => undefined);
    if (found?.WorkGroup === undefined) throw invalid(`WorkGroup ${name} is not found.`);
    const enforced = { EnforceWorkGroupConfiguration: name !== 'primary' };
    return { ...found.WorkGroup, Configuration: { ...enforced, ...found.WorkGroup.Configuration } };
  }

  /** What `EXECUTE name USING …` stands for. */
  async #prepared(
    sql: string,
    workGroup: string,
  ): Promise<{ sql: string; parameters: string[] } | undefined> {
    const match = /^\s*EXECUTE\s+"?([\w@:]+)"?(?:\s+USING\s+([^]*?))?;?\s*$/i.exec(sql);
    if (match === null) return undefined;
    const statement = match[1] ?? '';
    const { client, GetPreparedStatementCommand } = await this.#emulated.get();
    const found = await client
      .send(new GetPreparedStatementCommand({ StatementName: statement, WorkGroup: workGroup }))
      .catch(() => undefined);
    const text = found?.PreparedStatement?.QueryStatement;
    if (text === undefined)
      throw invalid(`Prepared statement ${statement} was not found in workgroup ${workGroup}.`);
    return { sql: text, parameters: match[2] === undefined ? [] : splitParameters(match[2]) };
  }
}

const noStatistics: QueryExecution['Statistics'] = {
  DataScannedInBytes: 0,
  TotalExecutionTimeInMillis: 0,
  QueryQueueTimeInMillis: 0,
  ServicePreProcessingTimeInMillis: 0,
  QueryPlanningTimeInMillis: 0,
  ServiceProcessingTimeInMillis: 0,
};

/** A workgroup as the protocol writes it, times as seconds. */
function shown({ CreationTime, ...rest }: WorkGroup): object {
  return { ...rest, ...(CreationTime !== undefined && { CreationTime: CreationTime.getTime() / 1000 }) };
}

/** The workgroup's place for results where it lets no request name another. */
function enforcedLocation(workGroup: WorkGroup): string | undefined {
  const { EnforceWorkGroupConfiguration, ResultConfiguration } = workGroup.Configuration ?? {};
  return EnforceWorkGroupConfiguration === true ? ResultConfiguration?.OutputLocation : undefined;
}

/** Where results go: the workgroup's place where it enforces that, else the request's, else the workgroup's. */
function outputLocation(body: Body, workGroup: WorkGroup): string {
  const asked = (body.ResultConfiguration as { OutputLocation?: string } | undefined)?.OutputLocation;
  const theirs = workGroup.Configuration?.ResultConfiguration?.OutputLocation;
  const location = enforcedLocation(workGroup) ?? asked ?? theirs ?? '';
  if (location === '') {
    throw invalid(
      'No output location provided. An output location is required either through the Workgroup result ' +
        'configuration setting or as an API input.',
    );
  }
  if (!/^s3:\/\/[^/]+/.test(location)) throw invalid(`outputLocation is not a valid S3 path: ${location}`);
  return location.endsWith('/') ? location : `${location}/`;
}

/** Splits a list of SQL literals at commas that are in no quotes or brackets. */
function splitParameters(list: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let quoted = false;
  for (const character of list) {
    if (character === "'") quoted = !quoted;
    if (!quoted && '(['.includes(character)) depth++;
    if (!quoted && ')]'.includes(character)) depth--;
    if (character === ',' && !quoted && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else {
      part += character;
    }
  }
  return [...parts, part.trim()].filter((item) => item !== '');
}

function athenaError(answer: WorkerAnswer): NonNullable<QueryExecution['Status']['AthenaError']> {
  const category = answer.category ?? 2;
  return {
    ErrorCategory: category,
    // Athena's catalogue of types: 1300 is a query of the user's that cannot be run, 233 a failure of its own.
    ErrorType: category === 2 ? 1300 : 233,
    Retryable: category === 1,
    ErrorMessage: answer.reason ?? '',
  };
}

/** @throws ServiceError where the size is none that Athena takes */
function askedPage(body: Body, largest: number): AskedPage {
  const size = Number(body.MaxResults ?? largest);
  if (!Number.isInteger(size) || size < 1 || size > largest) {
    throw invalid(`MaxResults must be between 1 and ${largest}.`);
  }
  return { size, token: typeof body.NextToken === 'string' ? body.NextToken : undefined };
}

function badToken(): ServiceError {
  return invalid('Invalid NextToken.');
}

function invalid(message: string): ServiceError {
  return new ServiceError(400, 'InvalidRequestException', message);
}

function seconds(): number {
  return Date.now() / 1000;
}
