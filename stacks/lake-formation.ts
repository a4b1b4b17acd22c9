import {
  Construct,
  DataAwsCallerIdentity,
  DataAwsIamSessionContext,
  DataAwsLakeformationDataLakeSettings,
  DataAwsSsmParametersByPath,
  Fn,
  type IamRole,
  LakeformationDataLakeSettings,
  LakeformationLfTag,
  LakeformationPermissions,
  LakeformationResource,
  LakeformationResourceLfTag,
  type LakeformationResourceLfTagConfig,
  SsmParameter,
} from './constructs.cjs';
import type { Dataset, Tags } from '../src/model/dataset.js';
import type { Environment } from '../src/model/environment.js';
import { layers, type Layer } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { byKey, columnTags, quarantineTags, tableTags, tagOntology } from '../src/model/tags.js';
import type { Boundary } from './boundary.js';
import type { Encryption } from './encryption.js';
import type { GlueCatalog } from './glue-catalog.js';
import { idByPrincipal } from './id-by-name.js';
import type { Statement } from './policy.js';
import { ServiceRole } from './roles.js';
import type { Storage } from './storage.js';

export interface LakeAdministrationProps {
  readonly environment: Environment;
  /** Sees every table, tag and grant, and changes none: the role of snapshots, where there is one. */
  readonly reader?: IamRole;
}

/**
 * Who administers the lake, and what Lake Formation may do at all. Must be settled before the first database is made,
 * and is the account's: others may have their say in it too. So the administrators are joined from three sides: those
 * who are there, less those whom the last apply declared, and those who are declared now. Whom somebody else made an
 * administrator stays one; whom the declaration drops is dropped.
 */
export class LakeAdministration extends Construct {
  readonly settings: LakeformationDataLakeSettings;

  constructor(scope: Construct, id: string, { environment, reader }: LakeAdministrationProps) {
    super(scope, id);
    const caller = new DataAwsCallerIdentity(this, 'caller');
    const session = new DataAwsIamSessionContext(this, 'session', { arn: caller.arn });
    // Who deploys is always among them, the role behind the session: nobody locks himself out.
    const declared = [...environment.access.administrators, session.issuerArn];
    const present = new DataAwsLakeformationDataLakeSettings(this, 'present');
    const record = names.parameter(environment, 'data', 'lake-administrators/declared');
    // By its folder, for that may be empty: before the first apply there is no record.
    const last = new DataAwsSsmParametersByPath(this, 'last', {
      path: record.slice(0, record.lastIndexOf('/')),
    });
    const before = Fn.try([
      Fn.jsondecode(Fn.nonsensitive(Fn.element(last.values, 0)) as string),
      [],
    ]) as string[];
    this.settings = new LakeformationDataLakeSettings(this, 'settings', {
      admins: Fn.setunion(declared, [Fn.setsubtract(present.admins, before)]),
      // Ours by its name: whom others made one stays one.
      readOnlyAdmins: reader
        ? Fn.setunion(present.readOnlyAdmins, [[reader.arn]])
        : Fn.setsubtract(present.readOnlyAdmins, [names.snapshotsRoleArn(environment)]),
      // New databases and tables belong to Lake Formation alone, not to whom IAM lets in.
      createDatabaseDefaultPermissions: [],
      createTableDefaultPermissions: [],
      // No engine of somebody else's filters rows and columns in Lake Formation's stead, nor gets whole tables.
      allowExternalDataFiltering: false,
      allowFullTableExternalDataAccess: false,
      externalDataFilteringAllowList: [],
      authorizedSessionTagValueList: [],
      trustedResourceOwners: [],
      parameters: { CROSS_ACCOUNT_VERSION: '4' },
    });
    new SsmParameter(this, 'declared', {
      name: record,
      description: 'Whom the last apply declared as administrators of Lake Formation',
      type: 'String',
      value: Fn.jsonencode(Fn.sort(Fn.distinct(declared))),
      // Written when they are what the settings say, and not before.
      dependsOn: [this.settings],
    });
  }
}

export interface LakeFormationProps {
  readonly platform: Platform;
  readonly administration: LakeAdministration;
  readonly storage: Storage;
  readonly encryption: Encryption;
  readonly boundary: Boundary;
  readonly catalog: GlueCatalog;
}

/** The lake's locations, its vocabulary of tags, what bears which tag, and who may read by tags. */
export class LakeFormation extends Construct {
  /** The roles whose credentials Lake Formation lends to those it lets in: one a layer, for that layer alone. */
  readonly accessRoles: Readonly<Record<Layer, IamRole>>;
  private readonly props: LakeFormationProps;
  private readonly tags: ReadonlyMap<string, LakeformationLfTag>;

  constructor(scope: Construct, id: string, props: LakeFormationProps) {
    super(scope, id);
    this.props = props;
    this.accessRoles = Object.fromEntries(layers.map((layer) => [layer, this.role(layer)])) as Record<
      Layer,
      IamRole
    >;
    for (const layer of layers) this.register(layer);
    this.tags = this.vocabulary();
    for (const layer of layers) {
      const database = props.catalog.databases[layer].name;
      this.assign(layer, { layer }, { database: [{ name: database }] });
    }
    for (const dataset of props.platform.datasets) this.assignTable(dataset);
    this.grants();
  }

  private role(layer: Layer): IamRole {
    const { platform, encryption, boundary } = this.props;
    const { environment } = platform;
    const bucket = `arn:aws:s3:::${names.bucket(environment, layer)}`;
    const { role } = new ServiceRole(this, `${layer}_access`, {
      environment,
      name: names.lakeRole(environment, layer),
      description: `Lake Formation reads and writes the ${layer} layer for those it grants access`,
      services: ['lakeformation.amazonaws.com'],
      sourceArns: [`arn:aws:lakeformation:${environment.region}:${environment.account}:*`],
      boundaryArn: boundary.arn,
      statements: lakeStatements(bucket, encryption.keys[layer].arn),
    });
    return role;
  }

  private register(layer: Layer): void {
    new LakeformationResource(this, `${layer}_location`, {
      arn: this.props.storage.buckets[layer].arn,
      roleArn: this.accessRoles[layer].arn,
      // Lake Formation decides for everybody, not only for those who were opted in.
      hybridAccessEnabled: false,
      withFederation: false,
      dependsOn: [this.props.administration.settings],
    });
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
    const { tables, quarantines } = this.props.catalog;
    const [table, quarantine] = [tables.get(dataset.id), quarantines.get(dataset.id)];
    if (!table || !quarantine) throw new Error(`no catalog tables of ${dataset.id}`);
    const { databaseName, name } = table;
    this.assign(dataset.id, withoutLayer(tableTags(dataset)), { table: [{ databaseName, name }] });
    for (const { tags, columnNames } of columnGroups(dataset)) {
      this.assign(`${dataset.id}_columns`, tags, { tableWithColumns: [{ databaseName, name, columnNames }] });
    }
    this.assign(`${dataset.id}_quarantine`, withoutLayer(quarantineTags(dataset)), {
      table: [{ databaseName: quarantine.databaseName, name: quarantine.name }],
    });
  }

  /** One resource a tag: tags that others put on the same thing stay as they are. */
  private assign(
    id: string,
    tags: Tags,
    to: Pick<LakeformationResourceLfTagConfig, 'database' | 'table' | 'tableWithColumns'>,
  ): void {
    for (const [key, value] of Object.entries(tags).sort(byKey)) {
      const tag = this.tags.get(key);
      if (!tag) throw new Error(`the tag ${key} of ${id} is not in the vocabulary`);
      new LakeformationResourceLfTag(this, `${id}_${key}_${value}`, {
        ...to,
        lfTag: [{ key: tag.key, value }],
      });
    }
  }

  private grants(): void {
    const { environment } = this.props.platform;
    for (const [persona, { principals, reads }] of Object.entries(environment.access.personas)) {
      for (const principal of principals) {
        const id = `${persona}_${idByPrincipal(principal, environment.account)}`;
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
      }
    }
  }
}

/** What Lake Formation does in a layer in others' stead. */
export function lakeStatements(bucketArn: string, keyArn: string): Statement[] {
  return [
    {
      Sid: 'List',
      Effect: 'Allow',
      Action: ['s3:ListBucket', 's3:GetBucketLocation'],
      Resource: bucketArn,
    },
    {
      Sid: 'Objects',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      Resource: `${bucketArn}/*`,
    },
    {
      Sid: 'Key',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
      Resource: keyArn,
    },
  ];
}

/** A table's layer comes from its database. */
function withoutLayer(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => key !== 'layer'));
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
