import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { names, stackKinds, type StackKind } from '../../src/model/names.js';
import type { Platform } from '../../src/model/platform.js';
import type { AirflowFiles } from '../../src/project/airflow-files.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import type { NamedQuery } from '../../src/project/named-queries.js';
import { synthesize } from '../../stacks/app.js';
import { smallPlatform } from '../small-platform.js';

export type Attributes = Readonly<Record<string, unknown>>;

/** A stack's Terraform JSON, as far as the tests look into it. */
export interface StackJson {
  readonly resource: Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
  readonly data?: Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
  readonly output: Readonly<Record<string, { readonly value: unknown }>>;
  readonly provider: { readonly aws: readonly Attributes[] };
  readonly terraform: { readonly backend: Readonly<Record<string, Attributes>> };
}

export interface Synthesized {
  readonly platform: Platform;
  readonly stacks: Readonly<Record<StackKind, StackJson>>;
  /** The files' texts. */
  readonly texts: Readonly<Record<StackKind, string>>;
}

/** The small platform in one environment, with the settings of the machine left out. */
export function platformOf(environment: string): Platform {
  return loadPlatform(smallPlatform, environment, {}, {});
}

/** Synthesizes a platform into a directory that is gone afterwards. */
export function synthesized(
  platform: Platform,
  queries: readonly NamedQuery[] = [],
  airflow: AirflowFiles = {},
  mayDestroyData = false,
): Synthesized {
  const parent = mkdtempSync(join(tmpdir(), 'dataplat-synth-'));
  const directory = join(parent, 'cdktf.out');
  mkdirSync(directory);
  try {
    synthesize({ platform, queries, airflow, mayDestroyData }, directory);
    const texts = Object.fromEntries(
      stackKinds.map((kind) => [
        kind,
        readFileSync(
          join(directory, 'stacks', names.stack(platform.environment, kind), 'cdk.tf.json'),
          'utf8',
        ),
      ]),
    ) as Record<StackKind, string>;
    const stacks = Object.fromEntries(
      stackKinds.map((kind) => [kind, JSON.parse(texts[kind]) as StackJson]),
    ) as Record<StackKind, StackJson>;
    return { platform, stacks, texts };
  } finally {
    rmSync(parent, { recursive: true });
  }
}

const once = new Map<string, Synthesized>();

/** The stacks of one of the small platform's environments, made once for all tests. */
export function declared(environment: string): Synthesized {
  const made = once.get(environment) ?? synthesized(platformOf(environment));
  once.set(environment, made);
  return made;
}

/** The resources of a type in a stack, by their names in Terraform. */
export function resources(stack: StackJson, type: string): [name: string, attributes: Attributes][] {
  return Object.entries(stack.resource[type] ?? {});
}

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

/** The statements of a policy document, by their names. */
export function statementsOf(document: unknown): Readonly<Record<string, PolicyStatement>> {
  const { Statement } = JSON.parse(String(document)) as { Statement: readonly PolicyStatement[] };
  return Object.fromEntries(Statement.map((statement) => [statement.Sid, statement]));
}
