import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
  type QueryExecution,
  type StartQueryExecutionCommandInput,
} from '@aws-sdk/client-athena';
import { expect } from 'chai';
import { eventually } from '../tiny-endpoint.js';

type More = Partial<StartQueryExecutionCommandInput>;
type Cells = (string | undefined)[][];

/** Asks Athena in the database silver; results go below s3://results/athena/ unless a workgroup says otherwise. */
export class Asking {
  readonly #athena: AthenaClient;

  constructor(athena: AthenaClient) {
    this.#athena = athena;
  }

  async start(sql: string, more: More = {}): Promise<string> {
    const started = await this.#athena.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        QueryExecutionContext: { Database: 'silver' },
        ResultConfiguration: { OutputLocation: 's3://results/athena/' },
        ...more,
      }),
    );
    return started.QueryExecutionId ?? '';
  }

  async get(QueryExecutionId: string): Promise<QueryExecution> {
    return (await this.#athena.send(new GetQueryExecutionCommand({ QueryExecutionId }))).QueryExecution ?? {};
  }

  ended(id: string): Promise<QueryExecution> {
    return eventually(async () => {
      const execution = await this.get(id);
      return ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(execution.Status?.State ?? '')
        ? execution
        : undefined;
    }, 50);
  }

  async rows(id: string): Promise<Cells> {
    const { ResultSet } = await this.#athena.send(new GetQueryResultsCommand({ QueryExecutionId: id }));
    return (ResultSet?.Rows ?? []).map((row) => (row.Data ?? []).map((cell) => cell.VarCharValue));
  }

  /** What a query that succeeded is said to be. */
  async done(sql: string, more: More = {}): Promise<QueryExecution> {
    const execution = await this.ended(await this.start(sql, more));
    expect(execution.Status?.StateChangeReason, sql).to.equal(undefined);
    return execution;
  }

  async ask(sql: string, more: More = {}): Promise<Cells> {
    return this.rows((await this.done(sql, more)).QueryExecutionId ?? '');
  }

  /** Why a query failed. */
  async reason(sql: string, more: More = {}): Promise<string> {
    const { Status } = await this.ended(await this.start(sql, more));
    expect(Status?.State, sql).to.equal('FAILED');
    expect(Status?.AthenaError?.ErrorMessage).to.equal(Status?.StateChangeReason);
    return Status?.StateChangeReason ?? '';
  }
}
