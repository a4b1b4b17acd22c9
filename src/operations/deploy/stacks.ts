import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { names, stackKinds, type StackKind } from '../../model/names.js';
import { Terraform } from '../../terraform/terraform.js';
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

/** The stacks of an environment in the order they are applied: data, platform, observability. */
export function stacksOf(access: EnvironmentAccess, signal?: AbortSignal): Stack[] {
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
        backendConfig:
          environment.state.backend === 'local'
            ? { path: join(access.terraformDirectory, `${kind}.tfstate`) }
            : {},
        variables: access.variables,
        ...(environment.terraform?.parallelism !== undefined && {
          parallelism: environment.terraform.parallelism,
        }),
        ...(signal && { signal }),
      }),
    };
  });
}
