import {
  Construct,
  DataAwsCallerIdentity,
  DataAwsIamSessionContext,
  IamRole,
  IamRolePolicy,
  LakeformationDataLakeSettings,
  LakeformationLfTag,
  LakeformationPermissions,
  LakeformationResource,
  LakeformationResourceLfTag,
  type LakeformationResourceLfTagConfig,
} from './constructs.cjs';
import type { Dataset, Tags } from '../src/model/dataset.js';
import type { Environment } from '../src/model/environment.js';
import { layers } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { columnTags, tableTags, tagOntology } from '../src/model/tags.js';
import type { Encryption } from './encryption.js';
import type { GlueCatalog } from './glue-catalog.js';
import { policy } from './policy.js';
import type { Storage } from './storage.js';

export interface LakeAdministrationProps {
  readonly environment: Environment;
}

/** Who administers the lake. Must be settled before the first database is made. */
export class LakeAdministration extends Construct {
  readonly settings: LakeformationDataLakeSettings;

  constructor(scope: Construct, id: string, { environment }: LakeAdministrationProps) {
    super(scope, id);
    const caller = new DataAwsCallerIdentity(this, 'caller');
    const session = new DataAwsIamSessionContext(this, 'session', { arn: caller.arn });
    this.settings = new LakeformationDataLakeSettings(this, 'settings', {
      // Who deploys is always among them, the role behind the session: nobody locks himself out. Without default
      // permissions, new databases and tables belong to Lake Formation alone, not to whom IAM lets in.
      admins: [...environment.access.administrators, session.issuerArn],
    });
  }
}

export interface LakeFormationProps {
  readonly platform: Platform;
  readonly administration: LakeAdministration;
  readonly storage: Storage;
  readonly encryption: Encryption;
  readonly catalog: GlueCatalog;
}

/** The lake's locations, its vocabulary of tags, what bears which tag, and who may read by tags. */
export class LakeFormation extends Construct {
  readonly accessRole: IamRole;
  private readonly props: LakeFormationProps;
  private readonly tags: ReadonlyMap<string, LakeformationLfTag>;

  constructor(scope: Construct, id: string, props: LakeFormationProps) {
    super(scope, id);
    this.props = props;
    this.accessRole = this.role();
    this.locations();
    this.tags = this.vocabulary();
    for (const layer of layers) {
      const database = props.catalog.databases[layer].name;
      this.assign(layer, { layer }, { database: [{ name: database }] });
    }
    for (const dataset of props.platform.datasets) this.assignTable(dataset);
    this.grants();
  }

  /** The role whose credentials Lake Formation lends to those it lets in. */
  private role(): IamRole {
    const { platform, encryption } = this.props;
    const { environment } = platform;
    const buckets = layers.map((layer) => `arn:aws:s3:::${names.bucket(environment, layer)}`);
    const role = new IamRole(this, 'access', {
      name: `${environment.prefix}-lake-access`,
      description: 'Lake Formation reads and writes the lake for those it grants access',
      assumeRolePolicy: policy([
        {
          Sid: 'Trust',
          Effect: 'Allow',
          Principal: { Service: ['lakeformation.amazonaws.com'] },
          Action: ['sts:AssumeRole', 'sts:SetContext'],
        },
      ]),
    });
    new IamRolePolicy(this, 'access_policy', {
      name: 'lake',
      role: role.name,
      policy: policy([
        {
          Sid: 'List',
          Effect: 'Allow',
          Action: ['s3:ListBucket', 's3:GetBucketLocation'],
          Resource: buckets,
        },
        {
          Sid: 'Objects',
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
          Resource: buckets.map((bucket) => `${bucket}/*`),
        },
        {
          Sid: 'Keys',
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
          Resource: layers.map((layer) => encryption.keys[layer].arn),
        },
      ]),
    });
    return role;
  }

  private locations(): void {
    for (const layer of layers) {
      new LakeformationResource(this, `${layer}_location`, {
        arn: this.props.storage.buckets[layer].arn,
        roleArn: this.accessRole.arn,
        dependsOn: [this.props.administration.settings],
      });
    }
  }

  private vocabulary(): ReadonlyMap<string, LakeformationLfTag> {
    const { platform, administration } = this.props;
    const personas = Object.values(platform.environment.access.personas);
    return new Map(
      [...tagOntology(platform, personas)].map(([key, values]) => [
        key,
        new LakeformationLfTag(this, `tag_${key}`, {
          key,
          values: [...values],
          dependsOn: [administration.settings],
        }),
      ]),
    );
  }

  private assignTable(dataset: Dataset): void {
    const table = this.props.catalog.tables.get(dataset.id);
    if (!table) throw new Error(`no catalog table of ${dataset.id}`);
    const { databaseName, name } = table;
    // Its layer comes from the database.
    const own = Object.fromEntries(Object.entries(tableTags(dataset)).filter(([key]) => key !== 'layer'));
    this.assign(dataset.id, own, { table: [{ databaseName, name }] });
    for (const { tags, columnNames } of columnGroups(dataset)) {
      this.assign(`${dataset.id}_columns`, tags, { tableWithColumns: [{ databaseName, name, columnNames }] });
    }
  }

  /** One resource a tag: tags that others put on the same thing stay as they are. */
  private assign(
    id: string,
    tags: Tags,
    to: Pick<LakeformationResourceLfTagConfig, 'database' | 'table' | 'tableWithColumns'>,
  ): void {
    for (const [key, value] of Object.entries(tags).sort()) {
      const tag = this.tags.get(key);
      if (!tag) throw new Error(`the tag ${key} of ${id} is not in the vocabulary`);
      new LakeformationResourceLfTag(this, `${id}_${key}_${value}`, {
        ...to,
        lfTag: [{ key: tag.key, value }],
      });
    }
  }

  private grants(): void {
    for (const [persona, { principals, reads }] of Object.entries(
      this.props.platform.environment.access.personas,
    )) {
      principals.forEach((principal, index) => {
        const id = `${persona}_${index}`;
        const expression = Object.entries(reads).map(([key, values]) => ({
          key,
          values: [...values].sort(),
        }));
        const common = { principal, dependsOn: [...this.tags.values()] };
        new LakeformationPermissions(this, `${id}_tables`, {
          ...common,
          permissions: ['SELECT', 'DESCRIBE'],
          lfTagPolicy: { resourceType: 'TABLE', expression },
        });
        // A database bears its layer only.
        new LakeformationPermissions(this, `${id}_databases`, {
          ...common,
          permissions: ['DESCRIBE'],
          lfTagPolicy: {
            resourceType: 'DATABASE',
            expression: expression.filter(({ key }) => key === 'layer'),
          },
        });
      });
    }
  }
}

/** Columns that bear the same tags of their own, in the order of the contract. */
function columnGroups(dataset: Dataset): { tags: Tags; columnNames: string[] }[] {
  const groups = new Map<string, { tags: Tags; columnNames: string[] }>();
  for (const column of dataset.columns) {
    for (const [key, value] of Object.entries(columnTags(dataset, column))) {
      const group = groups.get(`${key}=${value}`) ?? { tags: { [key]: value }, columnNames: [] };
      group.columnNames.push(column.name);
      groups.set(`${key}=${value}`, group);
    }
  }
  return [...groups.values()];
}
