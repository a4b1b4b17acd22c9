import type { S3BucketLifecycleConfigurationRule } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import type { BucketKind, ReplicatedKind } from '../src/model/layers.js';
import { logFolders } from '../src/model/log-folders.js';

type Rule = S3BucketLifecycleConfigurationRule;

const everything = [{ prefix: '' }];

/** What becomes of the objects of a bucket in the course of time. */
export function lifecycleRules(kind: BucketKind, environment: Environment): Rule[] {
  const { lake, logs } = environment;
  switch (kind) {
    case 'landing':
      return [remains(lake.noncurrentVersionDays), markers, expiry('expiry', '', lake.landingRetentionDays)];
    case 'bronze':
    case 'silver':
    case 'gold':
      // Delta deletes its files itself; the rest of a table only gets colder. None of the versions it deleted is kept
      // for its own sake: every file of a table has a name of its own, so "the newest version" would be all of them.
      return [
        remains(lake.noncurrentVersionDays),
        markers,
        {
          id: 'tiering',
          status: 'Enabled',
          filter: everything,
          transition: [{ days: lake.tieringAfterDays, storageClass: 'INTELLIGENT_TIERING' }],
        },
      ];
    case 'artifacts':
      // Few files, and which release was in use when is worth knowing for longer.
      return [remains(lake.noncurrentVersionDays, lake.artifactVersions), markers];
    case 'logs':
      return [
        // Nobody wants a log back that has expired.
        remains(1),
        markers,
        expiry('runs', logFolders.runs, logs.runRetentionDays),
        expiry('data_docs', logFolders.dataDocs, logs.runRetentionDays),
        expiry('query_results', logFolders.queryResults, logs.queryResultRetentionDays),
        expiry('access', logFolders.access, logs.retentionDays),
        expiry('inventory', logFolders.inventory, logs.retentionDays),
      ];
  }
}

/** The copies go when the originals go: S3 copies deletions, but not those that a lifecycle rule makes. */
export function replicaRules(kind: ReplicatedKind | 'logs', { lake, logs }: Environment): Rule[] {
  return [
    remains(kind === 'logs' ? 1 : lake.noncurrentVersionDays),
    markers,
    ...(kind === 'landing' ? [expiry('expiry', '', lake.landingRetentionDays)] : []),
    ...(kind === 'logs' ? [expiry('access', logFolders.access, logs.retentionDays)] : []),
  ];
}

/** What is left behind: overwritten and deleted versions, and uploads that never ended. */
function remains(noncurrentDays: number, newerNoncurrentVersions?: number): Rule {
  return {
    id: 'remains',
    status: 'Enabled',
    filter: everything,
    noncurrentVersionExpiration: [
      { noncurrentDays, ...(newerNoncurrentVersions !== undefined && { newerNoncurrentVersions }) },
    ],
    abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
  };
}

/** Delete markers that hide nothing any more; each slows down the listing of its folder. */
const markers: Rule = {
  id: 'markers',
  status: 'Enabled',
  filter: everything,
  expiration: [{ expiredObjectDeleteMarker: true }],
};

function expiry(id: string, prefix: string, days: number): Rule {
  return { id, status: 'Enabled', filter: [{ prefix }], expiration: [{ days }] };
}
