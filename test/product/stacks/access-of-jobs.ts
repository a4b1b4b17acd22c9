import { expect } from 'chai';
import type { Dataset } from '../../../src/model/dataset.js';
import type { BucketKind } from '../../../src/model/layers.js';
import { sourceIdOf } from '../../../src/model/lineage.js';
import { names } from '../../../src/model/names.js';
import { secretsOf } from '../../../src/model/secrets.js';
import { SimulatedAccess } from '../../stacks/simulated-access.js';
import type { Synthesized } from '../../stacks/synthesized.js';

const allowed = 'Allowed';

/** What was decided, beside what should have been: only where they differ. */
class Verdicts {
  readonly wrong: string[] = [];
  private counts = { allowed: 0, denied: 0 };

  expect(should: boolean, what: string, result: string): void {
    this.counts[should ? 'allowed' : 'denied'] += 1;
    if ((result === allowed) !== should)
      this.wrong.push(`${what}: ${result}, should be ${should ? allowed : 'denied'}`);
  }

  /** Both kinds must have been asked for, or the test proved nothing. */
  check(): void {
    expect(this.wrong).to.deep.equal([]);
    expect(this.counts.allowed).to.be.greaterThan(0);
    expect(this.counts.denied).to.be.greaterThan(0);
  }
}

/**
 * Tests of what each job may do with each dataset, key, source, log and secret: what the graph says, and nothing else.
 * @param title what is synthesized, as the tests' name says it
 * @param make synthesizes it
 */
export function testAccessOfJobs(title: string, make: () => Synthesized): void {
  describe(`access in ${title}`, function () {
    let platform: Synthesized['platform'];
    let access: SimulatedAccess;
    before(() => {
      const made = make();
      platform = made.platform;
      access = new SimulatedAccess(made);
    });
    const callers = () =>
      platform.jobs.map((job) => ({ job, caller: access.role(names.jobRole(platform.environment, job)) }));

    it('a job reads the objects of its inputs and writes those of its outputs, and of no other dataset', () => {
      const verdicts = new Verdicts();
      for (const { job, caller } of callers()) {
        for (const dataset of platform.datasets) {
          const [reads, writes] = [job.inputs.includes(dataset.id), job.outputs.includes(dataset.id)];
          for (const [table, own] of [
            [dataset.table, reads || writes],
            [`${dataset.table}__quarantine`, writes],
          ] as const) {
            const ask = (action: string) =>
              access.object(caller, action, dataset.layer, `${table}/part-0.parquet`);
            verdicts.expect(own, `${job.id} reads ${dataset.layer}/${table}`, ask('s3:GetObject'));
            for (const action of ['s3:PutObject', 's3:DeleteObject']) {
              verdicts.expect(writes, `${job.id} ${action} ${dataset.layer}/${table}`, ask(action));
            }
            // Names are those of a bucket: S3 tells of an object that is not there to whom it tells all names.
            const near = platform.datasets.some(
              ({ id, layer }) =>
                layer === dataset.layer && (job.inputs.includes(id) || job.outputs.includes(id)),
            );
            for (const context of [{ 's3:prefix': `${table}/` }, {}]) {
              const list = access.bucket(caller, 's3:ListBucket', dataset.layer, context);
              verdicts.expect(near, `${job.id} lists ${dataset.layer}/${table}`, list);
            }
          }
        }
      }
      verdicts.check();
    });

    it('a job knows the tables of its inputs and outputs in the catalog, and changes those of its outputs', () => {
      const verdicts = new Verdicts();
      const table = (dataset: Dataset) => {
        const { region, account } = platform.environment;
        return `arn:aws:glue:${region}:${account}:table/${names.database(platform.environment, dataset.layer)}/${dataset.table}`;
      };
      for (const { job, caller } of callers()) {
        for (const dataset of platform.datasets) {
          const [reads, writes] = [job.inputs.includes(dataset.id), job.outputs.includes(dataset.id)];
          const ask = (action: string) => access.plain(caller, action, table(dataset));
          verdicts.expect(reads || writes, `${job.id} gets ${dataset.id}`, ask('glue:GetTable'));
          verdicts.expect(writes, `${job.id} updates ${dataset.id}`, ask('glue:UpdateTable'));
          verdicts.expect(false, `${job.id} deletes ${dataset.id}`, ask('glue:DeleteTable'));
        }
      }
      verdicts.check();
    });

    it('a job uses the keys of the layers that it reads and writes, through S3, and no other', () => {
      const verdicts = new Verdicts();
      const sourced = (job: (typeof platform.jobs)[number]) =>
        job.inputs.some((input) => sourceIdOf(input) !== undefined);
      for (const { job, caller } of callers()) {
        const layersOf = (ids: readonly string[]): BucketKind[] =>
          platform.datasets.filter(({ id }) => ids.includes(id)).map(({ layer }) => layer);
        const writes = layersOf(job.outputs);
        const reads = [...layersOf(job.inputs), ...writes, ...(sourced(job) ? (['landing'] as const) : [])];
        for (const bucket of ['landing', 'bronze', 'silver', 'gold'] as const) {
          const ask = (action: string) => access.keyOf(caller, action, bucket, 'any/part');
          verdicts.expect(reads.includes(bucket), `${job.id} decrypts ${bucket}`, ask('kms:Decrypt'));
          verdicts.expect(
            writes.includes(bucket),
            `${job.id} encrypts ${bucket}`,
            ask('kms:GenerateDataKey'),
          );
          verdicts.expect(
            false,
            `${job.id} decrypts ${bucket} itself`,
            access.key(caller, 'kms:Decrypt', bucket),
          );
        }
      }
      verdicts.check();
    });

    it("a job reads its own sources' deliveries and none of the others", () => {
      const verdicts = new Verdicts();
      for (const { job, caller } of callers()) {
        for (const source of platform.sources) {
          const key = `${source.path.replace('{date}', '2026-01-01')}part.csv`;
          const own = job.inputs.includes(`source/${source.id}`);
          verdicts.expect(
            own,
            `${job.id} reads ${source.id}`,
            access.object(caller, 's3:GetObject', 'landing', key),
          );
          verdicts.expect(
            false,
            `${job.id} writes ${source.id}`,
            access.object(caller, 's3:PutObject', 'landing', key),
          );
        }
      }
      verdicts.check();
    });

    it('a job logs under its own name alone, and reads releases but makes none', () => {
      const verdicts = new Verdicts();
      const { region, account } = platform.environment;
      const group = `arn:aws:logs:${region}:${account}:log-group:${names.jobLogGroup(platform.environment)}`;
      for (const { job, caller } of callers()) {
        for (const other of platform.jobs) {
          const own = other === job;
          const put = access.object(
            caller,
            's3:PutObject',
            'logs',
            `emr/${other.id}/applications/a/jobs/b/driver.gz`,
          );
          verdicts.expect(own, `${job.id} logs as ${other.id}`, put);
          const stream = `${group}:log-stream:${other.id}/applications/a/jobs/b`;
          verdicts.expect(
            own,
            `${job.id} streams as ${other.id}`,
            access.plain(caller, 'logs:PutLogEvents', stream),
          );
        }
        for (const [action, should] of [
          ['s3:GetObject', true],
          ['s3:PutObject', false],
        ] as const) {
          verdicts.expect(
            should,
            `${job.id} ${action} release`,
            access.object(caller, action, 'artifacts', 'releases/x/jobs.zip'),
          );
        }
      }
      verdicts.check();
    });

    it('a secret is fetched by the jobs that need it and by no other', () => {
      const secrets = secretsOf(platform);
      const wrong: string[] = [];
      for (const secret of secrets) {
        for (const { job, caller } of callers()) {
          const own = secret.readers.some(({ id }) => id === job.id);
          const result = access.secret(caller, 'secretsmanager:GetSecretValue', secret.name);
          if ((result === allowed) !== own) wrong.push(`${job.id} ${secret.name}: ${result}`);
        }
      }
      expect(wrong).to.deep.equal([]);
      expect(secrets.flatMap(({ readers }) => readers).length, 'readers').to.be.greaterThan(0);
    });
  });
}
