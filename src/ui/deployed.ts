import type { DeployedStack } from '../operations/checkpoints/manifest.js';

/** `data 64, platform 53`, the resources of each stack; `nothing`. */
export function deployedText(deployed: readonly DeployedStack[]): string {
  const each = deployed.map(({ stack, resources }) =>
    resources === undefined ? stack : `${stack} ${resources}`,
  );
  return each.length > 0 ? each.join(', ') : 'nothing';
}
