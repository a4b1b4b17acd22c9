import { DataplatError } from '../../model/errors.js';
import type { PlanDocument, ResourceChange } from '../../terraform/plan-file.js';
import type { Import, Plan, Terraform } from '../../terraform/terraform.js';
import { step, type Steps } from '../events.js';
import type { Stack } from '../stacks/stacks.js';
import { carriesOurTags, importables, tagsOf, type Place } from './importable.js';

/** When something is looked for that exists although no state knows it, and where. */
export interface Adoption {
  /** Whether the state of a stack may lack what was made: looking costs a plan or two. */
  readonly isWanted: (stack: Stack) => boolean;
  readonly place: (stack: Stack) => Place;
  /** Whether the state may be written before a plan is agreed to. Default: no, as for who only looks. */
  readonly mayKeep?: boolean;
}

/** What is needed of a stack to look for what it made. */
export interface Looking {
  readonly kind: string;
  readonly name: string;
  readonly terraform: Pick<Terraform, 'existing' | 'otherProviders'>;
}

export interface Planned {
  readonly plan: Plan;
  readonly document: PlanDocument;
}

/**
 * Looks for what a plan wants to make and what exists already, and plans once more in such a way that it is adopted:
 * brought into the state, and changed as far as it is not what is declared.
 * @returns the plan that adopts; the one that was there where there is nothing to adopt
 * @throws DataplatError DP5011 where something has the name and is not ours
 */
export async function* adopting(
  stack: Looking,
  first: Planned,
  place: Place,
  replan: (imports: readonly Import[]) => Steps<Planned>,
): Steps<Planned> {
  let planned = first;
  const found: Import[] = [];
  const asked = new Set<string>();
  // What is adopted may tell what something else is called.
  for (;;) {
    const candidates = (await candidatesIn(stack, planned.document, place)).filter(
      ({ to, id }) => !asked.has(`${to} ${id}`),
    );
    if (candidates.length === 0) return planned;
    for (const { to, id } of candidates) asked.add(`${to} ${id}`);
    const existing = yield* step(`look/${stack.kind}`, `Look for what ${stack.name} may have made`, () =>
      stack.terraform.existing(candidates),
    );
    if (existing.length === 0) return planned;
    found.push(...existing);
    planned = yield* replan(found);
    await refuseForeign(stack, planned.document, first.document, place);
  }
}

/** What would be made, and has a name that something may have already. */
async function candidatesIn(
  stack: Looking,
  { resource_changes: changes = [] }: PlanDocument,
  place: Place,
): Promise<Import[]> {
  const providers = await stack.terraform.otherProviders();
  const found = changes.map(async ({ mode, type, address, change }): Promise<Import[]> => {
    const importable = importables[type];
    if (!importable || mode !== 'managed' || change.actions.join() !== 'create') return [];
    const other = providers[address];
    const id = await importable.id(change.after ?? {}, { ...place, ...(other && { region: other.region }) });
    return id === undefined ? [] : [{ to: address, id, ...(other && { provider: other.provider }) }];
  });
  return (await Promise.all(found)).flat();
}

async function refuseForeign(
  stack: Looking,
  now: PlanDocument,
  before: PlanDocument,
  place: Place,
): Promise<void> {
  const plan = now.resource_changes ?? [];
  const providers = await stack.terraform.otherProviders();
  const foreign: ResourceChange[] = [];
  for (const resource of plan.filter(({ change }) => change.importing)) {
    const region = providers[resource.address]?.region ?? place.region;
    if (!(await isOurs(resource, plan, before, { ...place, region }))) foreign.push(resource);
  }
  if (foreign.length === 0) return;
  throw new DataplatError('DP5011', `AWS has something already by a name that ${place.stack} needs`, {
    excerpt: foreign.map(
      ({ address, change }) => `${address}: ${idOf(change)}, ${ownerOf(change.before ?? {})}`,
    ),
    left: 'it, as it was; this stack was not changed now',
    next: [
      'look at whose it is; where nobody needs it, remove it, and then the same command again',
      'or give the environment another prefix',
    ],
    data: {
      foreign: foreign.map(({ address, change }) => ({
        address,
        id: idOf(change),
        tags: tagsOf(change.before ?? {}),
      })),
    },
  });
}

function isOurs(
  { type, address, change }: ResourceChange,
  plan: readonly ResourceChange[],
  before: PlanDocument,
  place: Place,
): boolean | Promise<boolean> {
  const found = change.before ?? {};
  const wanted = before.resource_changes?.find((one) => one.address === address)?.change.after ?? {};
  return importables[type]?.isOurs?.(found, place, plan, wanted) ?? carriesOurTags(found, place);
}

function idOf({ importing }: ResourceChange['change']): string {
  return importing?.id ?? '?';
}

/** Whose something is, as far as its tags tell. */
function ownerOf(found: Readonly<Record<string, unknown>>): string {
  const tags = Object.entries(tagsOf(found))
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort();
  return tags.length === 0 ? 'without tags' : `tagged ${tags.join(', ')}`;
}
