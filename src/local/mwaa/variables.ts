import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { cleanEnvironment } from '../emulator.js';
import { readJson, writeWhole } from '../files.js';
import type { ServiceContext } from '../service.js';
import { secretKey } from '../simulated.js';
import type { Environment } from './environments.js';

/** What the parts of one Airflow trust each other by; made once and kept with its database. */
export interface Keys {
  readonly fernet: string;
  readonly jwt: string;
  readonly session: string;
  readonly password: string;
}

/** Who Airflow thinks is calling, whoever it is: calls are told apart before they come here. */
export const user = 'mwaa';

export function keysOf(home: string): Keys {
  const file = path.join(home, 'keys.json');
  const kept = readJson<Keys>(file);
  if (kept) return kept;
  const secret = (): string => randomBytes(32).toString('hex');
  const keys: Keys = {
    // Fernet takes 32 bytes in base64 with its padding.
    fernet: randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
    jwt: secret(),
    session: secret(),
    password: secret(),
  };
  writeWhole(file, JSON.stringify(keys));
  return keys;
}

/** `core.default_timezone` as Airflow reads it from its process: `AIRFLOW__CORE__DEFAULT_TIMEZONE`. */
function optionVariable(option: string): string {
  const [section = '', ...name] = option.split('.');
  return `AIRFLOW__${section}__${name.join('.')}`.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
}

/** The process environment of every part of an environment's Airflow. */
export function airflowVariables(
  environment: Environment,
  context: ServiceContext,
  home: string,
  dags: string,
  port?: number,
): NodeJS.ProcessEnv {
  const keys = keysOf(home);
  const options = Object.entries(environment.AirflowConfigurationOptions ?? {});
  return {
    ...cleanEnvironment(),
    ...Object.fromEntries(options.map(([option, value]) => [optionVariable(option), value])),
    // What MWAA sets for whoever asks where it runs.
    AIRFLOW_ENV_NAME: environment.Name,
    AIRFLOW_CONN_AWS_DEFAULT: 'aws://',
    AWS_ENDPOINT_URL: context.endpoint,
    AWS_REGION: context.region,
    AWS_DEFAULT_REGION: context.region,
    AWS_ACCESS_KEY_ID: context.account,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    TZ: 'UTC',
    // For what a task runs of this package: MWAA's machines fetch a Node, this one has it.
    DATAPLAT_NODE: process.execPath,
    DATAPLAT_LOCAL_PORT: new URL(context.endpoint).port,
    AIRFLOW_HOME: home,
    // The triggerer imports what waits for job runs from there; on MWAA the startup script sees to it.
    PYTHONPATH: dags,
    AIRFLOW__CORE__DAGS_FOLDER: dags,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__EXECUTOR: 'LocalExecutor',
    AIRFLOW__CORE__PARALLELISM: '4',
    AIRFLOW__CORE__FERNET_KEY: keys.fernet,
    AIRFLOW__CORE__AUTH_MANAGER:
      'airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager',
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: `${user}:admin`,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: path.join(home, 'passwords.json'),
    AIRFLOW__API_AUTH__JWT_SECRET: keys.jwt,
    AIRFLOW__API__SECRET_KEY: keys.session,
    AIRFLOW__API__EXPOSE_CONFIG: 'False',
    ...(port !== undefined && {
      AIRFLOW__API__BASE_URL: `http://127.0.0.1:${port}`,
      AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${port}/execution/`,
    }),
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${path.join(home, 'airflow.db')}`,
    AIRFLOW__LOGGING__BASE_LOG_FOLDER: path.join(home, 'logs'),
    // MWAA takes half a minute to notice a changed file; who waits for it here need not.
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: '5',
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
    PYTHONUNBUFFERED: '1',
  };
}
