import { type Construct, IamPolicy } from './constructs.cjs';
import { takesScheduledSnapshots } from '../src/model/access.js';
import type { Environment } from '../src/model/environment.js';
import { keyOf } from '../src/model/keys.js';
import { layers } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import type { KeyArns } from './encryption.js';
import { policy, trustRole, type Statement } from './policy.js';
import { ServiceRole } from './roles.js';

export interface SnapshotsRoleProps {
  readonly environment: Environment;
  readonly keyArns: KeyArns;
}

/**
 * The role that takes the snapshots of Airflow's schedule, and that Airflow's role alone takes on: it reads every layer,
 * which Airflow itself does not. It needs what the boundary of all other roles keeps from them, what outlives the environment
 * above all, so that its boundary is one of its own.
 */
export class SnapshotsRole extends ServiceRole {
  constructor(scope: Construct, id: string, { environment, keyArns }: SnapshotsRoleProps) {
    const statements = snapshotStatements(environment, keyArns);
    const prescribed = environment.access.permissionsBoundary;
    super(scope, id, {
      environment,
      name: names.snapshotsRole(environment),
      description: 'Takes snapshots of the lake for Airflow',
      // By its name, for it is made later.
      assumeRolePolicy: trustRole(environment, names.roleArn(environment, names.airflowRole(environment))),
      boundaryArn: prescribed ?? ownBoundary(scope, `${id}_boundary`, environment, statements).arn,
      statements,
    });
  }
}

function ownBoundary(
  scope: Construct,
  id: string,
  environment: Environment,
  statements: readonly Statement[],
): IamPolicy {
  return new IamPolicy(scope, id, {
    name: names.snapshotsBoundary(environment),
    description: `What the role of ${environment.prefix} that takes snapshots cannot exceed`,
    policy: policy(statements),
  });
}

/** What taking a snapshot needs; nothing where none is scheduled. */
export function snapshotStatements(environment: Environment, keyArns: KeyArns): Statement[] {
  const { region, account } = environment;
  const artifacts = `arn:aws:s3:::${names.bucket(environment, 'artifacts')}`;
  const lake = layers.map((layer) => `arn:aws:s3:::${names.bucket(environment, layer)}`);
  const keys = new Set([...layers, 'artifacts' as const].map((bucket) => keyArns[keyOf(bucket)]));
  return !takesScheduledSnapshots(environment)
    ? []
    : [
        {
          Sid: 'Read',
          Effect: 'Allow',
          Action: ['s3:GetObject'],
          Resource: [...lake.map((arn) => `${arn}/*`), `${artifacts}/releases/*`],
        },
        { Sid: 'List', Effect: 'Allow', Action: ['s3:ListBucket'], Resource: [...lake, artifacts] },
        { Sid: 'Decrypt', Effect: 'Allow', Action: ['kms:Decrypt'], Resource: [...keys] },
        ...outlivingStatements(environment),
        {
          Sid: 'Catalog',
          Effect: 'Allow',
          Action: ['glue:GetTables'],
          Resource: [
            `arn:aws:glue:${region}:${account}:catalog`,
            ...layers.flatMap((layer) => {
              const database = names.database(environment, layer);
              return [
                `arn:aws:glue:${region}:${account}:database/${database}`,
                `arn:aws:glue:${region}:${account}:table/${database}/*`,
              ];
            }),
          ],
        },
        tagsAndSecretNames,
        airflowStatement(environment),
      ];
}

/** Airflow's part. */
export function takingOnSnapshots(environment: Environment): Statement {
  return {
    Sid: 'TakeOnSnapshots',
    Effect: 'Allow',
    Action: ['sts:AssumeRole'],
    Resource: names.snapshotsRoleArn(environment),
  };
}

/**
 * The buckets that outlive the environment: snapshots are written, of states the environment's own are read. Their keys are
 * known here by their aliases alone.
 */
function outlivingStatements({ name, region, account, snapshots, state }: Environment): Statement[] {
  if (!snapshots) return [];
  const keyOfBucket = (bucket: string, inRegion: string, sid: string, actions: string[]): Statement => ({
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: `arn:aws:kms:${inRegion}:${account}:key/*`,
    Condition: {
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': names.bucketKeyAlias(bucket) },
      StringEquals: { 'kms:ViaService': `s3.${inRegion}.amazonaws.com` },
    },
  });
  const buckets = [snapshots.bucket, ...(state.backend === 's3' ? [state.bucket] : [])];
  return [
    {
      Sid: 'Snapshots',
      Effect: 'Allow',
      Action: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      // Those of other environments may be in the same bucket.
      Resource: `arn:aws:s3:::${snapshots.bucket}/${name}/*`,
    },
    {
      Sid: 'ListSnapshots',
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: buckets.map((bucket) => `arn:aws:s3:::${bucket}`),
    },
    keyOfBucket(snapshots.bucket, snapshots.region ?? region, 'KeyOfSnapshots', [
      'kms:Decrypt',
      'kms:GenerateDataKey',
    ]),
    ...(state.backend === 's3'
      ? [
          {
            Sid: 'States',
            Effect: 'Allow' as const,
            Action: ['s3:GetObject'],
            Resource: `arn:aws:s3:::${state.bucket}/${name}/*`,
          },
          keyOfBucket(state.bucket, state.region ?? region, 'KeyOfStates', ['kms:Decrypt']),
        ]
      : []),
  ];
}

/** These know no resources. */
const tagsAndSecretNames: Statement = {
  Sid: 'TagsAndSecretNames',
  Effect: 'Allow',
  Action: [
    'lakeformation:GetResourceLFTags',
    'lakeformation:ListLFTags',
    'lakeformation:ListPermissions',
    'secretsmanager:ListSecrets',
  ],
  Resource: '*',
};

/** Variables and connections are shown to Airflow's own role Op, and to none below it. */
function airflowStatement(environment: Environment): Statement {
  return {
    Sid: 'AirflowSettings',
    Effect: 'Allow',
    Action: ['airflow:InvokeRestApi'],
    Resource: `arn:aws:airflow:${environment.region}:${environment.account}:role/${names.airflow(environment)}/Op`,
  };
}
