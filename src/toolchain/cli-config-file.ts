import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from './complete-directory.js';
import { shortHash } from './requirements.js';
import type { TerraformProgram } from './terraform.js';

/**
 * Writes Terraform's CLI configuration: where providers come from. What the user's own says is kept, and where it
 * says where providers come from and no mirror is named, it is used as it is.
 * @param mirror folder with the AWS provider, where there is one
 * @returns the file for TF_CLI_CONFIG_FILE
 */
export async function writeCliConfigFile(
  cache: string,
  flavour: TerraformProgram['flavour'],
  mirror: string | undefined,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const own = usersFile(variables);
  const kept = own === undefined ? '' : readFileSync(own, 'utf8');
  const decides = /^\s*provider_installation\b/m.test(kept);
  if (own !== undefined && decides && !(variables['DATAPLAT_PLUGIN_MIRROR'] && mirror)) return own;
  const content = configuration(cache, flavour, mirror, decides ? '' : kept);
  const file = join(cache, 'terraform-config', `${shortHash(content)}.tfrc`);
  if (!existsSync(file)) await writeWhole(file, content);
  return file;
}

function configuration(
  cache: string,
  flavour: TerraformProgram['flavour'],
  mirror: string | undefined,
  kept: string,
): string {
  const lines = kept.trim() === '' ? [] : [kept.trim(), ''];
  if (!/^\s*disable_checkpoint\b/m.test(kept)) lines.push('disable_checkpoint = true');
  if (mirror === undefined) {
    // Without a mirror, a provider of 700 MB is fetched once for all stacks and clones.
    const plugins = join(cache, 'terraform-plugins');
    mkdirSync(plugins, { recursive: true });
    if (!/^\s*plugin_cache_dir\b/m.test(kept)) lines.push(`plugin_cache_dir = ${JSON.stringify(plugins)}`);
    return `${lines.join('\n')}\n`;
  }
  const providers = '"registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws"';
  const folder = flavour === 'opentofu' ? mirrorForOpenTofu(cache, mirror) : mirror;
  lines.push(
    'provider_installation {',
    '  filesystem_mirror {',
    `    path    = ${JSON.stringify(folder)}`,
    `    include = [${providers}]`,
    '  }',
    '  direct {',
    `    exclude = [${providers}]`,
    '  }',
    '}',
  );
  return `${lines.join('\n')}\n`;
}

/** OpenTofu knows the same provider by the name of its own registry. */
function mirrorForOpenTofu(cache: string, mirror: string): string {
  const folder = join(cache, 'terraform-config', `opentofu-${shortHash(mirror)}`);
  for (const registry of ['registry.opentofu.org', 'registry.terraform.io']) {
    const link = join(folder, registry, 'hashicorp', 'aws');
    mkdirSync(join(link, '..'), { recursive: true });
    if (!existsSync(link)) symlinkSync(join(mirror, 'registry.terraform.io', 'hashicorp', 'aws'), link);
  }
  return folder;
}

function usersFile(variables: NodeJS.ProcessEnv): string | undefined {
  const home = variables['HOME'] || homedir();
  const named = variables['TF_CLI_CONFIG_FILE'];
  const candidates = named ? [named] : [join(home, '.terraformrc'), join(home, '.tofurc')];
  return candidates.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}
