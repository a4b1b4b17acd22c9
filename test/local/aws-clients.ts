import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { locateRuntime } from '../../src/toolchain/locate-toolchain.js';

/** Whose endpoint the tests of services start, and where. */
export const account = '123456789012';
export const region = 'eu-central-1';

/** What AWS's own clients need to reach an endpoint, and nothing of the person who runs the tests. */
export function clientEnvironment(endpoint: string, home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Calls the real AWS CLI and reads its JSON. Rejects with what the CLI prints. */
export async function awsCli<Answer>(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Answer> {
  const { localPython } = await locateRuntime();
  const { stdout } = await promisify(execFile)(
    join(dirname(localPython), 'aws'),
    [...words, '--output', 'json'],
    { env: environment },
  );
  return (stdout.trim() === '' ? {} : JSON.parse(stdout)) as Answer;
}
