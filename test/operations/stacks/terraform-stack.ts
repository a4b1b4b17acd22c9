import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '../../../src/operations/stacks/stacks.js';
import { Terraform } from '../../../src/terraform/terraform.js';
import { locateTerraform } from '../../../src/toolchain/locate-toolchain.js';

/**
 * A stack of Terraform's own resources (`terraform_data`), which need no provider.
 * @param parent the folder that gets what the stack is and what Terraform keeps of it
 * @param content of its `cdk.tf.json`
 */
export async function terraformStack(
  parent: string,
  kind: Stack['kind'],
  content: Readonly<Record<string, unknown>>,
): Promise<Stack> {
  const [directory, dataDirectory] = [join(parent, kind), join(parent, `${kind}-data`)];
  for (const folder of [directory, dataDirectory]) mkdirSync(folder);
  writeFileSync(join(directory, 'cdk.tf.json'), JSON.stringify(content));
  // Of a provider that is built in, terraform notes no checksums.
  writeFileSync(join(directory, '.terraform.lock.hcl'), '');
  const options = { directory, dataDirectory, backendConfig: {}, variables: {} };
  return {
    kind,
    name: `dev-${kind}`,
    terraform: new Terraform({ ...(await locateTerraform()), ...options }),
    applied: false,
    markApplied: () => Promise.resolve(),
    markDestroyed: () => Promise.resolve(),
  };
}
