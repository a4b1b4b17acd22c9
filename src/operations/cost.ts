import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { estimateCost, localCost, type CostEstimate, type DeclaredResource } from '../model/cost/estimate.js';
import type { Environment } from '../model/environment.js';
import type { StackPlan } from './stacks/plan-stacks.js';

/** A synthesized stack, as far as its price goes. */
interface StackJson {
  readonly provider?: { readonly aws?: readonly { readonly alias?: string; readonly region?: string }[] };
  readonly resource?: Readonly<
    Record<
      string,
      Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly provider?: string }>>
    >
  >;
}

/**
 * What an environment costs a month: of what is declared, as it was synthesized, and of what is deployed where the plans
 * know that. They do not where a stack could not be planned yet, or was planned by somebody else into a file.
 */
export async function costOf(environment: Environment, plans: readonly StackPlan[]): Promise<CostEstimate> {
  if (environment.endpoint) return localCost;
  const declared = await Promise.all(
    plans.map(async ({ stack }) => {
      const text = await readFile(join(stack.terraform.directory, 'cdk.tf.json'), 'utf8');
      return declaredIn(JSON.parse(text) as StackJson, environment.region);
    }),
  );
  const deployed = plans.map((plan, index) =>
    deployedBefore(plan, declared[index] ?? [], environment.region),
  );
  const known = deployed.every((resources) => resources !== undefined);
  return estimateCost(declared.flat(), known ? deployed.flat() : undefined);
}

/** The resources of a synthesized stack, each in the region of its provider. */
export function declaredIn({ provider, resource }: StackJson, region: string): DeclaredResource[] {
  const regions = new Map(
    (provider?.aws ?? []).map(({ alias, region: at }) => [
      alias === undefined ? 'aws' : `aws.${alias}`,
      at ?? region,
    ]),
  );
  return Object.entries(resource ?? {}).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, values]) => ({
      address: `${type}.${name}`,
      type,
      values,
      region: regions.get(values.provider ?? 'aws') ?? region,
    })),
  );
}

/** What exists of a stack before its plan is applied; undefined where the plan does not say. */
export function deployedBefore(
  { state, changes, before }: Pick<StackPlan, 'state' | 'changes' | 'before'>,
  declared: readonly DeclaredResource[],
  region: string,
): DeclaredResource[] | undefined {
  if (state === 'later') return undefined;
  const changed = new Map(changes.map(({ address, action }) => [address, action]));
  if (!before && changes.some(({ action }) => action !== 'add')) return undefined;
  const regionOf = new Map(declared.map((resource) => [resource.address, resource.region]));
  return [
    ...declared.filter(({ address }) => !changed.has(address)),
    ...(before ?? []).map((resource) => ({ ...resource, region: regionOf.get(resource.address) ?? region })),
  ];
}
