import { pricesAsOf, pricesSource, regionalPrices } from './prices.js';
import { fixedCosts, unknownPrice, usageCosts, type PricedResource, type UsageCost } from './resources.js';

/** A resource and the region it is billed in. */
export interface DeclaredResource extends PricedResource {
  readonly region: string;
}

/** What an environment costs. Always an estimate: list prices of a day, before tax, discounts and free tiers. */
export type CostEstimate = LocalCost | UnknownCost | KnownCost;

/** On this machine nothing is billed, whatever is simulated. */
export interface LocalCost {
  readonly kind: 'local';
  readonly currency: 'USD';
  readonly monthly: 0;
}

/** A region without prices: said, not guessed. */
export interface UnknownCost {
  readonly kind: 'unknown';
  readonly regions: readonly string[];
  readonly knownRegions: readonly string[];
}

export interface KnownCost {
  readonly kind: 'estimate';
  readonly currency: 'USD';
  readonly asOf: string;
  readonly source: string;
  readonly regions: readonly string[];
  /** What is due a month whatever is done, of everything that is declared. */
  readonly monthly: number;
  /** The same of what is deployed now, and the difference; absent where a plan does not say what is deployed. */
  readonly deployed?: number;
  readonly change?: number;
  readonly components: readonly ComponentCost[];
  /** What comes on top by use, as rates. */
  readonly byUse: readonly UsageCost[];
  /** What has no known price, so that the total lacks it. */
  readonly unpriced: readonly string[];
}

export interface ComponentCost {
  readonly component: string;
  readonly units: number;
  readonly unitMonthly: number;
  readonly monthly: number;
}

export const localCost: LocalCost = { kind: 'local', currency: 'USD', monthly: 0 };

/**
 * Estimates what the declared resources cost a month.
 * @param deployed what exists now, where that is known
 */
export function estimateCost(
  declared: readonly DeclaredResource[],
  deployed?: readonly DeclaredResource[],
): UnknownCost | KnownCost {
  const regions = [...new Set(declared.map(({ region }) => region))].sort();
  const unknown = regions.filter((region) => !(region in regionalPrices));
  if (unknown.length > 0) {
    return { kind: 'unknown', regions: unknown, knownRegions: Object.keys(regionalPrices).sort() };
  }
  const components = componentsOf(declared);
  const monthly = cents(sum(components));
  const before =
    deployed?.every(({ region }) => region in regionalPrices) === true
      ? cents(sum(componentsOf(deployed)))
      : undefined;
  return {
    kind: 'estimate',
    currency: 'USD',
    asOf: pricesAsOf,
    source: pricesSource,
    regions,
    monthly,
    ...(before !== undefined && { deployed: before, change: cents(monthly - before) }),
    components: components.map((component) => ({
      ...component,
      unitMonthly: cents(component.unitMonthly),
      monthly: cents(component.monthly),
    })),
    byUse: usesOf(declared),
    unpriced: [...new Set(declared.flatMap((resource) => unknownPrice(resource) ?? []))].sort(),
  };
}

/** One line a component and price, the dearest first. */
function componentsOf(resources: readonly DeclaredResource[]): ComponentCost[] {
  const lines = new Map<string, ComponentCost>();
  for (const resource of resources) {
    const prices = regionalPrices[resource.region];
    if (!prices) continue;
    for (const { component, units, unitMonthly } of fixedCosts(resource, prices)) {
      const key = `${component} at ${unitMonthly}`;
      const all = (lines.get(key)?.units ?? 0) + units;
      lines.set(key, { component, units: all, unitMonthly, monthly: all * unitMonthly });
    }
  }
  return [...lines.values()].sort(
    (a, b) => b.monthly - a.monthly || a.component.localeCompare(b.component, 'en'),
  );
}

function usesOf(resources: readonly DeclaredResource[]): UsageCost[] {
  const lines = new Map<string, UsageCost>();
  for (const resource of resources) {
    const prices = regionalPrices[resource.region];
    if (!prices) continue;
    for (const use of usageCosts(resource, prices)) lines.set(`${use.component} ${use.rate}`, use);
  }
  return [...lines.values()].sort((a, b) => a.component.localeCompare(b.component, 'en'));
}

function sum(components: readonly ComponentCost[]): number {
  return components.reduce((total, { monthly }) => total + monthly, 0);
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
