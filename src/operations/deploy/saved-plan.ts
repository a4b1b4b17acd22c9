import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { DataplatError } from '../../model/errors.js';
import type { StackPlan } from './plan-stacks.js';
import type { Stack } from './stacks.js';

/** A plan in a file, to be looked at by one person and applied by another. */
const savedPlanSchema = z.strictObject({
  format: z.literal('dataplat-plan/1'),
  environment: z.string(),
  account: z.string(),
  createdAt: z.string(),
  stacks: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(['planned', 'provisional', 'later']),
      /** SHA-256 of the synthesized stack that was planned. */
      synthesized: z.string(),
      counts: z.strictObject({ add: z.int(), change: z.int(), replace: z.int(), destroy: z.int() }),
      changes: z.array(
        z.strictObject({ address: z.string(), action: z.enum(['add', 'change', 'replace', 'destroy']) }),
      ),
      findings: z.array(z.looseObject({ kind: z.string(), address: z.string(), text: z.string() })),
      outputsChange: z.boolean(),
      plan: z.base64().optional(),
    }),
  ),
});

type SavedPlan = z.infer<typeof savedPlanSchema>;

/** Writes the plans of an environment into one file. */
export async function savePlans(
  file: string,
  environment: { readonly name: string; readonly account: string },
  plans: readonly StackPlan[],
): Promise<void> {
  const saved: SavedPlan = {
    format: 'dataplat-plan/1',
    environment: environment.name,
    account: environment.account,
    createdAt: new Date().toISOString(),
    stacks: await Promise.all(
      plans.map(async ({ stack, state, counts, changes, findings, plan }) => ({
        name: stack.name,
        state,
        synthesized: await hashOf(stack),
        counts,
        changes: [...changes],
        findings: findings.map((finding) => ({ ...finding })),
        outputsChange: plan?.outputsChange ?? false,
        ...(plan && { plan: (await readFile(plan.file)).toString('base64') }),
      })),
    ),
  };
  await writeFile(file, JSON.stringify(saved), { mode: 0o600 });
}

/**
 * The plans in a file, ready to be applied.
 * @throws DataplatError DP5007 where the file is no plan, is of another environment, or the declaration has changed since
 */
export async function loadPlans(
  file: string,
  environment: { readonly name: string; readonly account: string },
  stacks: readonly Stack[],
): Promise<StackPlan[]> {
  const refuse = (why: string): DataplatError =>
    new DataplatError('DP5007', `${file} cannot be applied: ${why}`, {
      left: 'nothing was changed',
      next: [`dataplat diff --env ${environment.name} --out ${basename(file)}`],
    });
  let saved: SavedPlan;
  try {
    saved = savedPlanSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refuse(missing ? 'there is no such file' : 'it is no plan that `dataplat diff --out` wrote');
  }
  if (saved.environment !== environment.name || saved.account !== environment.account) {
    throw refuse(`it was made for ${saved.environment} in account ${saved.account}`);
  }
  return Promise.all(
    stacks.map(async (stack): Promise<StackPlan> => {
      const found = saved.stacks.find((one) => one.name === stack.name);
      if (!found) throw refuse(`it has no plan of ${stack.name}`);
      if (found.synthesized !== (await hashOf(stack)))
        throw refuse('the declaration has changed since it was made');
      const base = {
        stack,
        state: found.state,
        counts: found.counts,
        changes: found.changes,
        findings: found.findings as unknown as StackPlan['findings'],
      };
      if (found.plan === undefined) return base;
      const planFile = join(stack.terraform.dataDirectory, 'saved.tfplan');
      await stack.terraform.init();
      await writeFile(planFile, Buffer.from(found.plan, 'base64'), { mode: 0o600 });
      const actions = { add: 'create', change: 'update', replace: 'replace', destroy: 'delete' } as const;
      return {
        ...base,
        plan: {
          file: planFile,
          outputsChange: found.outputsChange,
          changes: found.changes.map(({ address, action }) => ({
            action: actions[action],
            resource: { addr: address, resource_type: '', resource_name: '' },
          })),
        },
      };
    }),
  );
}

async function hashOf(stack: Stack): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(stack.terraform.directory, 'cdk.tf.json')))
    .digest('hex');
}
