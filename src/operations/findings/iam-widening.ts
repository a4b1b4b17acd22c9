import type { ResourceChange } from '../../terraform/plan-file.js';
import type { Finding } from './finding.js';
import { conditionsOf, isWithin, type Conditions } from './conditions.js';
import { list, statementsOf, texts, type PolicyStatement } from './documents.js';

/** Where a resource of a type keeps a document that says who may do what. */
const documents: Readonly<Record<string, string>> = {
  aws_iam_role_policy: 'policy',
  aws_iam_policy: 'policy',
  aws_iam_role: 'assume_role_policy',
  aws_kms_key: 'policy',
  aws_s3_bucket_policy: 'policy',
  aws_secretsmanager_secret_policy: 'policy',
  aws_sns_topic_policy: 'policy',
  aws_sqs_queue: 'policy',
  aws_sqs_queue_policy: 'policy',
};

/** What somebody could do after a change and not before. What is made with its role or its resource is no gain. */
export function widening(resource: ResourceChange, changes: readonly ResourceChange[]): Finding[] {
  const gains = [
    ...gainsOfDocument(resource),
    ...gainsOfBoundary(resource),
    ...gainsOfExistingRole(resource, changes),
  ];
  if (gains.length === 0) return [];
  const more = gains.length > 3 ? `; and ${gains.length - 3} more` : '';
  return [
    { kind: 'iam-widening', address: resource.address, text: `${gains.slice(0, 3).join('; ')}${more}` },
  ];
}

function gainsOfDocument({ type, change }: ResourceChange): string[] {
  const attribute = documents[type];
  if (attribute === undefined || !change.before || !change.after) return [];
  const [before, after] = [statementsOf(change.before[attribute]), statementsOf(change.after[attribute])];
  // Not known before the apply: nothing can be said of it.
  if (after.length === 0) return [];
  return [...gained(before, after), ...noLongerDenied(before, after)];
}

/** A policy that is put on a role that is there already. */
function gainsOfExistingRole({ type, change }: ResourceChange, changes: readonly ResourceChange[]): string[] {
  const { before, after } = change;
  if (before || !after || (type !== 'aws_iam_role_policy' && type !== 'aws_iam_role_policy_attachment'))
    return [];
  const role = after['role'];
  const isNew = changes.some(
    ({ type: other, change: made }) =>
      other === 'aws_iam_role' && made.actions.includes('create') && made.after?.['name'] === role,
  );
  if (typeof role !== 'string' || isNew) return [];
  return type === 'aws_iam_role_policy'
    ? gained([], statementsOf(after['policy']))
    : [`gains all that ${texts(after['policy_arn'])[0] ?? 'a policy'} allows`];
}

function gainsOfBoundary({ type, change }: ResourceChange): string[] {
  const { before, after } = change;
  if (type !== 'aws_iam_role' || !before || !after) return [];
  const [was, is] = [before['permissions_boundary'], after['permissions_boundary']];
  if (typeof was !== 'string' || was === '' || was === is) return [];
  return [
    typeof is === 'string' && is !== '' ? `is held by another boundary, ${is}` : `loses its boundary ${was}`,
  ];
}

/** What is allowed, or denied: each action and target, with the conditions of each statement that says so. */
function grantsOf(
  statements: readonly PolicyStatement[],
  effect: 'Allow' | 'Deny',
): Map<string, readonly Conditions[]> {
  const grants = new Map<string, Conditions[]>();
  for (const statement of statements.filter(({ Effect }) => Effect === effect)) {
    for (const action of actionsOf(statement)) {
      for (const target of targetsOf(statement)) {
        const grant = `${action} on ${target}`;
        grants.set(grant, [...(grants.get(grant) ?? []), conditionsOf(statement.Condition)]);
      }
    }
  }
  return grants;
}

function gained(before: readonly PolicyStatement[], after: readonly PolicyStatement[]): string[] {
  const had = grantsOf(before, 'Allow');
  return [...grantsOf(after, 'Allow')].flatMap(([grant, conditions]) => {
    const known = had.get(grant);
    if (!known) return [`gains ${grant}`];
    const loosened = conditions.some((one) => !known.some((other) => isWithin(one, other)));
    return loosened ? [`gains ${grant} under other conditions`] : [];
  });
}

function noLongerDenied(before: readonly PolicyStatement[], after: readonly PolicyStatement[]): string[] {
  const denied = grantsOf(after, 'Deny');
  return [...grantsOf(before, 'Deny')].flatMap(([what, conditions]) => {
    const still = denied.get(what);
    if (!still) return [`is no longer denied ${what}`];
    const loosened = conditions.some((one) => !still.some((other) => isWithin(one, other)));
    return loosened ? [`is denied ${what} under other conditions`] : [];
  });
}

function actionsOf({ Action, NotAction }: PolicyStatement): string[] {
  return [
    ...texts(Action),
    ...(NotAction === undefined ? [] : [`everything but ${texts(NotAction).join(', ')}`]),
  ];
}

function targetsOf({ Resource, NotResource, Principal, NotPrincipal }: PolicyStatement): string[] {
  const onto = [
    ...texts(Resource),
    ...(NotResource === undefined ? [] : [`everything but ${texts(NotResource).join(', ')}`]),
  ];
  const who = [
    ...list(Principal).map((one) => JSON.stringify(one)),
    ...list(NotPrincipal).map((one) => `everybody but ${JSON.stringify(one)}`),
  ];
  if (who.length === 0) return onto;
  return onto.length === 0 ? who : onto.flatMap((target) => who.map((one) => `${target} for ${one}`));
}
