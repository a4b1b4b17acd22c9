import type { Environment } from '../../model/environment.js';
import { DataplatError } from '../../model/errors.js';
import type { Finding, FindingKind } from '../findings/finding.js';

export interface Naming {
  /** The environment's name, as it was given beforehand. */
  readonly confirm?: string | undefined;
  /** Asks somebody to type it; there only where somebody can. */
  readonly typeName?: ((question: string) => Promise<string>) | undefined;
}

/** What only gives more rights, and what only comes to be known. */
const harmless: readonly FindingKind[] = ['iam-widening', 'adoption'];

/** In a protected environment everything that a plan calls out needs its name, but for what harms nobody's data. */
export function needsName(environment: Environment, findings: readonly Finding[]): boolean {
  return environment.protected && findings.some(({ kind }) => !harmless.includes(kind));
}

/** Whether the name is known to be missing before anything is planned. */
export function mustBeNamed({ name }: Environment, { confirm, typeName }: Naming): boolean {
  return confirm === undefined ? typeName === undefined : confirm !== name;
}

/** @throws DataplatError DP5005 where the environment is not named */
export async function requireName(environment: Environment, naming: Naming, again: string): Promise<void> {
  const { name } = environment;
  if (naming.confirm === name) return;
  if (naming.confirm === undefined && naming.typeName) {
    if ((await naming.typeName(`${name} is protected. Type its name to go on: `)) === name) return;
  }
  throw notNamed(environment, again);
}

export function notNamed(
  { name }: Environment,
  again: string,
  found: readonly Finding[] = [],
): DataplatError {
  return new DataplatError('DP5005', `${name} is protected`, {
    ...(found.length > 0 && { excerpt: found.map(({ address, text }) => `${address}: ${text}`) }),
    left: 'nothing was changed',
    next: [`${again} --confirm ${name}`],
  });
}
