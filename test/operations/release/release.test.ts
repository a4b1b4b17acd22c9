import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { DataplatError } from '../../../src/model/errors.js';
import { planRelease, type Release } from '../../../src/operations/release/release.js';
import { publishRelease } from '../../../src/operations/release/publish-release.js';
import {
  readCurrentRelease,
  resolveRelease,
  writeCurrentRelease,
} from '../../../src/operations/release/current-release.js';
import { readReleaseFiles } from '../../../src/operations/release/read-release-files.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { failureOf, madeBy } from '../collect.js';
import { MemoryObjects } from '../memory-objects.js';
import { smallPlatform } from '../../small-platform.js';

const { environment } = loadPlatform(smallPlatform, 'local', {}, {});
const bucket = `${environment.lake.bucketPrefix}-artifacts`;
const file = (path: string, text: string) => ({ path, content: Buffer.from(text) });

async function publish(release: Release, objects: MemoryObjects): Promise<number> {
  return (await madeBy(publishRelease(release, environment, objects))).uploaded;
}

describe('a release', () => {
  let folder: string;
  const write = (path: string, text: string): string => {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    return target;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dataplat-release-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is named by its content, whatever the order in which files are found', () => {
    const a = file('jobs/a.py', '1');
    const b = file('config/b.yaml', '2');
    expect(planRelease([a, b]).id)
      .to.equal(planRelease([b, a]).id)
      .and.to.match(/^[0-9a-f]{16}$/);
    expect(planRelease([a, file('config/b.yaml', '3')]).id).not.to.equal(planRelease([a, b]).id);
    expect(planRelease([a, file('config/c.yaml', '2')]).id).not.to.equal(planRelease([a, b]).id);
    expect(planRelease([a, b], { path: 'x', hash: 'h' }).id).not.to.equal(planRelease([a, b]).id);
  });

  it('takes the job library from the package and all else from the project, without what tools leave', () => {
    write('project/jobs/__init__.py', '');
    write('project/jobs/ingest/orders.py', 'project');
    write('project/jobs/ingest/__pycache__/orders.cpython-39.pyc', 'x');
    write('project/jobs/common/cli.py', 'project');
    write('project/config/environments/local.yaml', 'project');
    write('project/config/editor/environment.schema.json', '{}');
    write('project/config/.hidden', 'x');
    write('package/jobs/__init__.py', 'package');
    write('package/jobs/common/cli.py', 'package');
    write('package/jobs/ingest/crm.py', 'package');
    const files = readReleaseFiles(join(folder, 'project'), join(folder, 'package'));
    expect(
      Object.fromEntries(files.map(({ path, content }) => [path, Buffer.from(content).toString()])),
    ).to.deep.equal({
      'jobs/__init__.py': '',
      'jobs/ingest/orders.py': 'project',
      'jobs/common/cli.py': 'package',
      'config/environments/local.yaml': 'project',
    });
  });

  it('holds archives that unzip and tar open, with the paths that a run expects', async () => {
    const objects = new MemoryObjects();
    const release = planRelease([
      file('jobs/ingest/orders.py', 'print(1)'),
      file('config/environments/local.yaml', 'name: local'),
      file(`config/schemas/${'long'.repeat(40)}.json`, '{}'),
      file('platform.json', '{}'),
      file('dags/daily.py', 'dag'),
    ]);
    await publish(release, objects);
    const read = (path: string): Buffer =>
      objects.stored.get(`${bucket}/releases/${release.id}/${path}`) ?? expect.fail(`no ${path}`);
    writeFileSync(join(folder, 'jobs.zip'), read('jobs.zip'));
    writeFileSync(join(folder, 'config.tar.gz'), read('config.tar.gz'));
    const python =
      'import zipfile,sys; print(zipfile.ZipFile(sys.argv[1]).read("jobs/ingest/orders.py").decode())';
    expect(
      execFileSync('python3', ['-c', python, join(folder, 'jobs.zip')])
        .toString()
        .trim(),
    ).to.equal('print(1)');
    const listed = execFileSync('tar', ['-tzf', join(folder, 'config.tar.gz')])
      .toString()
      .trim()
      .split('\n');
    expect(listed).to.deep.equal([
      'config/environments/local.yaml',
      `config/schemas/${'long'.repeat(40)}.json`,
      'platform.json',
    ]);
    expect(read('jobs/ingest/orders.py').toString()).to.equal('print(1)');
    expect(read('dags/daily.py').toString()).to.equal('dag');
    const manifest = JSON.parse(read('manifest.json').toString()) as {
      release: string;
      files: { path: string }[];
    };
    expect(manifest.release).to.equal(release.id);
    expect(manifest.files.map(({ path }) => path)).to.include('jobs/ingest/orders.py');
  });

  it('is one call where it is there already, and its manifest is the last to come', async () => {
    const objects = new MemoryObjects();
    const release = planRelease([file('jobs/a.py', '1')]);
    expect(await publish(release, objects)).to.equal(4); // a.py, jobs.zip, config.tar.gz, manifest.json
    expect(objects.calls.at(-1)).to.equal(`put ${bucket}/releases/${release.id}/manifest.json`);
    objects.calls.length = 0;
    expect(await publish(release, objects)).to.equal(0);
    expect(objects.calls).to.have.length(1);
  });

  it('has no manifest where an upload failed', async () => {
    const objects = new MemoryObjects();
    const put = objects.put;
    objects.put = (place, body) =>
      place.key.endsWith('jobs.zip') ? Promise.reject(new Error('no')) : put(place, body);
    const release = planRelease([file('jobs/a.py', '1')]);
    expect(await failureOf(publish(release, objects))).to.have.property('message', 'no');
    expect([...objects.stored.keys()].filter((key) => key.endsWith('manifest.json'))).to.deep.equal([]);
  });

  it('brings the jars of its connectors, which are part of its name', async () => {
    const objects = new MemoryObjects();
    const jar = { name: 'kafka-clients-3.4.1.jar', path: write('kafka.jar', 'connector'), hash: 'abc' };
    const plain = planRelease([file('jobs/a.py', '1')]);
    const release = planRelease([file('jobs/a.py', '1')], undefined, undefined, [jar]);
    expect(release.id).not.to.equal(plain.id);
    await publish(release, objects);
    const key = `${bucket}/releases/${release.id}/jars/kafka-clients-3.4.1.jar`;
    expect(objects.stored.get(key)?.toString()).to.equal('connector');
  });

  it('uploads the libraries once for all releases that have the same', async () => {
    const objects = new MemoryObjects();
    const libraries = { path: write('libraries.tar.gz', 'libraries'), hash: 'abc' };
    const first = planRelease([file('jobs/a.py', '1')], libraries);
    const second = planRelease([file('jobs/a.py', '2')], libraries);
    await publish(first, objects);
    await publish(second, objects);
    expect(
      objects.calls.filter((call) => call.startsWith('put') && call.includes('libraries')),
    ).to.have.length(1);
    for (const { id } of [first, second]) {
      expect(objects.stored.get(`${bucket}/releases/${id}/libraries.tar.gz`)?.toString()).to.equal(
        'libraries',
      );
    }
  });

  it('is the current one once deploy says so, or the one that is named by a beginning of its id', async () => {
    const objects = new MemoryObjects();
    const release = planRelease([file('jobs/a.py', '1')]);
    const before = await failureOf(resolveRelease(environment, objects));
    expect(before).to.be.instanceOf(DataplatError).with.property('code', 'DP4004');
    await publish(release, objects);
    await writeCurrentRelease(release.id, environment, objects);
    expect(await readCurrentRelease(environment, objects)).to.equal(release.id);
    expect(await resolveRelease(environment, objects)).to.equal(release.id);
    expect(await resolveRelease(environment, objects, release.id.slice(0, 5))).to.equal(release.id);
    expect(await failureOf(resolveRelease(environment, objects, 'feed'))).to.have.property('code', 'DP1001');
  });
});
