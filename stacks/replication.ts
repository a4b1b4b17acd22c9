import {
  Construct,
  KmsAlias,
  KmsKey,
  S3BucketLifecycleConfiguration,
  S3BucketLoggingA,
  S3BucketPolicy,
  S3BucketReplicationConfigurationA,
  type TerraformProvider,
} from './constructs.cjs';
import { administratorsOf } from '../src/model/access.js';
import type { Environment } from '../src/model/environment.js';
import { replicatedKinds, type ReplicatedKind } from '../src/model/layers.js';
import { logFolders } from '../src/model/log-folders.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { replicaKeyStatements, type Encryption } from './encryption.js';
import { replicaRules } from './lifecycle-rules.js';
import { onBehalfOf, policy, tlsOnly, type Statement } from './policy.js';
import { privateBucket, type PrivateBucket } from './private-bucket.js';
import { ReplicationRole } from './replication-role.js';
import type { Storage } from './storage.js';

export interface ReplicationProps {
  readonly platform: Platform;
  readonly encryption: Encryption;
  readonly storage: Storage;
  readonly boundaryArn: string;
  readonly settings: NonNullable<Environment['lake']['replication']>;
  /** Of the other region. */
  readonly provider: TerraformProvider;
}

/**
 * Copies of what cannot be made again, in another region: with a key, versions, and logs of access of their own, so that
 * they are of use when nothing of the first region is.
 */
export class Replication extends Construct {
  readonly key: KmsKey;
  readonly replicas: Readonly<Record<ReplicatedKind, PrivateBucket>>;
  private readonly props: ReplicationProps;

  constructor(scope: Construct, id: string, props: ReplicationProps) {
    super(scope, id);
    this.props = props;
    const { encryption, settings } = props;
    const { environment } = props.platform;
    this.key = this.replicaKey();
    const logs = this.accessLogs();
    this.replicas = Object.fromEntries(
      replicatedKinds.map((kind) => [kind, this.replica(kind, logs)]),
    ) as Record<ReplicatedKind, PrivateBucket>;
    const role = new ReplicationRole(this, 'copying', {
      environment,
      region: settings.region,
      sourceKeyArns: Object.fromEntries(
        replicatedKinds.map((kind) => [kind, encryption.keys[kind].arn]),
      ) as Record<ReplicatedKind, string>,
      replicaKeyArn: this.key.arn,
      boundaryArn: props.boundaryArn,
    });
    for (const kind of replicatedKinds) this.replicate(kind, role);
  }

  private replicaKey(): KmsKey {
    const { platform, provider, settings } = this.props;
    const { environment } = platform;
    const key = new KmsKey(this, 'key', {
      provider,
      description: `${environment.prefix} copies in another region`,
      enableKeyRotation: true,
      deletionWindowInDays: environment.protected ? 30 : 7,
      policy: policy(replicaKeyStatements(platform, settings.region)),
    });
    new KmsAlias(this, 'key_alias', {
      provider,
      name: names.replicaKeyAlias(environment),
      targetKeyId: key.keyId,
    });
    return key;
  }

  private accessLogs(): S3BucketPolicy {
    const { platform, provider } = this.props;
    const { environment } = platform;
    const name = names.replicaBucket(environment, 'logs');
    const made = privateBucket(this, 'logs', {
      name,
      forceDestroy: !environment.protected,
      provider,
    });
    this.expire('logs', made);
    return new S3BucketPolicy(this, 'logs_policy', {
      provider,
      bucket: made.bucket.bucket,
      policy: policy([
        ...closed(name, platform, []),
        {
          Sid: 'AccessLogs',
          Effect: 'Allow',
          Principal: { Service: ['logging.s3.amazonaws.com'] },
          Action: ['s3:PutObject'],
          Resource: `arn:aws:s3:::${name}/${logFolders.access}*`,
          Condition: onBehalfOf(
            environment,
            replicatedKinds.map((kind) => `arn:aws:s3:::${names.replicaBucket(environment, kind)}`),
          ),
        },
      ]),
    });
  }

  private replica(kind: ReplicatedKind, logs: S3BucketPolicy): PrivateBucket {
    const { platform, provider } = this.props;
    const { environment } = platform;
    const { objectLock } = environment.lake;
    const name = names.replicaBucket(environment, kind);
    const made = privateBucket(this, kind, {
      name,
      keyArn: this.key.arn,
      forceDestroy: false,
      lock: objectLock?.replicas,
      // S3 copies from a bucket with locks only to one that knows locks.
      takesLocks: kind === 'landing' && objectLock?.landing !== undefined,
      provider,
    });
    new S3BucketPolicy(this, `${kind}_policy`, {
      provider,
      bucket: made.bucket.bucket,
      policy: policy(closed(name, platform, [names.replicationRoleArn(environment)])),
    });
    this.expire(kind, made);
    new S3BucketLoggingA(this, `${kind}_logging`, {
      provider,
      bucket: made.bucket.bucket,
      targetBucket: logs.bucket,
      targetPrefix: `${logFolders.access}${kind}/`,
    });
    return made;
  }

  private expire(kind: ReplicatedKind | 'logs', { bucket, versioning }: PrivateBucket): void {
    const { platform, provider } = this.props;
    const { environment } = platform;
    if (!environment.lake.lifecycleRules) return;
    new S3BucketLifecycleConfiguration(this, `${kind}_lifecycle`, {
      provider,
      bucket: bucket.bucket,
      rule: replicaRules(kind, environment),
      dependsOn: [versioning],
    });
  }

  private replicate(kind: ReplicatedKind, { role, policies }: ReplicationRole): void {
    const { storage, settings } = this.props;
    const replica = this.replicas[kind];
    const minutes = 15;
    new S3BucketReplicationConfigurationA(this, `${kind}_copies`, {
      bucket: storage.buckets[kind].bucket,
      role: role.arn,
      rule: [
        {
          id: 'everything',
          priority: 0,
          status: 'Enabled',
          filter: { prefix: '' },
          // A copy is the same table as its original only if what the table deleted is gone there too. Against a wrong
          // deletion the copy has its versions: S3 copies the marker, never the deletion of a version.
          deleteMarkerReplication: { status: 'Enabled' },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
          destination: {
            bucket: replica.bucket.arn,
            // Read in a disaster alone: S3 itself finds out that nobody does.
            storageClass: 'INTELLIGENT_TIERING',
            encryptionConfiguration: { replicaKmsKeyId: this.key.arn },
            // How far behind the copies are is always known; that they are not is paid for by the GB.
            metrics: {
              status: 'Enabled',
              ...(settings.timeControl && { eventThreshold: { minutes } }),
            },
            ...(settings.timeControl && { replicationTime: { status: 'Enabled', time: { minutes } } }),
          },
        },
      ],
      dependsOn: [storage.versioning[kind], replica.versioning, ...policies],
    });
  }
}

/** TLS alone; whoever administers, and S3 that copies. Nobody reads a copy until somebody opens it, in a disaster. */
function closed(bucket: string, platform: Platform, writers: readonly string[]): Statement[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const both = [arn, `${arn}/*`];
  return [
    tlsOnly(['s3:*'], both),
    {
      Sid: 'NamedOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:*'],
      Resource: both,
      Condition: {
        ArnNotLike: { 'aws:PrincipalArn': [...new Set([...administratorsOf(platform), ...writers])].sort() },
        // What services of AWS may do, the statement that allows it says.
        Bool: { 'aws:PrincipalIsAWSService': 'false' },
      },
    },
  ];
}
