import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { awsClients } from '../../../src/aws/clients.js';
import { s3Records, type Records } from '../../../src/aws/records.js';
import { fileRecords } from '../../../src/operations/state/file-records.js';
import { account, region, StartedEndpoint } from '../../local/started-endpoint.js';
import { failureOf } from '../collect.js';

/** What a lock stands on, wherever it is kept. */
function areWrittenOnlyWhereNobodyElseHas(records: () => Records): void {
  it('is made once, whoever tries at the same moment', async () => {
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, index) => records().create('locks/once.json', `{"by":${index}}`)),
    );
    const winners = made.flatMap((version, index) => (version === undefined ? [] : [index]));
    expect(winners).to.have.length(1);
    expect(JSON.parse((await records().read('locks/once.json'))?.text ?? '')).to.deep.equal({
      by: winners[0],
    });
  });

  it('is replaced and removed by who has read it as it is, and by nobody else', async () => {
    const first = await records().create('locks/a.json', 'first');
    const second = await records().replace('locks/a.json', 'second', first ?? '');
    expect(second).to.be.a('string');
    expect(await records().replace('locks/a.json', 'third', first ?? '')).to.equal(undefined);
    expect(await records().remove('locks/a.json', first ?? '')).to.equal(false);
    expect((await records().read('locks/a.json'))?.text).to.equal('second');
    expect(await records().remove('locks/a.json', second ?? '')).to.equal(true);
    expect(await records().read('locks/a.json')).to.equal(undefined);
    expect(await records().replace('locks/a.json', 'fourth', second ?? '')).to.equal(undefined);
  });

  it('is changed by one of many who have read the same of it', async () => {
    const first = (await records().create('locks/many.json', 'first')) ?? '';
    const changed = await Promise.all([
      ...Array.from({ length: 5 }, (_, by) => records().replace('locks/many.json', `by ${by}`, first)),
      ...Array.from(
        { length: 5 },
        async () => (await records().remove('locks/many.json', first)) || undefined,
      ),
    ]);
    const done = changed.filter((one) => one !== undefined);
    expect(done).to.have.length(1);
    const found = await records().read('locks/many.json');
    expect(found?.version).to.equal(done[0] === true ? undefined : done[0]);
  });

  it('is given another name as it is, by who has read it as it is', async () => {
    const text = '{"cut": "sh';
    const first = await records().create('states/a', text);
    expect(await records().move('states/a', 'states/a.kept', 'another')).to.equal(false);
    expect((await records().read('states/a'))?.text).to.equal(text);
    expect(await records().move('states/a', 'states/a.kept', first ?? '')).to.equal(true);
    expect(await records().read('states/a')).to.equal(undefined);
    expect((await records().read('states/a.kept'))?.text).to.equal(text);
    expect(await records().move('states/a', 'states/a.kept', first ?? '')).to.equal(false);
  });

  it('is listed by what its name begins with, in order', async () => {
    for (const name of ['unlocks/dev/2.json', 'unlocks/dev/1.json', 'unlocks/other/1.json']) {
      await records().create(name, '{}');
    }
    expect(await records().list('unlocks/dev/')).to.deep.equal(['unlocks/dev/1.json', 'unlocks/dev/2.json']);
    expect(await records().list('unlocks/nobody/')).to.deep.equal([]);
  });
}

describe('a record in a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-records-'));
  after(() => rmSync(directory, { recursive: true }));
  areWrittenOnlyWhereNobodyElseHas(() => fileRecords(directory));
});

describe('a record in a bucket', function () {
  const endpoint = new StartedEndpoint();
  const clients = () => awsClients({ region, account, endpoint: endpoint.url });
  before(async () => {
    await endpoint.up();
    await endpoint.call('s3', 'create_bucket', {
      Bucket: 'states',
      CreateBucketConfiguration: { LocationConstraint: region },
    });
  });
  after(() => endpoint.end());
  areWrittenOnlyWhereNobodyElseHas(() => s3Records(clients(), 'states', account));

  it('of a bucket that is not there is a failure of its own', async () => {
    const records = s3Records(clients(), 'nothing-here', account);
    expect(await failureOf(records.create('locks/a.json', '{}'))).to.have.property('code', 'DP5008');
  });
});
