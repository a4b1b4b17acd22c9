import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DataplatError } from '../model/errors.js';
import type { Finding } from './finding.js';

/** The AWS provider that the stacks are written for; `@cdktf/provider-aws` is made from its schema. */
export const awsProviderVersion = '5.100.0';
const address = join('registry.terraform.io', 'hashicorp', 'aws');

export interface MirrorQuestion {
  /** `terraform.pluginMirror` of the environment's file. */
  readonly declared?: string | undefined;
  readonly variables?: NodeJS.ProcessEnv;
  /** Folders whose direct children may be mirrors. */
  readonly parents?: readonly string[];
}

/**
 * Finds a folder that holds the AWS provider, as `terraform providers mirror` lays it out: the one that
 * DATAPLAT_PLUGIN_MIRROR or the environment's file names, one of those that Terraform itself would look into, or a
 * folder directly under /opt. Without any, Terraform asks its registry.
 * @throws DataplatError DP3001 where a folder is named and does not hold the provider
 */
export function findPluginMirror(question: MirrorQuestion = {}): Finding<string> {
  const variables = question.variables ?? process.env;
  const named: [string, string | undefined][] = [
    ['DATAPLAT_PLUGIN_MIRROR', variables['DATAPLAT_PLUGIN_MIRROR'] || undefined],
    ['terraform.pluginMirror', question.declared],
  ];
  for (const [name, value] of named) {
    if (value === undefined) continue;
    const folder = resolve(value.replace(/^~(?=\/)/, homeOf(variables)));
    if (holdsProvider(folder)) return found(folder);
    throw new DataplatError(
      'DP3001',
      `${name} names ${folder}, which does not hold the AWS provider ${awsProviderVersion} for ${platformName()}`,
      { left: 'nothing was started or changed', next: [`terraform providers mirror ${folder}`] },
    );
  }
  const folder = [...impliedMirrors(variables), ...childrenOf(question.parents ?? ['/opt'])].find(
    holdsProvider,
  );
  return folder === undefined
    ? {
        state: 'missing',
        reason: 'no folder holds the AWS provider; Terraform asks its registry',
        mend: 'terraform providers mirror ~/.terraform.d/plugins',
      }
    : found(folder);
}

function found(folder: string): Finding<string> {
  return { state: 'found', version: awsProviderVersion, where: folder, value: folder };
}

/** The folders that Terraform looks into where no configuration says otherwise. */
function impliedMirrors(variables: NodeJS.ProcessEnv): string[] {
  const home = homeOf(variables);
  const data = [
    variables['XDG_DATA_HOME'] || join(home, '.local', 'share'),
    ...(variables['XDG_DATA_DIRS'] || '/usr/local/share:/usr/share').split(':'),
  ];
  return [
    join(home, '.terraform.d', 'plugins'),
    ...(process.platform === 'darwin'
      ? [
          join(home, 'Library', 'Application Support', 'io.terraform', 'plugins'),
          '/Library/Application Support/io.terraform/plugins',
        ]
      : []),
    ...data.filter((one) => one.startsWith('/')).map((one) => join(one, 'terraform', 'plugins')),
  ];
}

function childrenOf(parents: readonly string[]): string[] {
  return parents.flatMap((parent) => {
    try {
      return readdirSync(parent).map((name) => join(parent, name));
    } catch {
      return [];
    }
  });
}

/** Unpacked in a folder of its version and platform, or packed beside the others. */
function holdsProvider(folder: string): boolean {
  const provider = join(folder, address);
  const packed = `terraform-provider-aws_${awsProviderVersion}_${platformName()}.zip`;
  return existsSync(join(provider, awsProviderVersion, platformName())) || existsSync(join(provider, packed));
}

function homeOf(variables: NodeJS.ProcessEnv): string {
  return variables['HOME'] || homedir();
}

/** This machine, as Terraform names it. */
export function platformName(): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  return `${process.platform === 'win32' ? 'windows' : process.platform}_${architecture}`;
}
