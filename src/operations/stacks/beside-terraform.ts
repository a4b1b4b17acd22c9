import type { EnvironmentAccess } from '../environment-access.js';
import { planApplicationSettings } from './application-settings.js';
import { planOpenGrants } from './open-grants.js';
import type { SettingsPlan } from './settings-plan.js';

/**
 * What Terraform does not see of an environment that is there: settings its provider does not know, grants that it never
 * made. Where nothing is deployed yet, there is nothing of it. Changes nothing.
 */
export async function planBesideTerraform(access: EnvironmentAccess): Promise<SettingsPlan> {
  const plans = await Promise.all([planOpenGrants(access), planApplicationSettings(access)]);
  return {
    settings: plans.flatMap(({ settings }) => settings),
    apply: async function* () {
      let changed = false;
      for (const plan of plans) if (plan.settings.length > 0) changed = (yield* plan.apply()) || changed;
      return changed;
    },
  };
}
