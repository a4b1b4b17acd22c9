/**
 * `dr snapshot` as Airflow runs it: `node snapshot.mjs <folder of the declaration> <environment>`. The build makes one
 * file of it, for where it runs there is neither this package nor Terraform. It prints its events as lines of JSON, the last
 * of them the result or the failure, and ends with the verb's exit code, also where it is told to end.
 */
import { awsClients } from './aws/clients.js';
import { awsOf } from './aws/aws.js';
import { assertAccount, whoAmI } from './aws/identity.js';
import { awsSettings } from './aws/settings.js';
import { DataplatError } from './model/errors.js';
import { names } from './model/names.js';
import { takeSnapshot } from './operations/snapshots/take-snapshot.js';
import { loadDeployedPlatform } from './project/load-platform.js';
import { errorDocument, exitCodeOf } from './ui/show-error.js';

const [folder, environmentName] = process.argv.slice(2);
const interruption = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => interruption.abort());

try {
  if (folder === undefined || environmentName === undefined) {
    throw new DataplatError('DP1001', 'a folder and an environment are to be named');
  }
  const platform = loadDeployedPlatform(folder, environmentName);
  const { environment } = platform;
  const local = environment.endpoint !== undefined;
  const aws = awsOf(
    awsClients({
      ...awsSettings(environment),
      ...(!local && { role: names.snapshotsRoleArn(environment) }),
    }),
  );
  const identity = await whoAmI(aws.clients);
  await assertAccount(aws.clients, environment, () => Promise.resolve(identity));
  const access = { platform, aws, caller: identity.arn };
  // Airflow on this machine would be started for it, while one is at work already.
  const options = { access, airflow: !local, signal: interruption.signal };
  for await (const event of takeSnapshot(options)) {
    if (event.type === 'result') tell({ type: 'result', ...event.result });
    else tell({ ...event });
  }
} catch (error) {
  const told =
    interruption.signal.aborted && !(error instanceof DataplatError)
      ? new DataplatError('DP1008', 'interrupted')
      : error;
  tell({ type: 'result', error: errorDocument(told) });
  process.exitCode = exitCodeOf(told);
}

function tell(event: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
