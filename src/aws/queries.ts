import type { AwsClients } from './clients.js';

export type QueryState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export interface QueryStatus {
  readonly state: QueryState;
  /** Why it failed, in Athena's words. */
  readonly reason: string;
  readonly scannedBytes: number;
  readonly milliseconds: number;
}

export interface ResultColumn {
  readonly name: string;
  /** As Athena spells it: varchar, bigint, date … */
  readonly type: string;
}

/** A part of a result; a value is undefined where it is null. */
export interface ResultPage {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | undefined)[])[];
  readonly next?: string;
}

/** What operations need of Athena. */
export interface Queries {
  /** @returns the id of the execution */
  start(query: { sql: string; database: string; workgroup: string; clientToken: string }): Promise<string>;
  status(id: string): Promise<QueryStatus>;
  page(id: string, token?: string, most?: number): Promise<ResultPage>;
  stop(id: string): Promise<void>;
}

export function athenaQueries(clients: AwsClients): Queries {
  return {
    start: async ({ sql, database, workgroup, clientToken }) => {
      const started = await (
        await clients.athena()
      ).startQueryExecution({
        QueryString: sql,
        QueryExecutionContext: { Database: database },
        WorkGroup: workgroup,
        ClientRequestToken: clientToken,
      });
      return started.QueryExecutionId ?? '';
    },
    status: async (id) => {
      const found = await (await clients.athena()).getQueryExecution({ QueryExecutionId: id });
      const { Status, Statistics } = found.QueryExecution ?? {};
      return {
        state: Status?.State ?? 'QUEUED',
        reason: Status?.AthenaError?.ErrorMessage ?? Status?.StateChangeReason ?? '',
        scannedBytes: Statistics?.DataScannedInBytes ?? 0,
        milliseconds: Statistics?.TotalExecutionTimeInMillis ?? Statistics?.EngineExecutionTimeInMillis ?? 0,
      };
    },
    page: async (id, token, most = 1000) => {
      const page = await (
        await clients.athena()
      ).getQueryResults({
        QueryExecutionId: id,
        MaxResults: Math.max(1, Math.min(1000, most)),
        ...(token !== undefined && { NextToken: token }),
      });
      return {
        columns: (page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Name, Type }) => ({
          name: Name ?? '',
          type: Type ?? 'varchar',
        })),
        rows: (page.ResultSet?.Rows ?? []).map((row) => (row.Data ?? []).map((datum) => datum.VarCharValue)),
        ...(page.NextToken !== undefined && { next: page.NextToken }),
      };
    },
    stop: async (id) => {
      await (await clients.athena()).stopQueryExecution({ QueryExecutionId: id });
    },
  };
}
