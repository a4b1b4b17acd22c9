import type {
  Application as SdkApplication,
  Configuration,
  MonitoringConfiguration,
} from '@aws-sdk/client-emr-serverless';
import { classifications, monitoring } from '../../aws/job-runs.js';
import type { Environment } from '../../model/environment.js';
import { names } from '../../model/names.js';
import { projectFiles } from '../../project/project-files.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step, warning } from '../events.js';
import { loggingOf, readEmrConfiguration } from '../spark-run.js';
import { noSettings, type SettingsPlan } from './settings-plan.js';
import { activeRuns, stopApplication } from './stop-application.js';

/** What Terraform's AWS provider does not know of an application before its version 6. */
export interface ApplicationSettings {
  readonly schedulerConfiguration: { maxConcurrentRuns: number; queueTimeoutMinutes: number };
  readonly monitoringConfiguration: MonitoringConfiguration;
  readonly runtimeConfiguration: Configuration[];
}

/**
 * Compares how many runs the application takes at once and how long one may queue, where its runs log, and Spark's
 * defaults from `config/emr/` with what is declared. A run of ours says the last two itself, for it is pinned to its
 * release; the application's are for whoever starts one otherwise.
 */
export async function planApplicationSettings(access: EnvironmentAccess): Promise<SettingsPlan> {
  const { aws, platform, projectDirectory } = access;
  const { environment } = platform;
  const name = names.application(environment);
  const keyName = names.parameter(environment, 'platform', 'emr/logs-key-arn');
  const [application, keyArn, configuration] = await Promise.all([
    aws.runs.findApplication(name),
    aws.parameters.get(keyName),
    readEmrConfiguration(projectFiles(projectDirectory)),
  ]);
  if (!application || keyArn === undefined) return noSettings;
  const emr = await aws.clients.emrServerless();
  const declared = applicationSettings(environment, configuration, keyArn);
  const { application: found } = await emr.getApplication({ applicationId: application.id });
  const texts = differences(declared, found ?? {});
  return {
    settings: texts.map((text) => ({ stack: 'platform', of: `EMR application ${name}`, text })),
    apply: async function* () {
      // It may have been stopped, or started, since.
      const now = (await aws.runs.findApplication(name)) ?? application;
      if (!['CREATED', 'STOPPED'].includes(now.state)) {
        // EMR Serverless changes an application at rest only; runs under way are worth more than its settings.
        const active = await activeRuns(access, now.id);
        if (active.length > 0) {
          yield warning(
            `${active.length} runs of the EMR application ${name} are active: its settings are changed by the next deploy that finds none`,
            { active },
          );
          return false;
        }
        yield* stopApplication(access, now, []);
      }
      yield* step('application-settings', `Set what Terraform does not know of ${name}`, () =>
        emr.updateApplication({ applicationId: now.id, ...declared }),
      );
      return true;
    },
  };
}

/** An application's settings as an environment declares them. Pure. */
export function applicationSettings(
  environment: Environment,
  configuration: Parameters<typeof classifications>[0],
  keyArn: string,
): ApplicationSettings {
  return {
    schedulerConfiguration: {
      maxConcurrentRuns: environment.emr.maximumConcurrentRuns,
      queueTimeoutMinutes: environment.emr.queueTimeoutMinutes,
    },
    monitoringConfiguration: monitoring(loggingOf(environment, keyArn)),
    runtimeConfiguration: classifications(configuration),
  };
}

/** What would become of an application that has other settings, one line a setting. Pure. */
export function differences(
  declared: ApplicationSettings,
  found: Pick<SdkApplication, keyof ApplicationSettings>,
): string[] {
  const scheduler = found.schedulerConfiguration;
  const number = (what: string, before: number | undefined, after: number | undefined): string[] =>
    before === after ? [] : [`${what}: ${before ?? "EMR's default"} becomes ${after}`];
  const { maxConcurrentRuns, queueTimeoutMinutes } = declared.schedulerConfiguration;
  const properties = changedProperties(
    propertiesOf(found.runtimeConfiguration ?? []),
    propertiesOf(declared.runtimeConfiguration),
  );
  return [
    ...number('runs at once', scheduler?.maxConcurrentRuns, maxConcurrentRuns),
    ...number('minutes in the queue', scheduler?.queueTimeoutMinutes, queueTimeoutMinutes),
    ...(holds(found.monitoringConfiguration, declared.monitoringConfiguration)
      ? []
      : ['logs of runs: where they go, and their key']),
    ...(properties.length === 0
      ? []
      : [
          `Spark's defaults: ${properties.slice(0, 3).join(', ')}${properties.length > 3 ? ` and ${properties.length - 3} more` : ''}`,
        ]),
  ];
}

/** Whether everything that is declared is there; what AWS adds of its own does not count. */
function holds(found: unknown, declared: unknown): boolean {
  if (typeof declared !== 'object' || declared === null) return found === declared;
  if (typeof found !== 'object' || found === null) return false;
  const there = found as Readonly<Record<string, unknown>>;
  if (Array.isArray(declared) && declared.length !== (found as readonly unknown[]).length) return false;
  return Object.entries(declared).every(([key, value]) => value === undefined || holds(there[key], value));
}

function propertiesOf(configuration: readonly Configuration[]): ReadonlyMap<string, string> {
  return new Map(
    configuration.flatMap(({ classification = '', properties = {} }) =>
      Object.entries(properties).map(([name, value]) => [
        classification === 'spark-defaults' ? name : `${classification} ${name}`,
        value,
      ]),
    ),
  );
}

function changedProperties(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .sort();
}
