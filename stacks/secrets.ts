import { Construct, SecretsmanagerSecret } from './constructs.cjs';
import type { Dataset } from '../src/model/dataset.js';
import type { Environment } from '../src/model/environment.js';
import type { Job } from '../src/model/lineage.js';
import type { Platform } from '../src/model/platform.js';

export interface SecretsProps {
  readonly platform: Platform;
  readonly operationsKeyArn: string;
}

/**
 * Places for secrets, never their values: a value that Terraform sets is in its state for whoever reads that. An
 * operator puts it in: `aws secretsmanager put-secret-value`.
 */
export class Secrets extends Construct {
  /** The key of masks that must be the same on every day and cannot be guessed; only where a contract asks for one. */
  readonly maskingKey: SecretsmanagerSecret | undefined;

  constructor(scope: Construct, id: string, { platform, operationsKeyArn }: SecretsProps) {
    super(scope, id);
    const { environment, datasets } = platform;
    if (!datasets.some(hasKeyedMask)) return;
    this.maskingKey = new SecretsmanagerSecret(this, 'masking_key', {
      name: maskingKeyName(environment),
      description: 'Key of the hashes and date shifts that mask personal data',
      kmsKeyId: operationsKeyArn,
      // Where everything can be made again, the name must be free again at once.
      recoveryWindowInDays: environment.protected ? 30 : 0,
    });
  }
}

export function maskingKeyName(environment: Environment): string {
  return `${environment.prefix}/masking-key`;
}

/** A job masks when it carries data out of a dataset whose contract masks a column into another dataset. */
export function needsMaskingKey({ datasets }: Platform, job: Job): boolean {
  return (
    job.outputs.some((output) => !job.inputs.includes(output)) &&
    datasets.some((dataset) => job.inputs.includes(dataset.id) && hasKeyedMask(dataset))
  );
}

function hasKeyedMask(dataset: Dataset): boolean {
  return dataset.columns.some(({ masking }) => masking?.rule === 'hash' || masking?.rule === 'date-shift');
}
