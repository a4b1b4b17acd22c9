import {
  Construct,
  SecretsmanagerSecret,
  SecretsmanagerSecretPolicy,
  SecretsmanagerSecretRotation,
} from './constructs.cjs';
import { roleTags, writersOfSecret } from '../src/model/access.js';
import { maskingKey } from '../src/model/connector.js';
import type { Environment } from '../src/model/environment.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { secretsOf, type Secret } from '../src/model/secrets.js';
import { policy } from './policy.js';

export interface SecretsProps {
  readonly platform: Platform;
  readonly operationsKeyArn: string;
}

/**
 * Places for secrets, never their values: a value that Terraform sets is in its state for whoever reads that. An
 * administrator puts it in: `aws secretsmanager put-secret-value`.
 */
export class Secrets extends Construct {
  /** By the secret's id. */
  readonly places: ReadonlyMap<string, SecretsmanagerSecret>;

  constructor(scope: Construct, id: string, { platform, operationsKeyArn }: SecretsProps) {
    super(scope, id);
    const { environment } = platform;
    this.places = new Map(
      secretsOf(platform).map((secret) => {
        const place = new SecretsmanagerSecret(this, secret.id, {
          name: secret.name,
          description: secret.description,
          kmsKeyId: operationsKeyArn,
          recoveryWindowInDays: environment.secrets.recoveryDays,
          ...(environment.secrets.replica && {
            replica: [
              { region: environment.secrets.replica.region, kmsKeyId: environment.secrets.replica.keyArn },
            ],
          }),
        });
        this.close(secret, place, environment);
        this.rotate(secret, place, environment);
        return [secret.id, place] as const;
      }),
    );
  }

  /** Whatever IAM allows elsewhere, a value is for the jobs that the graph says need it, and for who administers. */
  private close({ id }: Secret, { arn }: SecretsmanagerSecret, environment: Environment): void {
    const writers = writersOfSecret(environment, { id });
    const all = (sid: string, action: string[], but: readonly string[]) => ({
      Sid: sid,
      Effect: 'Deny' as const,
      Principal: '*' as const,
      Action: action,
      Resource: '*',
      // The role, whoever took it on; a service that works for a principal bears that principal's ARN.
      Condition: { ArnNotLike: { 'aws:PrincipalArn': [...but].sort() } },
    });
    const jobs = names.jobRoleArns(environment);
    new SecretsmanagerSecretPolicy(this, `${id}_policy`, {
      secretArn: arn,
      blockPublicPolicy: true,
      policy: policy([
        all('ReadersOnly', ['secretsmanager:GetSecretValue'], [jobs, ...writers]),
        {
          Sid: 'ItsJobsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: ['secretsmanager:GetSecretValue'],
          Resource: '*',
          Condition: {
            ArnLike: { 'aws:PrincipalArn': jobs },
            StringNotEquals: { [`aws:PrincipalTag/${roleTags.secret({ id })}`]: 'read' },
          },
        },
        // Who deploys makes the place, and need not see what is in it.
        all(
          'WritersOnly',
          ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
          writers,
        ),
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: ['secretsmanager:*'],
          Resource: '*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
    });
  }

  private rotate({ id }: Secret, { id: secretId }: SecretsmanagerSecret, environment: Environment): void {
    const rotation = environment.secrets.rotation[id];
    if (!rotation) return;
    new SecretsmanagerSecretRotation(this, `${id}_rotation`, {
      secretId,
      rotationLambdaArn: rotation.lambdaArn,
      // The value that is there when the rotation is set up stays until its first turn.
      rotateImmediately: false,
      rotationRules: { automaticallyAfterDays: rotation.days },
    });
  }
}

export function maskingKeyName(environment: Environment): string {
  return names.secret(environment, maskingKey);
}
