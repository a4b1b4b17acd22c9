import {
  AwsProvider,
  type Construct,
  DataAwsSsmParameter,
  LocalBackend,
  type Node,
  S3Backend,
  SsmParameter,
  TerraformElement,
  TerraformOutput,
  TerraformResource,
  TerraformStack,
} from './constructs.cjs';
import { holdsData } from '../src/model/data-bearing.js';
import type { Environment } from '../src/model/environment.js';
import { names, type StackKind } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';

export interface LifecycleStackProps {
  readonly platform: Platform;
  readonly kind: StackKind;
}

/**
 * The app's context key that leaves out `prevent_destroy`, for a change that somebody has agreed to by the environment's
 * name.
 */
export const mayDestroyData = 'dataplat:may-destroy-data';

/**
 * One stack of an environment: where its state is kept, which account it may touch, how it talks to the others.
 * Stacks know of each other only what is published in SSM parameters; none reads another's state.
 */
export abstract class LifecycleStack extends TerraformStack {
  readonly environment: Environment;
  private readonly kind: StackKind;

  protected constructor(scope: Construct, { platform, kind }: LifecycleStackProps) {
    super(scope, names.stack(platform.environment, kind));
    this.environment = platform.environment;
    this.kind = kind;
    this.addBackend();
    this.provider('aws', this.environment.region);
  }

  /**
   * What holds data is guarded where the environment is. For the rest nothing to prepare: CDKTF resolves every element
   * once more here, to find what one stack refers to in another. Ours publish parameters instead.
   */
  override prepareStack(): void {
    if (!this.environment.protected || this.node.tryGetContext(mayDestroyData) === true) return;
    for (const construct of this.node.findAll()) {
      if (TerraformResource.isTerraformResource(construct) && holdsData(construct.terraformResourceType)) {
        construct.addOverride('lifecycle.prevent_destroy', true);
      }
    }
  }

  /** Tells the other stacks and the command line a value. */
  protected publish(name: string, value: string): void {
    new SsmParameter(this, `published_${name.replaceAll('/', '_')}`, {
      name: names.parameter(this.environment, this.kind, name),
      type: 'String',
      value,
    });
  }

  /** A value that another stack published; that stack must have been applied. */
  protected published(kind: StackKind, name: string): string {
    return new DataAwsSsmParameter(this, `${kind}_${name.replaceAll('/', '_')}`, {
      name: names.parameter(this.environment, kind, name),
    }).insecureValue;
  }

  /** What `dataplat outputs` shows; the names are part of the interface. */
  protected output(name: string, value: unknown): void {
    new TerraformOutput(this, name, { value });
  }

  /** Addresses that a person can read and that do not change with CDKTF's hashes: aws_s3_bucket.storage_bronze */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const node = TerraformElement.isTerraformElement(element) ? element.node : element;
    const ids = node.scopes.slice(node.scopes.indexOf(this) + 1).map((scope) => scope.node.id);
    return ids.join('_').replace(/[^A-Za-z0-9_]/g, '_');
  }

  private addBackend(): void {
    const { account, region, state } = this.environment;
    if (state.backend === 'local') {
      // The path belongs to the endpoint's instance and is given at init: -backend-config=path=…
      new LocalBackend(this, {}).addOverride('path', undefined);
      return;
    }
    const stateRegion = state.region ?? region;
    new S3Backend(this, {
      bucket: state.bucket,
      key: names.stateKey(this.environment, this.kind),
      region: stateRegion,
      encrypt: true,
      // Without a key, `encrypt` asks for S3's own encryption, whatever the bucket's default is.
      kmsKeyId: `arn:aws:kms:${stateRegion}:${account}:${names.bucketKeyAlias(state.bucket)}`,
      allowedAccountIds: [account],
    });
    // S3's own conditional writes hold the lock; the construct does not know the key yet.
    this.addOverride('terraform.backend.s3.use_lockfile', true);
  }

  /** The same account in another region, for resources that name it as their provider. */
  protected inRegion(alias: string, region: string): AwsProvider {
    return this.provider(`aws_${alias}`, region, alias);
  }

  private provider(id: string, region: string, alias?: string): AwsProvider {
    const { account, endpoint, name, tags } = this.environment;
    return new AwsProvider(this, id, {
      ...(alias !== undefined && { alias }),
      region,
      defaultTags: [{ tags: { ...tags, environment: name, stack: this.kind, 'managed-by': 'dataplat' } }],
      ...(endpoint
        ? {
            // Addressed by AWS_ENDPOINT_URL and HTTP_PROXY, so that these bytes do not depend on a port.
            skipCredentialsValidation: true,
            skipMetadataApiCheck: 'true',
            skipRegionValidation: true,
            s3UsePathStyle: true,
            maxRetries: 2,
          }
        : { allowedAccountIds: [account] }),
    });
  }
}
