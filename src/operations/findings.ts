import { holdsData } from '../model/data-bearing.js';
import type { ResourceChange } from '../terraform/plan-file.js';
import { texts } from './findings/documents.js';
import { exposure } from './findings/exposure.js';
import { widening } from './findings/iam-widening.js';
import { type Finding, type FindingKind } from './findings/finding.js';

/** Everything in a plan that is worth stopping for. `caller` is the ARN that runs Terraform. */
export function findingsOf(changes: readonly ResourceChange[], caller?: string): Finding[] {
  const managed = changes.filter((change) => change.mode === 'managed');
  return managed.flatMap((change) => [
    ...findingsIn(change),
    ...widening(change, managed),
    ...exposure(change, managed),
    ...administratorLoss(change, managed, caller),
  ]);
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
    resource.action_reason === 'replace_because_tainted'
      ? ' since it was interrupted while it was made; dataplat deploy keeps it'
      : replaced && change.replace_paths?.length
        ? ` because of ${change.replace_paths.map((path) => path.join('.')).join(', ')}`
        : '';

  if (change.importing) add('adoption', `adopts ${change.importing.id}, which exists and is in no state`);
  if (holdsData(type) && destroyed) add('data-loss', `${nameOf(before)} is ${verb}${because}`);
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

function nameOf(values: Readonly<Record<string, unknown>> | null): string {
  for (const key of ['bucket', 'name', 'alias', 'id']) {
    const value = values?.[key];
    if (typeof value === 'string') return value;
  }
  return 'it';
}
