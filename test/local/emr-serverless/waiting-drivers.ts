import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { CreateApplicationCommandInput } from '@aws-sdk/client-emr-serverless';
import { eventually, region } from '../tiny-endpoint.js';
import type { TinyEmr } from './tiny-emr.js';

/** An application that keeps one driver ready, of the size that `asJobsAsk` asks for. */
export const oneDriver: CreateApplicationCommandInput['initialCapacity'] = {
  Driver: { workerCount: 1, workerConfiguration: { cpu: '1 vCPU', memory: '2 GB' } },
};

/** What the jobs of these tests ask for. */
export const asJobsAsk = [
  ...['spark.driver.cores=1', 'spark.driver.memory=1g', `spark.hadoop.fs.s3a.endpoint.region=${region}`],
  'spark.jars=/usr/share/aws/delta/lib/delta-spark.jar,/usr/share/aws/delta/lib/delta-storage.jar',
  'spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension',
  'spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog',
]
  .map((property) => `--conf ${property}`)
  .join(' ');

/** The processes of drivers that wait for a run, or train for it. */
export function waitingDrivers(tiny: TinyEmr): string[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(tiny.endpoint.directory) && line.includes('SparkSubmit'))
    .filter((line) => line.includes('ready_driver.py'))
    .map((line) => line.trim().split(' ')[0] ?? '');
}

/** The process of the one driver that waits, as soon as it is started. */
export function oneWaits(tiny: TinyEmr): Promise<string> {
  return eventually(() => {
    const [only, ...others] = waitingDrivers(tiny);
    return Promise.resolve(others.length === 0 ? only : undefined);
  });
}

/** The same once it has trained, and does nothing but wait. */
export async function oneIsReady(tiny: TinyEmr): Promise<string> {
  const waits = await oneWaits(tiny);
  // A folder of one that has become a run's has moved, and its old name is a link.
  const ready = path.join(tiny.endpoint.directory, 'service', 'ready');
  await eventually(() => {
    const [home] = readdirSync(ready, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => path.join(ready, name, 'work', 'tmp'))
      .filter((folder) => existsSync(path.join(folder, 'wake')));
    const trains = home === undefined || readdirSync(home).some((name) => name.startsWith('training-'));
    return Promise.resolve(trains ? undefined : true);
  });
  return waits;
}
