import type { ResourceChange } from '../terraform/plan-file.js';

/** What a person must know of a plan before agreeing to it. */
export interface Finding {
  readonly kind: FindingKind;
  readonly address: string;
  readonly text: string;
}

export const findingKinds = {
  'data-loss': 'destroys or replaces what holds data',
  'iam-widening': 'lets a principal do more than before',
  'application-restart': 'the EMR application must be stopped first, or is replaced',
  'airflow-restart': 'MWAA restarts its schedulers and workers',
  'secret-deletion': 'the name of a secret stays taken until its deletion window ends',
  'administrator-loss': 'somebody would no longer administer Lake Formation',
  exposure: 'a resource would be public or unencrypted',
} as const;
export type FindingKind = keyof typeof findingKinds;

/** Types whose destruction loses data that no apply brings back. */
const holdsData = new Set([
  'aws_s3_bucket',
  'aws_glue_catalog_table',
  'aws_glue_catalog_database',
  'aws_kms_key',
  'aws_dynamodb_table',
]);

/** Everything in a plan that is worth stopping for. `caller` is the ARN that runs Terraform. */
export function findingsOf(changes: readonly ResourceChange[], caller?: string): Finding[] {
  const managed = changes.filter((change) => change.mode === 'managed');
  return managed.flatMap((change) => [...findingsIn(change), ...administratorLoss(change, managed, caller)]);
}

function findingsIn(resource: ResourceChange): Finding[] {
  const { type, address, change } = resource;
  const { actions, before } = change;
  const destroyed = actions.includes('delete');
  const replaced = destroyed && actions.includes('create');
  const found: Finding[] = [];
  const add = (kind: FindingKind, text: string): void => {
    found.push({ kind, address, text });
  };
  const verb = replaced ? 'replaced' : 'destroyed';
  const because =
    replaced && change.replace_paths?.length
      ? ` because of ${change.replace_paths.map((path) => path.join('.')).join(', ')}`
      : '';

  if (holdsData.has(type) && destroyed) add('data-loss', `${nameOf(before)} is ${verb}${because}`);
  if (type === 'aws_emrserverless_application') {
    if (replaced)
      add(
        'application-restart',
        `${nameOf(before)} is replaced${because}: active runs end and its id changes`,
      );
    else if (actions.includes('update'))
      add('application-restart', `${nameOf(before)} must be stopped: no run may be active`);
  }
  if (type === 'aws_mwaa_environment') {
    if (replaced)
      add('airflow-restart', `${nameOf(before)} is replaced${because}: its history of runs is lost`);
    else if (actions.includes('update'))
      add('airflow-restart', `${nameOf(before)} restarts, for 20 to 30 minutes`);
  }
  if (type === 'aws_secretsmanager_secret' && destroyed) {
    const days = Number(before?.['recovery_window_in_days'] ?? 30);
    if (days > 0)
      add(
        'secret-deletion',
        `${nameOf(before)} can be made again only after ${days} days, or restored until then`,
      );
  }
  found.push(...widening(resource), ...exposure(resource));
  return found;
}

/**
 * Lake Formation's settings are the whole account's. Terraform keeps whom others made an administrator, but where the
 * settings themselves are destroyed, these go with them.
 */
function administratorLoss(
  { type, address, change }: ResourceChange,
  changes: readonly ResourceChange[],
  caller: string | undefined,
): Finding[] {
  if (type !== 'aws_lakeformation_data_lake_settings') return [];
  const { before, after, actions, after_unknown: unknown } = change;
  const finding = (text: string): Finding => ({ kind: 'administrator-loss', address, text });
  const gone = (lost: readonly string[]): Finding[] =>
    lost.length === 0 ? [] : [finding(`${lost.join(', ')} would no longer administer Lake Formation`)];
  const present = texts(before?.['admins']);
  if (actions.includes('delete')) {
    // What the last apply declared goes with the environment, as it should.
    const record = changes.find(({ address: other }) => other === declaredAdministrators)?.change.before;
    const declared = texts(parsed(record?.['value']));
    return gone(present.filter((admin) => admin !== caller && !declared.includes(admin)));
  }
  const known = unknown === undefined || typeof unknown === 'boolean' || !unknown['admins'];
  const admins = texts(after?.['admins']);
  if (!known || admins.length === 0) return [];
  return [
    ...(caller !== undefined && !admins.includes(caller)
      ? [finding(`${caller} is not among the administrators`)]
      : []),
    ...gone(present.filter((admin) => admin !== caller && !admins.includes(admin))),
  ];
}

/** Where a stack notes whom it declared. */
const declaredAdministrators = 'aws_ssm_parameter.lake_declared';

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function widening({ type, address, change }: ResourceChange): Finding[] {
  const attribute = {
    aws_iam_role_policy: 'policy',
    aws_iam_policy: 'policy',
    aws_iam_role: 'assume_role_policy',
  }[type];
  if (attribute === undefined || !change.before || !change.after) return [];
  const [before, after] = [allowed(change.before[attribute]), allowed(change.after[attribute])];
  const gained = [...after].filter((grant) => !before.has(grant));
  return gained.length === 0
    ? []
    : [
        {
          kind: 'iam-widening',
          address,
          text: `gains ${gained.slice(0, 3).join('; ')}${gained.length > 3 ? `; and ${gained.length - 3} more` : ''}`,
        },
      ];
}

/** Each allowed (action, resource or principal) of a policy document. */
function allowed(policy: unknown): Set<string> {
  const grants = new Set<string>();
  if (typeof policy !== 'string') return grants;
  const document = JSON.parse(policy) as { Statement?: unknown };
  for (const statement of list(document.Statement) as Record<string, unknown>[]) {
    if (statement['Effect'] !== 'Allow') continue;
    const onto = texts(statement['Resource']);
    const targets = onto.length > 0 ? onto : [JSON.stringify(statement['Principal'] ?? '*')];
    for (const action of texts(statement['Action']))
      for (const target of targets) grants.add(`${action} on ${target}`);
  }
  return grants;
}

function exposure({ type, address, change }: ResourceChange): Finding[] {
  const { before, after, actions } = change;
  const found: Finding[] = [];
  const add = (text: string): void => {
    found.push({ kind: 'exposure', address, text });
  };
  if (type === 'aws_s3_bucket_public_access_block') {
    const open = [
      'block_public_acls',
      'block_public_policy',
      'ignore_public_acls',
      'restrict_public_buckets',
    ].filter((key) => (after ? after[key] === false : actions.includes('delete') && before !== null));
    if (open.length > 0 && after) add(`public access is not blocked: ${open.join(', ')}`);
  }
  if (
    type === 'aws_s3_bucket_server_side_encryption_configuration' &&
    actions.length === 1 &&
    actions[0] === 'delete'
  ) {
    add(`${nameOf(before)} loses its encryption setting`);
  }
  if (type === 'aws_vpc_security_group_ingress_rule' || type === 'aws_security_group_rule') {
    const ranges = [...texts(after?.['cidr_ipv4']), ...texts(after?.['cidr_blocks'])];
    const inward = type === 'aws_vpc_security_group_ingress_rule' || after?.['type'] === 'ingress';
    if (inward && ranges.includes('0.0.0.0/0')) add('lets in the whole internet');
  }
  if (
    type === 'aws_s3_bucket_policy' &&
    typeof after?.['policy'] === 'string' &&
    allowsEveryone(after['policy'])
  ) {
    add('allows everyone');
  }
  return found;
}

function allowsEveryone(policy: string): boolean {
  const document = JSON.parse(policy) as { Statement?: unknown };
  return (list(document.Statement) as Record<string, unknown>[]).some(
    (statement) =>
      statement['Effect'] === 'Allow' &&
      statement['Condition'] === undefined &&
      (statement['Principal'] === '*' ||
        (statement['Principal'] as { AWS?: unknown } | undefined)?.AWS === '*'),
  );
}

function nameOf(values: Readonly<Record<string, unknown>> | null): string {
  for (const key of ['bucket', 'name', 'alias', 'id']) {
    const value = values?.[key];
    if (typeof value === 'string') return value;
  }
  return 'it';
}

function list(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

function texts(value: unknown): string[] {
  return list(value).filter((one): one is string => typeof one === 'string');
}
