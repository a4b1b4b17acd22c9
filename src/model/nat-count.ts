import type { Environment } from './environment.js';

/** How many NAT gateways a network has. */
export function natCount({ nat, zones }: Environment['network']): number {
  return { none: 0, single: 1, 'per-zone': zones.length }[nat];
}
