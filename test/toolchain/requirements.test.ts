import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageDirectory } from '../../src/project/project-directory.js';
import { plainName, wantedJars } from '../../src/toolchain/jars.js';

const folder = join(packageDirectory, 'requirements');
const lists = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('the pinned lists', () => {
  it('exist for every list of wishes', () => {
    const ofJars = ['jars.in', 'openlineage.in', 'kafka-broker.in'];
    const wishes = readdirSync(folder).filter((name) => name.endsWith('.in') && !ofJars.includes(name));
    expect(lists.sort()).to.deep.equal(wishes.map((name) => name.replace(/in$/, 'txt')).sort());
  });

  for (const name of lists) {
    it(`pin each of ${name} by version and hash, and name no index`, () => {
      const requirements = textOf(name)
        .replaceAll('\\\n', ' ')
        .split('\n')
        .filter((line) => /^[a-z0-9]/i.test(line));
      expect(requirements).not.to.be.empty;
      for (const line of requirements) expect(line).to.match(/^\S+==\S+ .*--hash=sha256:[0-9a-f]{64}/);
      expect(textOf(name)).not.to.match(/https?:|--(extra-)?index-url|--find-links/);
    });
  }

  it('agree where two are installed into one environment', () => {
    // One for each Python, where the newest does not run on all.
    const versions = (name: string) => [...textOf(name).matchAll(/^(\S+)==(\S+)/gm)];
    for (const [one, other] of [
      ['jobs.txt', 'dev.txt'],
      ['airflow.txt', 'airflow-dev.txt'],
    ] as const) {
      const pins = versions(one);
      for (const [, name = '', version] of versions(other)) {
        const known = pins.filter((pin) => pin[1] === name).map((pin) => pin[2]);
        if (known.length > 0) expect(known, name).to.include(version);
      }
    }
  });

  for (const set of ['jars', 'openlineage', 'kafka-broker'] as const) {
    it(`hold the jars that ${set}.in asks for, by plain name`, () => {
      const jars = [...wantedJars(set).keys()];
      const asked = [...textOf(`${set}.in`).matchAll(/^[\w.]+:([\w.-]+):([\w.]+)$/gm)];
      expect(asked.length).to.be.greaterThan(0);
      for (const [, artifact, version] of asked) {
        expect(jars).to.include(`${artifact ?? ''}-${version ?? ''}.jar`);
      }
    });
  }

  it('name jars without the group that Ivy puts before them', () => {
    expect(plainName('io.delta_delta-spark_2.12-3.3.2.jar')).to.equal('delta-spark_2.12-3.3.2.jar');
    expect(plainName('org.wildfly.openssl_wildfly-openssl-1.0.7.Final.jar')).to.equal(
      'wildfly-openssl-1.0.7.Final.jar',
    );
  });
});
