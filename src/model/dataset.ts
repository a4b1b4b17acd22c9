import type { JsonType } from './column-type.js';
import type { Layer } from './layers.js';
import type { Maintenance } from './maintenance.js';
import type { MaskInPlace, Masking } from './masking.js';
import type { Parse } from './parse.js';

export type Tags = Readonly<Record<string, string>>;

export interface Column {
  readonly name: string;
  /** As Spark SQL and Glue spell it. */
  readonly type: string;
  readonly nullable: boolean;
  readonly description: string;
  /** `platform`: set by the job, not read from the source. */
  readonly origin: 'source' | 'platform';
  /** The timestamp column whose day, in UTC, this one is. */
  readonly dateOf?: string;
  /** LF-tags of the column where they differ from the table's. */
  readonly tags: Tags;
  /** The values that it may have, where the contract lists them. */
  readonly values?: readonly unknown[];
  readonly masking?: Masking;
}

/** One dataset, from its contract `config/schemas/<table>_<layer>.json`. */
export interface Dataset {
  /** `<table>_<layer>`, also the name of the file. */
  readonly id: string;
  readonly table: string;
  readonly layer: Layer;
  readonly title: string;
  readonly description: string;
  /** In the order of the contract. */
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
  readonly partitionedBy: readonly string[];
  readonly watermark?: string;
  readonly owner: string;
  /** How old its newest data may be: a duration. */
  readonly freshness?: string;
  readonly write: 'replace-partition' | 'merge' | 'append-stream' | 'scd2' | 'replace';
  /** Which of several changes of a key is the last, where the table holds changes merged by key. */
  readonly merge?: {
    /** Columns that order the changes, the most significant first. */
    readonly orderedBy: readonly string[];
    /** The boolean column that says that a change is a deletion. The row stays, marked by it. */
    readonly deletedBy?: string;
  };
  /** The dataset whose rows these are, with its masks laid over them. */
  readonly maskedCopyOf?: string;
  readonly maskInPlace?: MaskInPlace;
  readonly maintenance?: Maintenance;
  readonly tags: Tags;
}

export interface ContractColumn extends JsonType {
  readonly description: string;
  readonly enum?: readonly unknown[];
  readonly 'x-dataplat'?: {
    readonly type?: string;
    readonly origin?: 'source' | 'platform';
    readonly dateOf?: string;
    readonly tags?: Tags;
    readonly masking?: Masking;
    readonly parse?: Parse;
  };
}

export interface Contract {
  readonly $id: string;
  readonly title: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, ContractColumn>>;
  readonly required: readonly string[];
  readonly 'x-dataplat': Omit<Dataset, 'id' | 'title' | 'description' | 'columns'>;
}
