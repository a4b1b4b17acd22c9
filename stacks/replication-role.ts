import type { Construct } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { replicatedKinds, type ReplicatedKind } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import type { Statement } from './policy.js';
import { ServiceRole } from './roles.js';

export interface ReplicationRoleProps {
  readonly environment: Environment;
  readonly region: string;
  readonly sourceKeyArns: Readonly<Record<ReplicatedKind, string>>;
  readonly replicaKeyArn: string;
  /** The boundary is made in the same stack. */
  readonly boundaryArn: string;
}

/** What S3 copies with: it reads versions of the originals and writes copies, and can delete neither. */
export class ReplicationRole extends ServiceRole {
  constructor(scope: Construct, id: string, props: ReplicationRoleProps) {
    const { environment, boundaryArn } = props;
    super(scope, id, {
      environment,
      name: names.replicationRole(environment),
      description: 'S3 copies the lake to the other region',
      services: ['s3.amazonaws.com'],
      sourceArns: replicatedKinds.map((kind) => `arn:aws:s3:::${names.bucket(environment, kind)}`),
      statements: replicationStatements(props),
      boundaryArn,
    });
  }
}

function replicationStatements({
  environment,
  region,
  sourceKeyArns,
  replicaKeyArn,
}: ReplicationRoleProps): Statement[] {
  const originals = replicatedKinds.map((kind) => `arn:aws:s3:::${names.bucket(environment, kind)}`);
  const copies = replicatedKinds.map((kind) => `arn:aws:s3:::${names.replicaBucket(environment, kind)}`);
  return [
    {
      Sid: 'Originals',
      Effect: 'Allow',
      Action: ['s3:GetReplicationConfiguration', 's3:ListBucket'],
      Resource: originals,
    },
    {
      Sid: 'Versions',
      Effect: 'Allow',
      Action: [
        's3:GetObjectVersionAcl',
        's3:GetObjectVersionForReplication',
        's3:GetObjectVersionTagging',
        ...(environment.lake.objectLock ? ['s3:GetObjectLegalHold', 's3:GetObjectRetention'] : []),
      ],
      Resource: originals.map((arn) => `${arn}/*`),
    },
    {
      Sid: 'Copies',
      Effect: 'Allow',
      // ReplicateDelete writes a delete marker; versions stay.
      Action: ['s3:ReplicateDelete', 's3:ReplicateObject', 's3:ReplicateTags'],
      Resource: copies.map((arn) => `${arn}/*`),
    },
    {
      Sid: 'DecryptOriginals',
      Effect: 'Allow',
      Action: ['kms:Decrypt'],
      Resource: replicatedKinds.map((kind) => sourceKeyArns[kind]),
      Condition: {
        StringEquals: { 'kms:ViaService': `s3.${environment.region}.amazonaws.com` },
        // The bucket where its own key encrypts, else the object.
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': originals.flatMap((arn) => [arn, `${arn}/*`]) },
      },
    },
    {
      Sid: 'EncryptCopies',
      Effect: 'Allow',
      Action: ['kms:Encrypt', 'kms:GenerateDataKey'],
      Resource: replicaKeyArn,
      Condition: {
        StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` },
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': copies.flatMap((arn) => [arn, `${arn}/*`]) },
      },
    },
  ];
}
