import type { Records } from '../../aws/records.js';
import type { StackKind } from '../../model/names.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { terraformLockNames } from './state-records.js';

/** What Terraform notes of whoever holds the state of one stack; it notes no process. */
export interface TerraformLock {
  readonly stack: StackKind;
  readonly name: string;
  readonly version: string;
  readonly id: string;
  /** `user@host` */
  readonly who: string;
  readonly operation: string;
  readonly since: string;
}

/** Terraform's own locks of an environment's stacks. */
export async function terraformLocks(access: EnvironmentAccess, records: Records): Promise<TerraformLock[]> {
  const found = terraformLockNames(access).map(async ({ kind, name }) => {
    const record = await records.read(name);
    if (!record) return [];
    const { ID, Who, Operation, Created } = infoOf(record.text);
    return [
      {
        stack: kind,
        name,
        version: record.version,
        id: ID ?? '?',
        who: Who ?? '?',
        operation: (Operation ?? '?').replace('OperationType', '').toLowerCase(),
        since: Created ?? '',
      },
    ];
  });
  return (await Promise.all(found)).flat();
}

/** Source: Terraform, `statemgr.LockInfo`. */
function infoOf(text: string): { ID?: string; Who?: string; Operation?: string; Created?: string } {
  try {
    return JSON.parse(text) as ReturnType<typeof infoOf>;
  } catch {
    return {};
  }
}
