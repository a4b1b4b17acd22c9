import type { EnvironmentAccess } from '../environment-access.js';
import { warning, type Steps } from '../events.js';
import { recordNames, stateRecords } from '../state/state-records.js';
import { keysOf } from '../../aws/keys.js';
import { keptQueries } from '../../aws/named-queries.js';
import { networkParts, type NetworkPart } from '../../aws/network-parts.js';
import { holdsNothing } from '../../aws/objects.js';
import { secretArn } from '../../aws/secret-values.js';
import type { Stack } from '../stacks/stacks.js';
import type { Adoption } from './adopt.js';

/**
 * Looks for what no state knows only where a change was cut off: its lock was broken, or it was seen on this machine that
 * its terraform did not come to an end.
 */
export async function adoptionAfterCutOff(access: EnvironmentAccess): Promise<Adoption> {
  const { environment } = access.platform;
  const { clients, runs } = access.aws;
  return {
    isWanted: await afterCutOff(access),
    place: ({ kind }) => {
      const tags = { environment: environment.name, stack: kind, 'managed-by': 'dataplat' };
      let parts: Promise<readonly NetworkPart[]> | undefined;
      const queries = new Map<string, ReturnType<typeof keptQueries>>();
      const queriesOf = (workgroup: string): ReturnType<typeof keptQueries> => {
        const found = queries.get(workgroup) ?? keptQueries(clients, workgroup);
        queries.set(workgroup, found);
        return found;
      };
      return {
        environment: environment.name,
        stack: kind,
        account: environment.account,
        region: environment.region,
        keys: (description, region) => keysOf(clients, description, tags, region),
        part: async (begin, name) =>
          (await (parts ??= networkParts(clients, tags))).find(
            ({ id, name: called }) => id.startsWith(`${begin}-`) && called === name,
          )?.id,
        application: async (name) => (await runs.findApplication(name))?.id,
        secret: (name) => secretArn(clients, name),
        query: async (workgroup, database, name) =>
          (await queriesOf(workgroup)).find((one) => one.name === name && one.database === database)?.id,
        isEmpty: (bucket, region) => holdsNothing(clients, bucket, region),
      };
    },
  };
}

/** For who takes down what the states know: that they may not know all. */
export async function* warnOfCutOff(access: EnvironmentAccess, stacks: readonly Stack[]): Steps<void> {
  if (!stacks.some(await afterCutOff(access))) return;
  yield warning(
    `a change of ${access.platform.environment.name} was cut off, and what it made last may be in no state and stay behind; dataplat deploy adopts it first`,
  );
}

async function afterCutOff(access: EnvironmentAccess): Promise<(stack: Stack) => boolean> {
  const noted = await stateRecords(access).read(recordNames.cutOff(access.platform.environment.name));
  return ({ terraform }) => noted !== undefined || terraform.wasCutOff();
}

/** The next change need not look any more. */
export async function forgetCutOff(access: EnvironmentAccess, stacks: readonly Stack[]): Promise<void> {
  for (const { terraform } of stacks) terraform.forgetCutOff();
  const records = stateRecords(access);
  const name = recordNames.cutOff(access.platform.environment.name);
  const found = await records.read(name);
  if (found) await records.remove(name, found.version);
}
