import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { names, stackKinds, type StackKind } from '../../model/names.js';
import { Terraform, type TerraformOptions } from '../../terraform/terraform.js';
import type { EnvironmentAccess } from '../environment-access.js';

/** One stack of an environment, with its own terraform. */
export interface Stack {
  readonly kind: StackKind;
  readonly name: string;
  readonly terraform: Terraform;
  /** Whether it was applied from here before, so that planning it is worth while. */
  readonly applied: boolean;
  markApplied(): Promise<void>;
  markDestroyed(): Promise<void>;
}

/** How terraform is run for an operation. */
export type RunningTerraform = Pick<
  TerraformOptions,
  'signal' | 'started' | 'lockTimeoutSeconds' | 'withoutLock'
>;

/** The stacks of an environment in the order they are applied: data, platform, observability. */
export function stacksOf(access: EnvironmentAccess, running: RunningTerraform = {}): Stack[] {
  const { environment } = access.platform;
  return stackKinds.map((kind) => {
    const name = names.stack(environment, kind);
    const dataDirectory = join(access.terraformDirectory, kind);
    const marker = join(dataDirectory, 'applied');
    return {
      kind,
      name,
      applied: existsSync(marker),
      markApplied: async () => {
        await mkdir(dataDirectory, { recursive: true });
        await writeFile(marker, '');
      },
      markDestroyed: () => rm(marker, { force: true }),
      terraform: new Terraform({
        command: access.terraform.command,
        cliConfigFile: access.terraform.cliConfigFile,
        directory: join(access.projectDirectory, 'cdktf.out', 'stacks', name),
        dataDirectory,
        backendConfig: backendConfig(access, kind),
        variables: access.variables,
        ...(environment.terraform?.parallelism !== undefined && {
          parallelism: environment.terraform.parallelism,
        }),
        ...running,
      }),
    };
  });
}

/** What the synthesized backend leaves open, so that its bytes do not depend on this machine. */
function backendConfig(
  { platform, terraformDirectory }: EnvironmentAccess,
  kind: StackKind,
): Record<string, string> {
  const { state, endpoint } = platform.environment;
  if (state.backend === 'local') return { path: join(terraformDirectory, names.localState(kind)) };
  if (!endpoint) return {};
  // Addressed by AWS_ENDPOINT_URL, as the provider is; there is no name of a bucket's own host there.
  return {
    use_path_style: 'true',
    skip_credentials_validation: 'true',
    skip_metadata_api_check: 'true',
    skip_region_validation: 'true',
  };
}
