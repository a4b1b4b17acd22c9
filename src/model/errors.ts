/**
 * Every failure that a user can meet, by its code. The code is stable: it is printed in brackets behind the
 * message, it can be searched for, and docs/ERRORS.md has a paragraph on each. Exit codes: docs/CLI.md.
 *
 * Ranges: 1xxx usage and project, 2xxx declaration, 3xxx this machine and the local endpoint, 4xxx account and
 * access, 5xxx Terraform, 6xxx job runs, 7xxx catalog and queries, 8xxx Airflow,
 * 9xxx snapshots.
 */
export const errorCodes = {
  DP1001: { title: 'Wrong usage', exit: 2 },
  DP1002: { title: 'No project directory', exit: 2 },
  DP1003: { title: 'Unknown environment', exit: 2 },
  DP1004: { title: 'Unknown job', exit: 2 },
  DP1005: { title: 'Not a date', exit: 2 },
  DP1006: { title: 'Unknown dataset', exit: 2 },
  DP1007: { title: 'A question that cannot be asked here', exit: 2 },
  DP1008: { title: 'Interrupted', exit: 130 },
  DP1009: { title: 'A job that has no dates', exit: 2 },
  DP1010: { title: 'Output that cannot be written', exit: 1 },
  DP1011: { title: 'The folder is not empty', exit: 4 },

  DP2001: { title: 'The declaration is invalid', exit: 2 },
  DP2002: { title: 'Not valid YAML or JSON', exit: 2 },
  DP2003: { title: 'A key is missing', exit: 2 },
  DP2004: { title: 'An unknown key', exit: 2 },
  DP2005: { title: 'A wrong value', exit: 2 },
  DP2006: { title: 'A name that nothing declares', exit: 2 },
  DP2007: { title: 'A file that is named but not there', exit: 2 },
  DP2008: { title: 'A cycle in the job graph', exit: 2 },
  DP2009: { title: 'Declared twice', exit: 2 },
  DP2010: { title: 'Too little for a protected environment', exit: 2 },
  DP2011: { title: 'A query of what no contract declares', exit: 2 },
  DP2012: { title: 'A file that does not tell all', exit: 2 },
  DP2013: { title: 'A file that cannot be inferred from', exit: 2 },

  DP3001: { title: 'A needed program is missing or too old', exit: 1 },
  DP3002: { title: 'The port is taken', exit: 1 },
  DP3003: { title: 'The local endpoint does not start', exit: 1 },
  DP3004: { title: 'The local endpoint does not answer', exit: 1 },
  DP3005: { title: 'Too little disk', exit: 1 },
  DP3006: { title: 'Not set up', exit: 1 },
  DP3007: { title: 'Only the loopback address is served', exit: 4 },
  DP3008: { title: 'No such checkpoint', exit: 2 },
  DP3009: { title: 'A checkpoint of that name is there', exit: 4 },
  DP3010: { title: 'The checkpoint does not fit', exit: 4 },
  DP3011: { title: 'The checkpoint is not whole', exit: 1 },
  DP3012: { title: 'There is nothing to save', exit: 1 },

  DP4001: { title: 'No credentials', exit: 1 },
  DP4002: { title: 'Credentials of another account', exit: 4 },
  DP4003: { title: 'AWS refused or failed', exit: 1 },
  DP4004: { title: 'Not deployed', exit: 1 },

  DP5001: { title: 'Terraform failed', exit: 1 },
  DP5002: { title: 'Terraform cannot be initialised', exit: 1 },
  DP5003: { title: 'The state is locked', exit: 4 },
  DP5004: { title: 'Not confirmed', exit: 4 },
  DP5005: { title: 'The environment is protected', exit: 4 },
  DP5006: { title: 'The plan loses data', exit: 4 },
  DP5007: { title: 'The saved plan does not fit', exit: 4 },
  DP5008: { title: 'The state bucket is not there', exit: 1 },
  DP5009: { title: 'The state bucket is not ours', exit: 4 },
  DP5010: { title: 'An interrupted change left something behind', exit: 1 },
  DP5011: { title: 'A name that somebody else has', exit: 4 },
  DP5012: { title: 'The state is lost or broken', exit: 1 },

  DP6001: { title: 'The job run failed', exit: 1 },
  DP6002: { title: 'No such run', exit: 1 },
  DP6003: { title: 'The run has ended already', exit: 1 },
  DP6004: { title: 'The job run did not end in time', exit: 1 },
  DP6005: { title: 'Runs are active', exit: 4 },
  DP6006: { title: 'The data is not what is expected', exit: 1 },
  DP6010: { title: 'Some runs of the backfill did not succeed', exit: 3 },
  DP6011: { title: 'Another backfill holds the range', exit: 4 },
  DP6012: { title: 'No such backfill', exit: 1 },
  DP6013: { title: 'The backfill has ended already', exit: 1 },
  DP6014: { title: 'Somebody else goes on with the backfill', exit: 4 },
  DP6020: { title: 'A promise is broken', exit: 1 },
  DP6021: { title: 'Somebody could not be told', exit: 1 },
  DP6022: { title: 'A record could not be written', exit: 1 },

  DP7001: { title: 'The query failed', exit: 1 },
  DP7002: { title: 'No such query', exit: 2 },
  DP7003: { title: 'A schema change that is not allowed', exit: 4 },
  DP7007: { title: 'Somebody else changes the catalog', exit: 1 },

  DP8001: { title: 'Unknown DAG', exit: 2 },
  DP8002: { title: 'The DAG run failed', exit: 1 },
  DP8003: { title: 'DAG files that cannot be read', exit: 1 },
  DP8004: { title: 'Airflow does not answer', exit: 1 },
  DP8005: { title: 'There is a run for this date', exit: 4 },
  DP8006: { title: 'The DAG is paused', exit: 4 },
  DP8007: { title: 'Not what Airflow takes', exit: 2 },

  DP9001: { title: 'No such snapshot', exit: 2 },
  DP9002: { title: 'The bucket of snapshots is not there', exit: 1 },
  DP9003: { title: 'A snapshot is not whole', exit: 1 },
  DP9004: { title: 'A table that cannot be taken', exit: 1 },
  DP9005: { title: 'Another snapshot is being taken', exit: 4 },
  DP9006: { title: 'What was restored is not the same', exit: 1 },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** A place in a file of the project; line and column count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with the declaration. */
export interface Problem {
  readonly code: ErrorCode;
  readonly location: Location;
  readonly message: string;
  readonly hint?: string;
}

export interface ErrorDetails {
  /** What was left as it was, so that nobody has to guess. */
  readonly left?: string;
  /** What to type next, most useful first. */
  readonly next?: readonly string[];
  /** All the places that are wrong, where the failure is about the declaration. */
  readonly problems?: readonly Problem[];
  /** Lines that show the failure itself, for example the end of a log. */
  readonly excerpt?: readonly string[];
  /** More fields for `--json`. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An expected failure. Anything else that is thrown is a bug and is shown as one. */
export class DataplatError extends Error {
  override readonly name = 'DataplatError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  get exitCode(): number {
    return errorCodes[this.code].exit;
  }
}
