import { whoAmI } from '../aws/identity.js';
import { openAws, type Aws } from '../aws/aws.js';
import type { Environment } from '../model/environment.js';
import { quotaInForce } from '../aws/service-quotas.js';
import { DataplatError } from '../model/errors.js';
import { vcpuQuota } from '../model/quotas.js';
import type { Check, DoctorReport } from '../operations/doctor.js';
import type { OperationEvent } from '../operations/events.js';
import { invoke } from './invocation.js';
import type { DefineVerb } from './verbs.js';

export const doctor: DefineVerb = (command) => {
  command
    .description(
      'Looks at everything that the environment needs: programs, libraries, provider, credentials, state backend, port,\ndisk. Each is found, missing or too old, with the one command that mends it. Exit code 1 where something is missing.',
    )
    .addHelpText('after', '\nExamples:\n  dataplat doctor\n  dataplat doctor --env prod --json')
    .action(() =>
      invoke(command, async (invocation) => {
        const { ui, environmentName, profile } = invocation;
        const environment = await invocation.platform().then(
          (platform) => platform.environment,
          (error: unknown) => declarationFailure(error),
        );
        const projectDirectory = await invocation.projectDirectory().catch(() => undefined);
        const aws = (changes: Partial<Environment> = {}): Aws => {
          if (environment instanceof DataplatError) throw environment;
          return openAws({ ...environment, ...changes }, profile);
        };
        const { doctor: operation } = await import('../operations/doctor.js');
        const running = operation({
          environmentName,
          environment,
          projectDirectory,
          whoAmI: () => whoAmI(aws().clients),
          vcpus: () => quotaInForce(aws().clients, vcpuQuota),
          stateObjects: () => Promise.resolve(aws(stateRegion(environment)).objects),
        });
        const report = ui.json ? await resultOf(running) : await ui.follow(running);
        ui.document(report, () => textOf(report, ui.chalk));
        return report.ready ? 0 : 1;
      }),
    );
};

/** Mistakes of the declaration are findings of the doctor; an environment that nothing declares is wrong usage. */
function declarationFailure(error: unknown): DataplatError {
  if (error instanceof DataplatError && error.code !== 'DP1003') return error;
  throw error;
}

function stateRegion(environment: Environment | DataplatError): Partial<Environment> {
  if (environment instanceof DataplatError || environment.state.backend !== 's3') return {};
  return environment.state.region === undefined ? {} : { region: environment.state.region };
}

/** The report is one JSON document, so the events before it are for people only. */
async function resultOf(operation: AsyncIterable<OperationEvent<DoctorReport>>): Promise<DoctorReport> {
  for await (const event of operation) if (event.type === 'result') return event.result;
  throw new Error('the operation ended without a result');
}

type Chalk = Parameters<typeof mark>[1];

function textOf(report: DoctorReport, chalk: Chalk): string {
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const lines = report.checks.flatMap((check) => [
    `${mark(check, chalk)} ${check.name.padEnd(width)}  ${check.state.replace('-', ' ').padEnd(7)}  ${check.detail}`,
    ...(check.mend === undefined ? [] : [`  ${' '.repeat(width)}  → ${check.mend}`]),
  ]);
  const wrong = report.checks
    .filter(({ state, needed }) => needed && state !== 'found')
    .map(({ name }) => name);
  const closing = report.ready
    ? `Environment "${report.environment}" has all that it needs.`
    : `Environment "${report.environment}" cannot be worked with yet: ${wrong.join(', ')}.`;
  return [...lines, '', closing].join('\n');
}

function mark(
  { state, needed }: Check,
  chalk: { green: (text: string) => string; red: (text: string) => string; yellow: (text: string) => string },
): string {
  if (state === 'found') return chalk.green('✔');
  return needed ? chalk.red('✖') : chalk.yellow('!');
}
