import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { maskingKey } from '../../../src/model/connector.js';
import type { Dataset } from '../../../src/model/dataset.js';
import { names } from '../../../src/model/names.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { namedQueries } from '../../../src/project/named-queries.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { projectFiles } from '../../../src/project/project-files.js';
import { AcceptanceProject } from '../../acceptance/acceptance-project.js';

const helpers = join(packageDirectory, 'test', 'acceptance', 'helpers.sh');
const { graph, datasets, environment } = loadPlatform(packageDirectory, 'local', {}, {});

/** What an operator types, for each job of the graph: every source lands, and landing it again changes nothing. */
describe('every job, submitted on the local endpoint', function () {
  this.timeout(1_200_000);
  let project: AcceptanceProject;
  before(async () => {
    project = await AcceptanceProject.make(packageDirectory);
  });
  after(() => project.remove());

  const run = async (command: string): Promise<string> => {
    const { code, printed } = await project.bash(`dataplat ${command} --quiet`);
    if (code !== 0) throw new Error(`dataplat ${command} ended with ${code}:\n${printed}`);
    return printed;
  };
  const rows = async ({ layer, table }: Dataset): Promise<number> => {
    const database = names.database(environment, layer);
    const printed = await run(
      `query -e 'select count(*) as many from ${table}' --database ${database} --format csv`,
    );
    return Number(/^many\s+(\d+)$/m.exec(printed)?.[1] ?? NaN);
  };

  it('is deployed first, and given the key to mask by, which an administrator puts in', async () => {
    await run('deploy --yes');
    const key = JSON.stringify({ key: randomBytes(32).toString('hex') });
    const id = names.secret(environment, maskingKey);
    const { code, printed } = await project.bash(
      `source '${helpers}'; aws_cli secretsmanager put-secret-value --secret-id ${id} --secret-string '${key}'`,
    );
    expect(code, printed).to.equal(0);
  });

  // What keeps tables in order comes once they are there.
  const maintenance = graph.order.filter(({ mode }) => mode === 'maintenance');
  for (const job of [...graph.order.filter(({ mode }) => mode !== 'maintenance'), ...maintenance]) {
    it(`${job.id} lands its day, and the same rows when it is run again`, async () => {
      const written = datasets.filter(({ id }) => job.outputs.includes(id));
      expect(written).not.to.be.empty;
      const submit = `submit ${job.group} ${job.id} --date 2026-01-05`;
      await run(submit);
      const first = await Promise.all(written.map(rows));
      for (const count of first) expect(count).to.be.greaterThan(0);
      await run(submit);
      expect(await Promise.all(written.map(rows))).to.deep.equal(first);
    });
  }

  it('has sold in gold what bronze comes to, to the cent', async () => {
    const bronze = names.database(environment, 'bronze');
    const found = await run(
      `query -e "SELECT count(*) AS orders, sum(amount_eur) AS eur FROM sales_fact" --database ${names.database(environment, 'gold')} --format csv`,
    );
    // Of one day each key is in bronze once. Cents by whole numbers: twice the amount, half a cent more, rounded down.
    writeFileSync(
      join(project.directory, 'sold.sql'),
      `WITH applied AS (
         SELECT o.order_id, max(r.rate_date) AS rate_date
         FROM ${bronze}.snowflake_orders o JOIN ${bronze}.fx_rates r
           ON r.quote_currency = o.currency AND r.rate_date <= CAST(o.ordered_at AS DATE)
         GROUP BY o.order_id
       ), rated AS (
         SELECT CAST(o.order_total * 100 AS BIGINT) AS cents, CAST(r.rate * 100000000 AS BIGINT) AS rate
         FROM ${bronze}.snowflake_orders o JOIN applied a ON a.order_id = o.order_id
         JOIN ${bronze}.fx_rates r ON r.quote_currency = o.currency AND r.rate_date = a.rate_date
         UNION ALL
         SELECT CAST(order_total * 100 AS BIGINT), 100000000 FROM ${bronze}.snowflake_orders WHERE currency = 'EUR'
       )
       SELECT count(*) AS orders,
         CAST(sum(floor((2e0 * cents * 100000000 + rate) / (2e0 * rate))) / 100 AS DECIMAL(18,2)) AS eur
       FROM rated`,
    );
    const expected = await run('query sold.sql --format csv');
    expect(/\d+,\d+\.\d\d/.exec(found)?.[0]).to.be.a('string');
    expect(/\d+,\d+\.\d\d/.exec(found)?.[0]).to.equal(/\d+,\d+\.\d\d/.exec(expected)?.[0]);
  });

  it('has credited by each model what was sold', async () => {
    const printed = await run(
      `query -e "SELECT count(DISTINCT credit) AS sums, count(*) AS models FROM (SELECT model, sum(credit_eur) AS credit FROM marketing_attribution GROUP BY model)" --database ${names.database(environment, 'gold')} --format csv`,
    );
    expect(printed).to.match(/^1,5$/m);
  });

  for (const { name, sql } of namedQueries(projectFiles(packageDirectory))) {
    it(`answers the query ${name}`, async () => {
      const values = [...(sql.split('\n')[0] ?? '').matchAll(/--param \S+/g)].join(' ');
      const printed = await run(`query ${name} ${values} --format csv`);
      expect(printed.trim()).to.not.equal('');
    });
  }
});
