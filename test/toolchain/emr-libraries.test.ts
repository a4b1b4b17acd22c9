import { chmodSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { extract } from 'tar-stream';
import { packDirectory } from '../../src/toolchain/emr-libraries.js';
import { FakeMachine } from './fake-machine.js';

describe("the jobs' libraries for EMR", () => {
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
  });
  afterEach(() => machine.remove());

  /** The same libraries, laid down in another order, at another time, by another interpreter. */
  function installed(name: string, files: readonly string[], interpreter: string): string {
    const folder = join(machine.root, name);
    for (const file of files) {
      const path = machine.file(join(folder, file), `content of ${file}`);
      utimesSync(path, new Date(), new Date(name.length * 1e9));
      chmodSync(path, file.endsWith('.so') ? 0o775 : 0o600);
    }
    machine.file(join(folder, 'bin', 'tool'), `#!${interpreter}`);
    machine.file(join(folder, 'yaml.dist-info', 'RECORD'), `bin/tool,sha256=${interpreter}`);
    return folder;
  }

  it('are packed into the same bytes wherever they are built', async () => {
    const files = ['yaml/_yaml.so', 'yaml/__init__.py', 'yaml.dist-info/METADATA'];
    const [one, other] = [join(machine.root, 'one.tar.gz'), join(machine.root, 'other.tar.gz')];
    await packDirectory(installed('first', files, '/usr/bin/python3'), one);
    await packDirectory(installed('second one', [...files].reverse(), '/opt/python'), other);
    expect(readFileSync(one).equals(readFileSync(other))).to.equal(true);
  });

  it('hold what is imported, sorted and executable where it was, without scripts', async () => {
    const archive = join(machine.root, 'one.tar.gz');
    await packDirectory(
      installed('first', ['b/_b.so', 'b/__init__.py', 'a.py'], '/usr/bin/python3'),
      archive,
    );
    const found: string[] = [];
    const unpacking = extract();
    unpacking.end(gunzipSync(readFileSync(archive)));
    for await (const entry of unpacking) {
      found.push(`${entry.header.name} ${(entry.header.mode ?? 0).toString(8)}`);
      entry.resume();
    }
    expect(found).to.deep.equal(['a.py 644', 'b/__init__.py 644', 'b/_b.so 755']);
  });
});
