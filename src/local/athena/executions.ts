import type { ColumnInfo } from './worker-process.js';

export type QueryState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export const endStates: readonly QueryState[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/** A query as GetQueryExecution answers it; times are seconds since 1970. */
export interface QueryExecution {
  readonly QueryExecutionId: string;
  readonly Query: string;
  readonly StatementType?: string;
  readonly SubstatementType?: string;
  readonly WorkGroup: string;
  readonly ResultConfiguration: { readonly OutputLocation: string };
  readonly QueryExecutionContext: { readonly Database?: string; readonly Catalog?: string };
  readonly ExecutionParameters?: readonly string[];
  readonly EngineVersion: { readonly SelectedEngineVersion: string; readonly EffectiveEngineVersion: string };
  readonly Status: {
    readonly State: QueryState;
    readonly StateChangeReason?: string;
    readonly SubmissionDateTime: number;
    readonly CompletionDateTime?: number;
    readonly AthenaError?: {
      readonly ErrorCategory: number;
      readonly ErrorType: number;
      readonly Retryable: boolean;
      readonly ErrorMessage: string;
    };
  };
  readonly Statistics: {
    readonly EngineExecutionTimeInMillis?: number;
    readonly DataScannedInBytes: number;
    readonly TotalExecutionTimeInMillis: number;
    readonly QueryQueueTimeInMillis: number;
    readonly ServicePreProcessingTimeInMillis: number;
    readonly QueryPlanningTimeInMillis: number;
    readonly ServiceProcessingTimeInMillis: number;
  };
}

/** How a query is kept. */
export interface ExecutionRecord {
  readonly execution: QueryExecution;
  readonly clientRequestToken?: string;
  readonly requestDigest: string;
  readonly columns?: readonly ColumnInfo[];
  readonly header?: boolean;
}

/** How the statement of a query is classed before it has run. */
export function statementType(sql: string): 'DML' | 'DDL' | 'UTILITY' {
  const word = /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? '';
  if (['SHOW', 'DESCRIBE', 'DESC'].includes(word)) return 'UTILITY';
  return ['CREATE', 'DROP', 'ALTER', 'MSCK'].includes(word) ? 'DDL' : 'DML';
}
