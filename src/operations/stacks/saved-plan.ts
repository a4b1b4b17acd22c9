import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { DataplatError } from '../../model/errors.js';
import { packageDirectory } from '../../project/project-directory.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { planRelease } from '../release/release.js';
import { readReleaseFiles } from '../release/read-release-files.js';
import { later, stackPlan, type PlanOptions, type StackPlan } from './plan-stacks.js';
import type { Stack } from './stacks.js';

/**
 * A plan in a file, to be looked at by one person and applied by another. Only what Terraform planned is in it: what a
 * plan changes and what is to be said of it is read from the plan itself again, so that the file cannot say otherwise.
 */
const savedPlanSchema = z.strictObject({
  format: z.literal('dataplat-plan/2'),
  environment: z.string(),
  account: z.string(),
  createdAt: z.string(),
  /** What jobs, DAGs and configuration were then; a deploy uploads them, too. */
  release: z.string(),
  stacks: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(['planned', 'provisional', 'later']),
      /** SHA-256 of the synthesized stack that was planned. */
      synthesized: z.string(),
      plan: z.base64().optional(),
    }),
  ),
  /** SHA-256 of all the above. */
  checksum: z.string(),
});

type SavedPlan = z.infer<typeof savedPlanSchema>;
type Access = Pick<EnvironmentAccess, 'platform' | 'projectDirectory'>;

/** Writes the plans of an environment into one file. */
export async function savePlans(file: string, access: Access, plans: readonly StackPlan[]): Promise<void> {
  const { name, account } = access.platform.environment;
  const saved = {
    format: 'dataplat-plan/2' as const,
    environment: name,
    account,
    createdAt: new Date().toISOString(),
    release: releaseOf(access),
    stacks: await Promise.all(
      plans.map(async ({ stack, state, plan }) => ({
        name: stack.name,
        state,
        synthesized: await hashOf(stack),
        ...(plan && { plan: (await readFile(plan.file)).toString('base64') }),
      })),
    ),
  };
  await writeFile(file, JSON.stringify({ ...saved, checksum: checksumOf(saved) }), { mode: 0o600 });
}

/**
 * The plans in a file, ready to be applied.
 * @throws DataplatError DP5007 where the file is no plan or was changed, is of another environment, or the declaration or
 * the jobs have changed since
 */
export async function loadPlans(
  file: string,
  access: Access,
  stacks: readonly Stack[],
  options: PlanOptions = {},
): Promise<StackPlan[]> {
  const { environment } = access.platform;
  const refuse = (why: string, cause?: unknown): DataplatError =>
    new DataplatError('DP5007', `${file} cannot be applied: ${why}`, {
      left: 'nothing was changed',
      next: [`dataplat diff --env ${environment.name} --out ${basename(file)}`],
      cause,
    });
  let saved: SavedPlan;
  try {
    saved = savedPlanSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refuse(missing ? 'there is no such file' : 'it is no plan that `dataplat diff --out` wrote');
  }
  const { checksum, ...content } = saved;
  if (checksum !== checksumOf(content)) throw refuse('it was changed after it was made');
  if (saved.environment !== environment.name || saved.account !== environment.account) {
    throw refuse(`it was made for ${saved.environment} in account ${saved.account}`);
  }
  for (const stack of stacks) {
    const found = saved.stacks.find(({ name }) => name === stack.name);
    if (!found) throw refuse(`it has no plan of ${stack.name}`);
    if (found.synthesized !== (await hashOf(stack)))
      throw refuse('the declaration has changed since it was made');
  }
  if (saved.release !== releaseOf(access))
    throw refuse('jobs, DAGs or configuration have changed since it was made');
  return Promise.all(
    stacks.map(async (stack): Promise<StackPlan> => {
      const found = saved.stacks.find(({ name }) => name === stack.name);
      if (found?.plan === undefined) return later(stack);
      const planFile = join(stack.terraform.dataDirectory, 'saved.tfplan');
      await stack.terraform.init();
      await writeFile(planFile, Buffer.from(found.plan, 'base64'), { mode: 0o600 });
      const plan = { file: planFile, changes: [], outputsChange: false };
      const document = await stack.terraform.show(plan).catch((error: unknown) => {
        throw refuse(`Terraform cannot read its plan of ${stack.name}`, error);
      });
      const outputsChange = Object.values(document.output_changes ?? {}).some(
        ({ actions }) => !actions.includes('no-op'),
      );
      const made = stackPlan(stack, { ...plan, outputsChange }, document, options.caller);
      return { ...made, state: found.state, plan: { ...plan, outputsChange, changes: plannedChanges(made) } };
    }),
  );
}

/** As Terraform's stream would have told them: how far an apply is, is counted by them. */
function plannedChanges({ changes }: StackPlan): NonNullable<StackPlan['plan']>['changes'] {
  const actions = { add: 'create', change: 'update', replace: 'replace', destroy: 'delete' } as const;
  return changes.map(({ address, action }) => ({
    action: actions[action],
    resource: { addr: address, resource_type: '', resource_name: '' },
  }));
}

/** What a deploy uploads beside what Terraform does, named by its content. */
function releaseOf({ projectDirectory }: Access): string {
  return planRelease(readReleaseFiles(projectDirectory, packageDirectory)).id;
}

function checksumOf(content: Omit<SavedPlan, 'checksum'>): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

async function hashOf(stack: Stack): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(stack.terraform.directory, 'cdk.tf.json')))
    .digest('hex');
}
