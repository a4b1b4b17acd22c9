import { isAws } from '../../aws/failures.js';
import { DataplatError } from '../../model/errors.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { readCurrentRelease } from '../release/current-release.js';
import type { Stack } from '../stacks/stacks.js';
import { faultText, stateFault, type StateFault } from './state-fault.js';
import { stateNames, stateRecords, terraformLockNames } from './state-records.js';

/** A stack whose state cannot be gone on from. */
export interface BrokenState {
  readonly stack: string;
  /** The state's file or key. */
  readonly name: string;
  readonly fault: StateFault | { readonly kind: 'gone' };
  /** Which writing of it; nothing where it is gone. */
  readonly version?: string;
}

type Access = Pick<EnvironmentAccess, 'platform' | 'aws' | 'terraformDirectory'>;
type Looked = Pick<Stack, 'kind' | 'name' | 'applied'>;

/**
 * The stacks whose state is cut short, of a newer format, or gone or empty although they were applied. Terraform would
 * take what is gone or empty for what was never made, and make everything twice.
 */
export async function brokenStates(access: Access, stacks: readonly Looked[]): Promise<BrokenState[]> {
  const first = await look(access, stacks);
  // While somebody writes a state it is not whole; then Terraform says who holds it.
  if (first.length === 0 || (await anyLock(access))) return [];
  return look(access, stacks);
}

/** @throws DataplatError DP5012 where a state is lost or broken */
export async function refuseBrokenStates(access: Access, stacks: readonly Looked[]): Promise<void> {
  const broken = await brokenStates(access, stacks);
  if (broken.length === 0) return;
  const environment = access.platform.environment.name;
  const newer = broken.flatMap(({ fault }) => (fault.kind === 'newer' ? [fault.terraform] : []));
  throw new DataplatError('DP5012', `what Terraform knew of ${environment} is lost or cannot be read`, {
    excerpt: broken.map(brokenText),
    left: 'the states, as they are; nothing was changed',
    next: [
      `dataplat recover --env ${environment}, which adopts what exists`,
      ...(newer.length > 0 ? [`or the Terraform that wrote it: ${newer.join(', ')}`] : []),
    ],
    data: { states: broken.map(({ stack, name, fault }) => ({ stack, name, fault: fault.kind })) },
  });
}

export function brokenText({ stack, name, fault }: BrokenState): string {
  return `${stack}: its state ${name} ${faultText(fault)}`;
}

async function look(access: Access, stacks: readonly Looked[]): Promise<BrokenState[]> {
  const records = stateRecords(access);
  const names = stateNames(access);
  let released: Promise<boolean> | undefined;
  // It may have been applied from another machine: a release comes behind all stacks.
  const wasApplied = async ({ applied }: Looked): Promise<boolean> =>
    applied || (await (released ??= isReleased(access)));
  const looked = stacks.map(async (stack): Promise<BrokenState[]> => {
    const name = names[stack.kind];
    const found = await records.read(name);
    const fault = found ? stateFault(found.text) : ({ kind: 'gone' } as const);
    if (!fault) return [];
    if ((fault.kind === 'gone' || fault.kind === 'empty') && !(await wasApplied(stack))) return [];
    return [{ stack: stack.name, name, fault, ...(found && { version: found.version }) }];
  });
  return (await Promise.all(looked)).flat();
}

async function isReleased({ platform, aws }: Access): Promise<boolean> {
  try {
    return (await readCurrentRelease(platform.environment, aws.objects)) !== undefined;
  } catch (error) {
    // Who may not read the lake's bucket learns nothing of it.
    if (isAws(error, 'AccessDenied')) return false;
    throw error;
  }
}

async function anyLock(access: Access): Promise<boolean> {
  const records = stateRecords(access);
  const found = await Promise.all(terraformLockNames(access).map(({ name }) => records.read(name)));
  return found.some((lock) => lock !== undefined);
}
