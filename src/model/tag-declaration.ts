import { JobsAccess } from './access.js';
import type { Tags } from './dataset.js';
import { layers, type Layer } from './layers.js';
import type { Job } from './lineage.js';
import { names } from './names.js';
import type { Platform } from './platform.js';
import { byKey, columnTags, quarantineTags, tableTags, tagOntology } from './tags.js';

/** A database, a table of it, or a column of that. */
export interface TagTarget {
  readonly database: string;
  readonly table?: string;
  readonly column?: string;
}

/** One LF-tag on one thing. A thing bears one value a key. */
export interface Assignment extends TagTarget {
  readonly key: string;
  readonly value: string;
}

/** Tags of which every key must match, any of its values. */
export type TagExpression = readonly { readonly key: string; readonly values: readonly string[] }[];

/** All that bears certain tags, or a thing by its name. */
export type Granted =
  | {
      readonly kind: 'tags';
      readonly resourceType: 'DATABASE' | 'TABLE';
      readonly expression: TagExpression;
    }
  | { readonly kind: 'database'; readonly database: string }
  | { readonly kind: 'table'; readonly database: string; readonly table: string };

export interface Grant {
  readonly principal: string;
  readonly on: Granted;
  readonly permissions: readonly string[];
}

/** All that Lake Formation is told of an environment, as Lake Formation spells it: tags are in lower case there. */
export interface TagDeclaration {
  /** Every key and its values. */
  readonly ontology: ReadonlyMap<string, readonly string[]>;
  readonly assignments: readonly Assignment[];
  readonly grants: readonly Grant[];
}

/**
 * The LF-tags that contracts and personas declare. A table's layer comes from its database; a column bears only what
 * differs from its table.
 */
export function declaredTags(platform: Platform): TagDeclaration {
  const { environment, datasets } = platform;
  const personas = Object.values(environment.access.personas);
  const database = (layer: Layer): string => names.database(environment, layer);
  return {
    ontology: new Map(
      [...tagOntology(platform, personas)].map(([key, values]) => [lower(key), values.map(lower)]),
    ),
    assignments: [
      ...layers.map((layer) => ({ database: database(layer), key: 'layer', value: layer })),
      ...datasets.flatMap((dataset) => {
        const table = { database: database(dataset.layer), table: names.table(dataset) };
        const quarantine = { database: table.database, table: names.quarantineTable(dataset) };
        return [
          ...assigned(table, withoutLayer(tableTags(dataset))),
          ...dataset.columns.flatMap((column) =>
            assigned({ ...table, column: column.name }, columnTags(dataset, column)),
          ),
          ...assigned(quarantine, withoutLayer(quarantineTags(dataset))),
        ];
      }),
    ],
    grants: [
      ...personas.flatMap(({ principals, reads }) =>
        principals.flatMap((principal) => grantsByTags(principal, reads)),
      ),
      ...platform.jobs.flatMap((job) => grantsOfJob(platform, job)),
    ],
  };
}

/** What people read: by tags alone, so that a new table is theirs, or is not, by what its contract says. */
function grantsByTags(principal: string, reads: Readonly<Record<string, readonly string[]>>): Grant[] {
  const expression = Object.entries(reads)
    .map(([key, values]) => ({ key: lower(key), values: [...new Set(values.map(lower))].sort() }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return [
    {
      principal,
      on: { kind: 'tags', resourceType: 'TABLE', expression },
      permissions: ['SELECT', 'DESCRIBE'],
    },
    {
      principal,
      // A database bears its layer only.
      on: {
        kind: 'tags',
        resourceType: 'DATABASE',
        expression: expression.filter(({ key }) => key === 'layer'),
      },
      permissions: ['DESCRIBE'],
    },
  ];
}

/** What a job's role may do with the catalog's tables: the graph's inputs and outputs, and no other, by name. */
export function grantsOfJob(platform: Platform, job: Job): Grant[] {
  const { environment } = platform;
  const { reads, writes } = new JobsAccess(platform).of(job);
  const principal = names.jobRoleArn(environment, job);
  const touched = [...new Set([...reads, ...writes])];
  return [
    ...[...new Set(touched.map(({ layer }) => layer))].map((layer): Grant => ({
      principal,
      on: { kind: 'database', database: names.database(environment, layer) },
      permissions: ['DESCRIBE'],
    })),
    ...touched.map((dataset): Grant => ({
      principal,
      on: {
        kind: 'table',
        database: names.database(environment, dataset.layer),
        table: names.table(dataset),
      },
      permissions: writes.includes(dataset)
        ? ['ALTER', 'DELETE', 'DESCRIBE', 'INSERT', 'SELECT']
        : ['DESCRIBE', 'SELECT'],
    })),
  ];
}

function assigned(target: TagTarget, tags: Tags): Assignment[] {
  return Object.entries(tags)
    .sort(byKey)
    .map(([key, value]) => ({ ...target, key: lower(key), value: lower(value) }));
}

function withoutLayer(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => key !== 'layer'));
}

function lower(text: string): string {
  return text.toLowerCase();
}

/** `database`, `database.table` or `database.table (column)`. */
export function targetName({ database, table, column }: TagTarget): string {
  const name = table === undefined ? database : `${database}.${table}`;
  return column === undefined ? name : `${name} (${column})`;
}

/** What makes two grants the same one, whatever they permit. */
export function grantKey({ principal, on }: Pick<Grant, 'principal' | 'on'>): string {
  return `${principal} ${grantedText(on)}`;
}

/** What a grant is on, in words, keys and values in their order. */
export function grantedText(on: Granted): string {
  switch (on.kind) {
    case 'tags':
      return `${on.resourceType === 'TABLE' ? 'tables and columns' : 'databases'} of ${expressionText(on.expression)}`;
    case 'database':
      return on.database;
    case 'table':
      return `${on.database}.${on.table}`;
  }
}

function expressionText(expression: TagExpression): string {
  return [...expression]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, values }) => `${key} in (${[...values].sort().join(', ')})`)
    .join(' and ');
}
