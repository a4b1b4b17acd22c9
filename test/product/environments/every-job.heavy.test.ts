import { expect } from 'chai';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { AcceptanceProject } from '../../acceptance/acceptance-project.js';

const { graph, datasets } = loadPlatform(packageDirectory, 'local', {}, {});

/** What an operator types, for each job of the graph: every source lands, and landing it again changes nothing. */
describe('every job, submitted on the local endpoint', function () {
  this.timeout(1_200_000);
  this.bail(true);
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
  const rows = async (table: string): Promise<number> => {
    const printed = await run(`query -e 'select count(*) as many from ${table}' --format csv`);
    return Number(/^many\s+(\d+)$/m.exec(printed)?.[1] ?? NaN);
  };

  it('is deployed first', async () => {
    await run('deploy --yes');
  });

  for (const job of graph.order) {
    it(`${job.id} lands its day, and the same rows when it is run again`, async () => {
      const written = datasets.filter(({ id }) => job.outputs.includes(id));
      expect(written).not.to.be.empty;
      const submit = `submit ${job.group} ${job.id} --date 2026-01-05`;
      await run(submit);
      const first = await Promise.all(written.map(({ table }) => rows(table)));
      for (const count of first) expect(count).to.be.greaterThan(0);
      await run(submit);
      expect(await Promise.all(written.map(({ table }) => rows(table)))).to.deep.equal(first);
    });
  }
});
