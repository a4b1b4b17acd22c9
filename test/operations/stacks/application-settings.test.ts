import { expect } from 'chai';
import {
  applicationSettings,
  differences,
  planApplicationSettings,
} from '../../../src/operations/stacks/application-settings.js';
import type { EnvironmentAccess } from '../../../src/operations/environment-access.js';
import type { OperationEvent } from '../../../src/operations/events.js';
import { platformOf } from '../../stacks/synthesized.js';
import { smallPlatform } from '../../small-platform.js';

const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/0f';
const dev = platformOf('dev');
const spark = { 'spark-defaults': { 'spark.one': '1', 'spark.two': '2' }, empty: {} };
const declared = applicationSettings(dev.environment, spark, keyArn);

describe('what Terraform does not know of the EMR application', () => {
  it('is what the environment declares: the queue, where runs log, with which key in S3, Spark', () => {
    expect(declared).to.deep.equal({
      schedulerConfiguration: { maxConcurrentRuns: 8, queueTimeoutMinutes: 120 },
      monitoringConfiguration: {
        s3MonitoringConfiguration: {
          logUri: 's3://roastery-dev-111122223333-logs/emr/',
          encryptionKeyArn: keyArn,
        },
        cloudWatchLoggingConfiguration: {
          enabled: true,
          logGroupName: '/roastery-dev/jobs',
          logTypes: { SPARK_DRIVER: ['STDOUT', 'STDERR'] },
        },
        managedPersistenceMonitoringConfiguration: { enabled: false },
      },
      runtimeConfiguration: [
        { classification: 'spark-defaults', properties: { 'spark.one': '1', 'spark.two': '2' } },
      ],
    });
  });

  it('does not differ where all of it is there, whatever AWS says besides', () => {
    const found = structuredClone(declared);
    Object.assign(found.monitoringConfiguration, { prometheusMonitoringConfiguration: {} });
    expect(differences(declared, found)).to.deep.equal([]);
  });

  it('differs in each of its parts, one line a part', () => {
    expect(differences(declared, {})).to.deep.equal([
      "runs at once: EMR's default becomes 8",
      "minutes in the queue: EMR's default becomes 120",
      'logs of runs: where they go, and their key',
      "Spark's defaults: spark.one, spark.two",
    ]);
    const drifted = structuredClone(declared);
    drifted.schedulerConfiguration.maxConcurrentRuns = 50;
    drifted.runtimeConfiguration[0] = {
      classification: 'spark-defaults',
      properties: { 'spark.one': '1', 'spark.three': '3' },
    };
    expect(differences(declared, drifted)).to.deep.equal([
      'runs at once: 50 becomes 8',
      "Spark's defaults: spark.three, spark.two",
    ]);
  });

  it('differs where logs lose their key, or AWS keeps a copy of its own', () => {
    const withoutKey = structuredClone(declared);
    delete withoutKey.monitoringConfiguration.s3MonitoringConfiguration?.encryptionKeyArn;
    const withCopy = structuredClone(declared);
    withCopy.monitoringConfiguration.managedPersistenceMonitoringConfiguration = { enabled: true };
    for (const found of [withoutKey, withCopy]) {
      expect(differences(declared, found)).to.deep.equal(['logs of runs: where they go, and their key']);
    }
  });
});

/** An application in some state, with some runs; what is asked of EMR is written down. */
function access(states: string[], runs: string[], found: object = {}) {
  const asked: string[] = [];
  const application = () => ({ id: '00app', name: 'roastery-dev', state: states[0] ?? '' });
  const emr = {
    getApplication: () => Promise.resolve({ application: found }),
    updateApplication: ({ applicationId }: { applicationId: string }) =>
      Promise.resolve(void asked.push(`update ${applicationId}`)),
    stopApplication: () => {
      asked.push('stop');
      states.shift();
      return Promise.resolve({});
    },
  };
  const list = async function* () {
    for (const id of runs) yield await Promise.resolve({ id });
  };
  const aws = {
    runs: { findApplication: () => Promise.resolve(application()), list },
    parameters: { get: () => Promise.resolve(keyArn) },
    clients: { emrServerless: () => Promise.resolve(emr) },
  };
  return {
    asked,
    access: { aws, platform: dev, projectDirectory: smallPlatform } as unknown as EnvironmentAccess,
  };
}

async function applying(environment: EnvironmentAccess) {
  const plan = await planApplicationSettings(environment);
  const running = plan.apply();
  const events: OperationEvent[] = [];
  for (;;) {
    const next = await running.next();
    if (next.done) return { plan, events, changed: next.value };
    events.push(next.value);
  }
}

describe('setting it', () => {
  it('is done on an application at rest', async () => {
    const { asked, access: environment } = access(['CREATED'], []);
    const { plan, changed } = await applying(environment);
    expect(plan.settings.map(({ of }) => of)).to.deep.equal(Array(4).fill('EMR application roastery-dev'));
    expect([asked, changed]).to.deep.equal([['update 00app'], true]);
  });

  it('stops an idle application for it', async () => {
    const { asked, access: environment } = access(['STARTED', 'STOPPED'], []);
    expect((await applying(environment)).changed).to.equal(true);
    expect(asked).to.deep.equal(['stop', 'update 00app']);
  });

  it('leaves an application alone that is at work, and says so', async () => {
    const { asked, access: environment } = access(['STARTED'], ['00run']);
    const { events, changed } = await applying(environment);
    expect([asked, changed]).to.deep.equal([[], false]);
    expect(events).to.have.length(1);
    expect(events[0]).to.include({ type: 'message', level: 'warning' });
  });
});
