import { createValidatedPolicy, validateResourcePolicy } from '@cloud-copilot/iam-policy';
import { runUnsafeSimulation, type EvaluationResult } from '@cloud-copilot/iam-simulate';
import { keyNames, keyOf, type KeyName } from '../../src/model/keys.js';
import { bucketKinds, type BucketKind } from '../../src/model/layers.js';
import { names } from '../../src/model/names.js';
import type { Platform } from '../../src/model/platform.js';
import { resources, type Attributes, type StackJson, type Synthesized } from './synthesized.js';

export interface Document {
  readonly Statement: readonly unknown[];
}

/** Who asks for something, with the policies that bear upon him. */
export interface Caller {
  readonly arn: string;
  /** Of the role. */
  readonly tags: Readonly<Record<string, string>>;
  readonly policies: readonly Document[];
  readonly boundary?: Document;
}

const everything: Document = {
  Statement: [{ Sid: 'All', Effect: 'Allow', Action: '*', Resource: '*' }],
};

type Context = Readonly<Record<string, string | readonly string[]>>;

/**
 * Decides requests as AWS would, by another implementation of its rules, from what is synthesized: the caller's policies
 * and boundary, and the policy of the bucket, key or secret.
 */
export class SimulatedAccess {
  private readonly platform: Platform;
  private readonly all: readonly StackJson[];
  private readonly region: string;
  private readonly account: string;
  private readonly documents = new Map<string, Document>();
  private readonly checked = new Map<Document, ReturnType<typeof createValidatedPolicy>>();

  constructor({ platform, stacks }: Synthesized) {
    this.platform = platform;
    this.all = Object.values(stacks);
    this.region = platform.environment.region;
    this.account = platform.environment.account;
  }

  /** A role of the environment, by its name. */
  role(name: string): Caller {
    const found = this.found('aws_iam_role', (one) => one['name'] === name);
    if (!found) throw new Error(`no role ${name}`);
    const [id, { tags, permissions_boundary: bounded }] = found;
    const ofRole = (attributes: Attributes): boolean => attributes['role'] === `\${aws_iam_role.${id}.name}`;
    const inline = this.every('aws_iam_role_policy', ofRole).map(([, { policy }]) => policy);
    const attached = this.every('aws_iam_role_policy_attachment', ofRole).map(([, { policy_arn: arn }]) => {
      const [, managed = ''] = /^\$\{aws_iam_policy\.(\w+)\.arn\}$/.exec(String(arn)) ?? [];
      return this.found('aws_iam_policy', (_, name) => name === managed)?.[1]['policy'];
    });
    const boundary = this.found('aws_iam_policy', (_, name) =>
      // In another stack than the role it is known by its name.
      String(bounded).startsWith('arn:')
        ? name === 'boundary_policy'
        : bounded === `\${aws_iam_policy.${name}.arn}`,
    );
    if (!boundary) throw new Error('no boundary');
    return {
      arn: names.roleArn(this.platform.environment, name),
      tags: { ...this.platform.environment.tags, ...(tags as Record<string, string> | undefined) },
      policies: [...inline, ...attached].map((text) => this.read(text)),
      boundary: this.read(boundary[1]['policy']),
    };
  }

  /** Somebody whom IAM lets do everything. */
  almighty(arn: string, tags: Caller['tags'] = {}): Caller {
    return { arn, tags, policies: [everything] };
  }

  object(
    caller: Caller,
    action: string,
    bucket: BucketKind,
    key: string,
    context: Context = {},
  ): EvaluationResult {
    return this.decide(
      caller,
      action,
      `arn:aws:s3:::${this.bucketName(bucket)}/${key}`,
      context,
      this.bucketPolicy(bucket),
    );
  }

  bucket(caller: Caller, action: string, bucket: BucketKind, context: Context = {}): EvaluationResult {
    return this.decide(
      caller,
      action,
      `arn:aws:s3:::${this.bucketName(bucket)}`,
      context,
      this.bucketPolicy(bucket),
    );
  }

  /** A key, used through S3 for an object of a bucket. */
  keyOf(caller: Caller, action: string, bucket: BucketKind, objectKey: string): EvaluationResult {
    const via = { 'kms:ViaService': `s3.${this.region}.amazonaws.com` };
    const context = {
      'kms:EncryptionContext:aws:s3:arn': `arn:aws:s3:::${this.bucketName(bucket)}/${objectKey}`,
    };
    return this.key(caller, action, keyOf(bucket), { ...via, ...context });
  }

  key(caller: Caller, action: string, key: KeyName, context: Context = {}): EvaluationResult {
    const found = this.found('aws_kms_key', (_, name) => name === `key_${key}`);
    return this.decide(caller, action, this.keyArn(key), context, this.read(found?.[1]['policy']));
  }

  secret(caller: Caller, action: string, name: string): EvaluationResult {
    const { region, account } = this;
    const found = this.found('aws_secretsmanager_secret', (secret) => secret['name'] === name);
    const policy = this.found(
      'aws_secretsmanager_secret_policy',
      (one) => one['secret_arn'] === `\${aws_secretsmanager_secret.${found?.[0] ?? ''}.arn}`,
    );
    return this.decide(
      caller,
      action,
      `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`,
      {},
      policy && this.read(policy[1]['policy']),
    );
  }

  /** A thing that has no policy of its own. */
  plain(caller: Caller, action: string, resource: string, context: Context = {}): EvaluationResult {
    return this.decide(caller, action, resource, context);
  }

  keyArn(key: KeyName): string {
    return `arn:aws:kms:${this.region}:${this.account}:key/00000000-0000-4000-8000-00000000000${keyNames.indexOf(key)}`;
  }

  /** A policy document with what Terraform puts in. @throws Error for what is unknown here */
  read(text: unknown): Document {
    const known = this.documents.get(String(text));
    if (known) return known;
    const whole = String(text).replaceAll(/\$\{([^}]+)\}/g, (_, token: string) => this.valueOf(token));
    const document = JSON.parse(whole) as Document;
    this.documents.set(String(text), document);
    return document;
  }

  private valueOf(token: string): string {
    const published = /^data\.aws_ssm_parameter\.data_kms_([a-z]+)_key_arn\.insecure_value$/.exec(token);
    const own = /^aws_kms_key\.key_([a-z]+)\.arn$/.exec(token);
    const key = (published ?? own)?.[1];
    if (key !== undefined) return this.keyArn(key as KeyName);
    if (token.startsWith('aws_emrserverless_application.')) {
      return `arn:aws:emr-serverless:${this.region}:${this.account}:/applications/00app`;
    }
    const [, service = '', name = ''] = /^aws_(s3|sns|sqs|kms)_\w+?\.(\w+)\.\w+$/.exec(token) ?? [];
    if (service === 's3') return `arn:aws:s3:::${name}`;
    if (service === 'kms') return `arn:aws:kms:${this.region}:${this.account}:key/${name}`;
    if (service !== '') return `arn:aws:${service}:${this.region}:${this.account}:${name}`;
    throw new Error(`what stands for ${token}?`);
  }

  /** With a name, which the library wants of it and a bare document has not. */
  private named(document: Document): ReturnType<typeof createValidatedPolicy> {
    const known = this.checked.get(document);
    if (known) return known;
    const made = createValidatedPolicy(document, validateResourcePolicy, { name: 'resource' });
    if (made.errors.length > 0) throw new Error(JSON.stringify(made.errors));
    this.checked.set(document, made);
    return made;
  }

  private decide(
    caller: Caller,
    action: string,
    resource: string,
    context: Context,
    resourcePolicy?: Document,
  ): EvaluationResult {
    const contextVariables: Record<string, string | string[]> = {
      'aws:PrincipalArn': caller.arn,
      'aws:PrincipalAccount': this.account,
      'aws:PrincipalIsAWSService': 'false',
      'aws:SecureTransport': 'true',
      ...Object.fromEntries(
        Object.entries(caller.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]),
      ),
      ...(action.startsWith('s3:') && { 's3:TlsVersion': '1.3' }),
    };
    for (const [name, value] of Object.entries(context)) {
      contextVariables[name] = typeof value === 'string' ? value : [...value];
    }
    // Without the library's own checks of each policy at each request: parliament reads every policy once.
    return runUnsafeSimulation(
      {
        request: {
          principal: caller.arn,
          action,
          resource: { resource, accountId: this.account },
          contextVariables,
        },
        identityPolicies: caller.policies.map((policy, index) => ({ name: `policy ${index}`, policy })),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(resourcePolicy && { resourcePolicy: this.named(resourcePolicy) }),
        ...(caller.boundary && {
          permissionBoundaryPolicies: [{ name: 'boundary', policy: caller.boundary }],
        }),
      },
      {},
    );
  }

  private bucketName(kind: BucketKind): string {
    return names.bucket(this.platform.environment, kind);
  }

  private bucketPolicy(kind: BucketKind): Document {
    const found = this.found('aws_s3_bucket_policy', (_, name) => name === `bucket_policy_${kind}`);
    if (!found) throw new Error(`no policy of ${kind}; there are ${bucketKinds.join(', ')}`);
    return this.read(found[1]['policy']);
  }

  private every(type: string, fits: (attributes: Attributes, id: string) => boolean): [string, Attributes][] {
    return this.all
      .flatMap((stack) => resources(stack, type))
      .filter(([id, attributes]) => fits(attributes, id));
  }

  private found(
    type: string,
    fits: (attributes: Attributes, id: string) => boolean,
  ): [string, Attributes] | undefined {
    return this.every(type, fits)[0];
  }
}
