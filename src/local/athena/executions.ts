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
    /** The list of the files that the statement wrote. */
    readonly DataManifestLocation?: string;
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
  /** Rows that the statement wrote into files. */
  readonly writtenRows?: number;
}

/** A statement without its comments and texts, and with the quotes taken off its names. */
function bare(sql: string): string {
  return sql
    .replaceAll(/'(?:[^']|'')*'|--[^\n]*|\/\*[^]*?\*\/|"((?:[^"]|"")*)"/g, (whole, name?: string) =>
      name === undefined ? (whole.startsWith("'") ? "''" : ' ') : name.replaceAll(/\W/g, '_'),
    )
    .trim();
}

/** How the statement of a query is classed before it has run. */
export function statementType(sql: string): 'DML' | 'DDL' | 'UTILITY' {
  const word = /^\w+/.exec(bare(sql))?.[0].toUpperCase() ?? '';
  if (['SHOW', 'DESCRIBE', 'DESC'].includes(word)) return 'UTILITY';
  return ['CREATE', 'DROP', 'ALTER', 'MSCK'].includes(word) ? 'DDL' : 'DML';
}

/** The address of a query's result: of files that the statement itself writes only where their names begin. */
export function resultLocation(folder: string, id: string, sql: string): string {
  const begins = bare(sql);
  if (/^create\s+table\b/i.test(begins)) return `${folder}tables/${id}`;
  if (/^unload\b/i.test(begins)) return `${folder}${id}`;
  return `${folder}${id}.${statementType(sql) === 'DML' ? 'csv' : 'txt'}`;
}

/** Whether a CREATE TABLE AS says itself where its files are to be. */
export function namesExternalLocation(sql: string): boolean {
  const head = /^create\s+table\b[^(]*?\bwith\s*\(([^]*?)\)\s*as\b/i.exec(bare(sql))?.[1] ?? '';
  return /\bexternal_location\s*=/i.test(head);
}
