/** What a snapshot has beside tables: the catalog, tags and grants, Airflow's settings, names of secrets, states. */
import pLimit from 'p-limit';
import type { Aws } from '../../aws/aws.js';
import type { TableDefinition } from '../../aws/table-definitions.js';
import type { Environment } from '../../model/environment.js';
import { layers, type Layer } from '../../model/layers.js';
import { names, stackKinds, type StackKind } from '../../model/names.js';
import { targetName, type Assignment, type Grant, type TagTarget } from '../../model/tag-declaration.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { stateNames, stateRecords } from '../state/state-records.js';

/** The catalog of each layer. */
export type CatalogDocument = Readonly<Record<Layer, readonly TableDefinition[]>>;

export interface TagsDocument {
  readonly ontology: readonly (readonly [string, readonly string[]])[];
  readonly assignments: readonly Assignment[];
  readonly grants: readonly Grant[];
}

export interface AirflowDocument {
  /** Without a value where its name says that it is a secret. */
  readonly variables: readonly {
    readonly key: string;
    readonly value?: string;
    readonly description?: string;
  }[];
  /** Without what opens them. */
  readonly connections: readonly { readonly id: string; readonly type: string; readonly host?: string }[];
}

/** The states of Terraform, as they lay in their place; none of a stack that was never applied. */
export type StatesDocument = Readonly<Partial<Record<StackKind, string>>>;

export async function catalogDocument(
  environment: Environment,
  { definitions }: Pick<Aws, 'definitions'>,
): Promise<CatalogDocument> {
  const found = await Promise.all(
    layers.map(async (layer) => {
      const tables = (await definitions.of(names.database(environment, layer))) ?? [];
      return [layer, [...tables].sort((a, b) => (a.Name < b.Name ? -1 : 1))] as const;
    }),
  );
  return Object.fromEntries(found) as Record<Layer, TableDefinition[]>;
}

/** The keys of the account, what our databases and tables bear, and what anybody holds on these or by tags. */
export async function tagsDocument(
  environment: Environment,
  catalog: CatalogDocument,
  { tags }: Pick<Aws, 'tags'>,
): Promise<TagsDocument> {
  const limit = pLimit(16);
  const bearers: TagTarget[] = layers.flatMap((layer) => {
    const database = names.database(environment, layer);
    return [{ database }, ...catalog[layer].map(({ Name }) => ({ database, table: Name }))];
  });
  const [ontology, held, borne] = await Promise.all([
    tags.ontology(),
    tags.allGrants(),
    Promise.all(bearers.map((bearer) => limit(() => tags.assignments(bearer)))),
  ]);
  const ours = new Set(bearers.map(targetName));
  return {
    ontology: [...ontology].sort(([a], [b]) => (a < b ? -1 : 1)),
    assignments: borne.flatMap((assigned) => assigned ?? []),
    grants: held.filter(({ on }) => on.kind === 'tags' || ours.has(targetName(on))),
  };
}

/** Names that Airflow takes for those of secrets, and masks. Source: Airflow, "Masking sensitive data". */
const secretName =
  /access_token|api_?key|apikey|authorization|passphrase|passwd|password|private_key|secret|token|keyfile_dict|service_account/i;

/** All that Airflow has of a kind, of which it tells a hundred at a time; undefined where it does not answer. */
export async function airflowEntries<Entry>(
  environment: Environment,
  { airflow }: Pick<Aws, 'airflow'>,
  kind: 'variables' | 'connections',
): Promise<Entry[] | undefined> {
  const found: Entry[] = [];
  for (;;) {
    const query = { limit: 100, offset: found.length };
    const call = { method: 'GET', path: `/${kind}`, query } as const;
    const answer = await airflow.call(names.airflow(environment), call);
    if (answer?.status !== 200) return undefined;
    const page = answer.body as Record<string, unknown> & { total_entries?: number };
    const entries = (page[kind] ?? []) as Entry[];
    found.push(...entries);
    if (entries.length === 0 || found.length >= (page.total_entries ?? 0)) return found;
  }
}

/** Undefined where Airflow does not answer, which keeps no snapshot from being taken. */
export async function airflowDocument(
  environment: Environment,
  { airflow }: Pick<Aws, 'airflow'>,
): Promise<AirflowDocument | undefined> {
  const variables = await airflowEntries<{ key: string; value?: string | null; description?: string | null }>(
    environment,
    { airflow },
    'variables',
  );
  const connections = await airflowEntries<{
    connection_id: string;
    conn_type: string;
    host?: string | null;
  }>(environment, { airflow }, 'connections');
  if (!variables || !connections) return undefined;
  return {
    variables: variables.map(({ key, value, description }) => ({
      key,
      ...(typeof value === 'string' && !secretName.test(key) && { value }),
      ...(typeof description === 'string' && { description }),
    })),
    connections: connections.map(({ connection_id: id, conn_type: type, host }) => ({
      id,
      type,
      ...(typeof host === 'string' && { host }),
    })),
  };
}

/** Names alone: no value leaves Secrets Manager. */
export function secretsDocument(
  environment: Environment,
  { secrets }: Pick<Aws, 'secrets'>,
): Promise<string[]> {
  return secrets.names(names.secret(environment, ''));
}

export async function statesDocument(
  access: Pick<EnvironmentAccess, 'platform' | 'aws' | 'terraformDirectory'>,
): Promise<StatesDocument> {
  const records = stateRecords(access);
  const keys = stateNames(access);
  const found = await Promise.all(
    stackKinds.map(async (kind) => {
      const record = await records.read(keys[kind]);
      return record ? [[kind, record.text] as const] : [];
    }),
  );
  return Object.fromEntries(found.flat());
}
