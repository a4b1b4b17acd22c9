import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type TerraformStack } from './constructs.cjs';
import type { Platform } from '../src/model/platform.js';
import type { AirflowFiles } from '../src/project/airflow-files.js';
import type { NamedQuery } from '../src/project/named-queries.js';
import { DataStack } from './data-stack.js';
import { mayDestroyData } from './lifecycle-stack.js';
import { ObservabilityStack } from './observability-stack.js';
import { PlatformStack } from './platform-stack.js';

/** What is synthesized: a platform in one environment, and what else comes with the project. */
export interface Declared {
  readonly platform: Platform;
  readonly queries: readonly NamedQuery[];
  /** Default: none. */
  readonly airflow?: AirflowFiles;
  /** Lets Terraform destroy what holds data in a protected environment too. Default: it may not. */
  readonly mayDestroyData?: boolean;
}

/**
 * Writes the Terraform of an environment: `<outputDirectory>/stacks/<stack>/cdk.tf.json` and `manifest.json`. The same
 * declaration gives the same bytes.
 * @returns the names of the stacks, in the order they are applied
 */
export function synthesize(
  { platform, queries, airflow = {}, mayDestroyData: allowed }: Declared,
  outputDirectory: string,
): { readonly stacks: readonly string[] } {
  const app = new App({ outdir: outputDirectory, ...(allowed && { context: { [mayDestroyData]: true } }) });
  const stacks: TerraformStack[] = [
    new DataStack(app, platform),
    new PlatformStack(app, platform, queries, airflow),
    new ObservabilityStack(app, platform),
  ];
  stacks.slice(1).forEach((stack, index) => {
    const before = stacks[index];
    if (before) stack.addDependency(before);
  });
  app.synth();
  const names = stacks.map((stack) => stack.node.id);
  writeEvenly(join(outputDirectory, 'manifest.json'));
  for (const name of names) writeEvenly(join(outputDirectory, 'stacks', name, 'cdk.tf.json'));
  return { stacks: names };
}

/** An empty list has its brackets on two lines by CDKTF and on one by its successor; here it is on one by both. */
function writeEvenly(file: string): void {
  writeFileSync(file, JSON.stringify(JSON.parse(readFileSync(file, 'utf8')), undefined, 2));
}
