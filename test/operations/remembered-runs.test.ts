import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JobRuns } from '../../src/aws/job-runs.js';
import { rememberedRuns, rememberedRunsFile } from '../../src/operations/remembered-runs.js';
import { MemoryRuns } from './memory-runs.js';

const billed = { vcpuHours: 0.25, memoryGbHours: 1, storageGbHours: 0 };

describe('runs that are remembered', () => {
  let directory: string;
  let file: string;
  let asked: string[];
  let runs: JobRuns;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dataplat-remembered-'));
    file = rememberedRunsFile(directory, 'local');
    asked = [];
    const memory = new MemoryRuns();
    memory.add({ id: 'done', state: 'SUCCESS', billed, endedAt: new Date('2026-01-06T06:01:00Z') });
    memory.add({ id: 'unbilled', state: 'FAILED' });
    memory.add({ id: 'active', state: 'RUNNING' });
    const get = memory.get.bind(memory);
    memory.get = (application, id) => {
      asked.push(id);
      return get(application, id);
    };
    runs = memory;
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const all = async (): Promise<unknown[]> => {
    const remembered = await rememberedRuns(runs, file);
    const found = await Promise.all(
      ['done', 'unbilled', 'active', 'none'].map((id) => remembered.runs.get('app', id)),
    );
    await remembered.keep();
    return found;
  };

  it('are asked for once where they have ended and were billed, and are as EMR told them', async () => {
    const first = await all();
    expect(asked).to.deep.equal(['done', 'unbilled', 'active', 'none']);
    asked = [];
    expect(await all()).to.deep.equal(first);
    expect(asked).to.deep.equal(['unbilled', 'active', 'none']);
  });

  it('are those of their application', async () => {
    await all();
    asked = [];
    await (await rememberedRuns(runs, file)).runs.get('other', 'done');
    expect(asked).to.deep.equal(['done']);
  });

  it('are asked for again where the file was cut off', async () => {
    const first = await all();
    writeFileSync(file, '[["app/done",{"id":"do');
    asked = [];
    expect(await all()).to.deep.equal(first);
    expect(asked).to.include('done');
  });
});
