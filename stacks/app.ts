import { App, type TerraformStack } from './constructs.cjs';
import type { Platform } from '../src/model/platform.js';
import type { AirflowFiles } from '../src/project/airflow-files.js';
import type { NamedQuery } from '../src/project/named-queries.js';
import { DataStack } from './data-stack.js';
import { ObservabilityStack } from './observability-stack.js';
import { PlatformStack } from './platform-stack.js';

/** What is synthesized: a platform in one environment, and what else comes with the project. */
export interface Declared {
  readonly platform: Platform;
  readonly queries: readonly NamedQuery[];
  /** Default: none. */
  readonly airflow?: AirflowFiles;
}

/**
 * Writes the Terraform of an environment: `<outputDirectory>/stacks/<stack>/cdk.tf.json` and `manifest.json`. The same
 * declaration gives the same bytes.
 * @returns the names of the stacks, in the order they are applied
 */
export function synthesize(
  { platform, queries, airflow = {} }: Declared,
  outputDirectory: string,
): { readonly stacks: readonly string[] } {
  const app = new App({ outdir: outputDirectory });
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
  return { stacks: stacks.map((stack) => stack.node.id) };
}
