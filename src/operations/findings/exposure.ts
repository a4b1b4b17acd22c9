import type { ResourceChange } from '../../terraform/plan-file.js';
import type { Finding } from './finding.js';
import { list, statementsOf, texts } from './documents.js';

const everywhere: readonly string[] = ['0.0.0.0/0', '::/0'];

/** What would be open to everyone, or lie there unencrypted. */
export function exposure(resource: ResourceChange, changes: readonly ResourceChange[]): Finding[] {
  return [...ofBucket(resource, changes), ...ofNetwork(resource), ...ofPolicy(resource)].map((text) => ({
    kind: 'exposure',
    address: resource.address,
    text,
  }));
}

function ofBucket({ type, change }: ResourceChange, changes: readonly ResourceChange[]): string[] {
  const { before, after, actions } = change;
  const taken = actions.length === 1 && actions[0] === 'delete' && !goesToo(before?.['bucket'], changes);
  if (type === 'aws_s3_bucket_public_access_block') {
    const keys = [
      'block_public_acls',
      'block_public_policy',
      'ignore_public_acls',
      'restrict_public_buckets',
    ];
    const open = taken ? keys : keys.filter((key) => after?.[key] === false);
    return open.length > 0 ? [`public access is not blocked: ${open.join(', ')}`] : [];
  }
  return type === 'aws_s3_bucket_server_side_encryption_configuration' && taken
    ? [`${texts(before?.['bucket'])[0] ?? 'the bucket'} loses its encryption setting`]
    : [];
}

/** Whether the bucket is destroyed as well: then nothing of it is open any more. */
function goesToo(bucket: unknown, changes: readonly ResourceChange[]): boolean {
  return changes.some(
    ({ type, change }) =>
      type === 'aws_s3_bucket' && change.actions.includes('delete') && change.before?.['bucket'] === bucket,
  );
}

function ofNetwork({ type, change }: ResourceChange): string[] {
  const { after } = change;
  const open = (rule: Readonly<Record<string, unknown>> | null): boolean =>
    ['cidr_ipv4', 'cidr_ipv6', 'cidr_blocks', 'ipv6_cidr_blocks'].some((key) =>
      texts(rule?.[key]).some((range) => everywhere.includes(range)),
    );
  const inward = {
    aws_vpc_security_group_ingress_rule: () => open(after),
    aws_security_group_rule: () => after?.['type'] === 'ingress' && open(after),
    aws_security_group: () =>
      list(after?.['ingress']).some((rule) => open(rule as Readonly<Record<string, unknown>>)),
  }[type];
  return inward?.() === true ? ['lets in the whole internet'] : [];
}

function ofPolicy({ type, change }: ResourceChange): string[] {
  if (type !== 'aws_s3_bucket_policy') return [];
  const open = statementsOf(change.after?.['policy']).some(
    ({ Effect, Condition, Principal }) =>
      Effect === 'Allow' &&
      Condition === undefined &&
      (Principal === '*' || texts((Principal as { AWS?: unknown } | undefined)?.AWS).includes('*')),
  );
  return open ? ['allows everyone'] : [];
}
