/** The environments that MWAA knows: made, shown, changed and deleted at once (simulated.ts). */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readJson, writeWhole } from '../files.js';
import { ServiceError } from '../service.js';
import type { ServiceContext } from '../service.js';
import { logModules } from './shapes.js';
import type { CreateInput, LoggingConfiguration, UpdateInput } from './shapes.js';

export interface Environment extends Omit<CreateInput, 'Tags' | 'LoggingConfiguration'> {
  readonly Name: string;
  readonly Arn: string;
  readonly Status: 'AVAILABLE';
  /** Seconds since 1970. */
  readonly CreatedAt: number;
  readonly WebserverUrl: string;
  readonly ServiceRoleArn: string;
  readonly CeleryExecutorQueue: string;
  readonly LoggingConfiguration: object;
  readonly LastUpdate: object;
  readonly Tags: Readonly<Record<string, string>>;
}

export function invalid(message: string): ServiceError {
  return new ServiceError(400, 'ValidationException', message);
}

export class Environments {
  readonly #file: string;
  #byName: Record<string, Environment>;

  constructor(context: ServiceContext) {
    this.#file = join(context.stateDirectory, 'environments.json');
    this.#byName = readJson<Record<string, Environment>>(this.#file) ?? {};
  }

  names(): string[] {
    return Object.keys(this.#byName).sort();
  }

  /** @throws ServiceError ResourceNotFoundException */
  get(name: string): Environment {
    const found = Object.hasOwn(this.#byName, name) ? this.#byName[name] : undefined;
    if (!found) throw new ServiceError(404, 'ResourceNotFoundException', `Environment ${name} not found`);
    return found;
  }

  /** @throws ServiceError ResourceNotFoundException */
  byArn(arn: string): Environment {
    const found = Object.values(this.#byName).find(({ Arn }) => Arn === arn);
    if (!found) throw new ServiceError(404, 'ResourceNotFoundException', `Environment ${arn} not found`);
    return found;
  }

  create(name: string, input: CreateInput, region: string, account: string): Environment {
    if (Object.hasOwn(this.#byName, name)) throw invalid(`Environment with name ${name} already exists`);
    const now = Date.now() / 1000;
    const micro = input.EnvironmentClass === 'mw1.micro';
    const { LoggingConfiguration, Tags, ...given } = input;
    const id = randomBytes(6).toString('hex');
    return this.#keep({
      // What AWS chooses where the request says nothing.
      AirflowVersion: '3.0.6',
      EnvironmentClass: 'mw1.small',
      MinWorkers: 1,
      MaxWorkers: micro ? 1 : 10,
      Schedulers: micro ? 1 : 2,
      MinWebservers: micro ? 1 : 2,
      MaxWebservers: micro ? 1 : 2,
      WebserverAccessMode: 'PRIVATE_ONLY',
      EndpointManagement: 'SERVICE',
      WeeklyMaintenanceWindowStart: 'SUN:00:00',
      ...given,
      Name: name,
      Arn: `arn:aws:airflow:${region}:${account}:environment/${name}`,
      Status: 'AVAILABLE',
      CreatedAt: now,
      WebserverUrl: `${id}.c0.${region}.airflow.amazonaws.com`,
      ServiceRoleArn: `arn:aws:iam::${account}:role/aws-service-role/airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA`,
      CeleryExecutorQueue: `arn:aws:sqs:${region}:${account}:airflow-celery-${id}`,
      LoggingConfiguration: logging(LoggingConfiguration ?? {}, name, region, account),
      LastUpdate: { Status: 'SUCCESS', CreatedAt: now },
      Tags: Tags ?? {},
    });
  }

  update(name: string, input: UpdateInput, region: string, account: string): Environment {
    const environment = this.get(name);
    const { LoggingConfiguration, NetworkConfiguration, WorkerReplacementStrategy, ...given } = input;
    const merged: Environment = { ...environment, ...(given as Partial<Environment>) };
    if ((merged.MinWorkers ?? 1) > (merged.MaxWorkers ?? 1)) {
      throw invalid('MinWorkers must not be greater than MaxWorkers.');
    }
    return this.#keep({
      ...merged,
      NetworkConfiguration: { ...environment.NetworkConfiguration, ...NetworkConfiguration },
      LoggingConfiguration: {
        ...environment.LoggingConfiguration,
        ...(LoggingConfiguration && logging(LoggingConfiguration, name, region, account, false)),
      },
      LastUpdate: {
        Status: 'SUCCESS',
        CreatedAt: Date.now() / 1000,
        ...(WorkerReplacementStrategy && { WorkerReplacementStrategy }),
      },
    });
  }

  delete(name: string): void {
    this.get(name);
    this.#byName = Object.fromEntries(Object.entries(this.#byName).filter(([known]) => known !== name));
    this.#write();
  }

  tag(arn: string, change: (tags: Readonly<Record<string, string>>) => Record<string, string>): void {
    const environment = this.byArn(arn);
    const tags = change(environment.Tags);
    if (Object.keys(tags).length > 50) throw invalid('A resource has at most 50 tags.');
    this.#keep({ ...environment, Tags: tags });
  }

  #keep(environment: Environment): Environment {
    this.#byName = { ...this.#byName, [environment.Name]: environment };
    this.#write();
    return environment;
  }

  #write(): void {
    writeWhole(this.#file, JSON.stringify(this.#byName));
  }
}

/** Logging as MWAA shows it: every module, with the log group that it writes to. */
function logging(
  given: LoggingConfiguration,
  name: string,
  region: string,
  account: string,
  all = true,
): object {
  return Object.fromEntries(
    logModules
      .filter((module) => all || given[module])
      .map((module) => [
        module,
        {
          Enabled: false,
          LogLevel: 'INFO',
          ...given[module],
          CloudWatchLogGroupArn:
            `arn:aws:logs:${region}:${account}:log-group:` +
            `airflow-${name}-${module.replace('Logs', '').replace('Webserver', 'WebServer')}`,
        },
      ]),
  );
}
