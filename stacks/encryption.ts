import { Construct, KmsAlias, KmsKey } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { layers, type BucketKind } from '../src/model/layers.js';
import { policy, type Statement } from './policy.js';

/** A key for what is delivered, one a layer, and one for everything that is not the lake's data. */
export const keyNames = ['landing', ...layers, 'operations'] as const;
export type KeyName = (typeof keyNames)[number];

/** The key that encrypts a bucket. */
export function keyOf(bucket: BucketKind): KeyName {
  return bucket === 'artifacts' || bucket === 'logs' ? 'operations' : bucket;
}

export interface EncryptionProps {
  readonly environment: Environment;
}

/** The keys: who may not use a layer's key cannot read the layer, whatever a bucket policy says. */
export class Encryption extends Construct {
  readonly keys: Readonly<Record<KeyName, KmsKey>>;

  constructor(scope: Construct, id: string, { environment }: EncryptionProps) {
    super(scope, id);
    const made = keyNames.map((name) => {
      const key = new KmsKey(this, name, {
        description: `${environment.prefix} ${name}`,
        enableKeyRotation: true,
        deletionWindowInDays: environment.protected ? 30 : 7,
        policy: policy([
          ownerStatement(environment),
          ...(name === 'operations' ? serviceStatements(environment) : []),
        ]),
      });
      new KmsAlias(this, `${name}_alias`, {
        name: `alias/${environment.prefix}-${name}`,
        targetKeyId: key.keyId,
      });
      return [name, key] as const;
    });
    this.keys = Object.fromEntries(made) as Record<KeyName, KmsKey>;
  }
}

/** The account decides by IAM who uses a key. */
function ownerStatement({ account }: Environment): Statement {
  return {
    Sid: 'Account',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: ['kms:*'],
    Resource: '*',
  };
}

/** Services that encrypt or decrypt in their own name: log groups, and alarms on their way to the topic. */
function serviceStatements({ account, region }: Environment): Statement[] {
  return [
    {
      Sid: 'LogGroups',
      Effect: 'Allow',
      Principal: { Service: [`logs.${region}.amazonaws.com`] },
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      Resource: '*',
      Condition: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${region}:${account}:log-group:*` },
      },
    },
    {
      Sid: 'Alarms',
      Effect: 'Allow',
      Principal: { Service: ['cloudwatch.amazonaws.com', 'events.amazonaws.com'] },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': account } },
    },
  ];
}
