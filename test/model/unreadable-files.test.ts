import { expect } from 'chai';
import { readDocument } from '../../src/model/document.js';
import { validateProject } from '../../src/model/read-platform.js';
import { edited, projectWith } from './project.js';

const environment = 'config/environments/local.yaml';

function problemsOf(file: string, text: string): string[] {
  return readDocument(file, text).problems.map(
    ({ location: { line, column }, message, hint }) =>
      `${line}:${column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

function problemsWith(from: string, to: string): string[] {
  return validateProject(projectWith({ [environment]: edited(environment, from, to) })).problems.map(
    ({ location, message, hint }) =>
      `${location.file}:${location.line}:${location.column} ${message} (${hint ?? ''})`,
  );
}

describe('a file that cannot be read', () => {
  it('is named with the place of a reference to nothing, of what cannot be merged, and of aliases without end', () => {
    expect(problemsOf('a.yaml', 'a: &x 1\nb:\n  - *y\n')).to.deep.equal([
      '3:5 *y refers to nothing: &y must stand before it',
    ]);
    expect(problemsOf('a.yaml', 'a: 1\n<<: 5\n')).to.deep.equal([
      '2:1 << takes a map, or a reference to one',
    ]);
    expect(problemsOf('a.yaml', 'a: &x &y 1\n')).to.deep.equal(['1:7 A node can have at most one anchor']);
    const bomb = [
      'a: &a [x, x]',
      ...Array.from(
        { length: 30 },
        (_, n) => `b${n}: &b${n} [*${n === 0 ? 'a' : `b${n - 1}`}, *${n === 0 ? 'a' : `b${n - 1}`}]`,
      ),
    ];
    expect(problemsOf('a.yaml', bomb.join('\n'))).to.have.length(1);
  });

  it('says its encoding, and where it is not UTF-8; a mark of UTF-8 is none of its business', () => {
    for (const file of ['a.yaml', 'a.json']) {
      const utf16 = Buffer.from('\ufeff{"a": 1}', 'utf16le').toString('utf8');
      expect(problemsOf(file, utf16), file).to.deep.equal(['1:1 this is no UTF-8 (save the file as UTF-8)']);
      const latin = Buffer.from('{"a": "Grüße"}', 'latin1').toString('utf8');
      expect(problemsOf(file, latin), file).to.deep.equal(['1:10 this is no UTF-8 (save the file as UTF-8)']);
      expect(readDocument(file, '\ufeff{"a": 1}').document?.value, file).to.deep.equal({ a: 1 });
    }
  });
});

describe('a file that can be read and not used', () => {
  it('has a key that JavaScript has for something else, however it is written', () => {
    for (const [file, text, place] of [
      ['a.yaml', 'a:\n  b: { c: 1, __proto__: { d: 1 } }\n', '2:14'],
      ['a.yaml', 'x: &x { __proto__: 1 }\ny: { <<: *x }\n', '1:9'],
      ['a.json', '{"a": [\n {"\\u005f_proto__": 1}]}', '2:3'],
    ] as const)
      expect(problemsOf(file, text), text).to.deep.equal([`${place} "__proto__" cannot be a key`]);
    const lineage = 'config/shared/lineage.yaml';
    const jobs = edited(lineage, 'jobs:\n', 'jobs:\n  __proto__: { group: ingest }\n');
    expect(validateProject(projectWith({ [lineage]: jobs })).problems[0]).to.deep.include({ code: 'DP2004' });
  });

  it('is nested without end', () => {
    const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    for (const file of ['a.yaml', 'a.json']) {
      expect(problemsOf(file, lists(101)), file).to.deep.equal([]);
      for (const text of [lists(102), lists(5000), '['.repeat(20_000), '{"a": '.repeat(2000)])
        expect(problemsOf(file, text), file).to.deep.equal([
          `1:${text.startsWith('{') ? 607 : 102} more than 100 values within each other`,
        ]);
    }
    const steps = Array.from({ length: 1000 }, (_, step) => `${' '.repeat(step)}a:`).join('\n');
    for (const [text, place] of [
      ['- '.repeat(2000), '1:203'],
      ['? '.repeat(2000), '1:203'],
      [steps, '102:102'],
    ] as const)
      expect(problemsOf('a.yaml', text)).to.deep.equal([`${place} more than 100 values within each other`]);
  });

  it('has a second document behind its first', () => {
    expect(problemsOf('a.yaml', 'a: 1\n---\na: 2\n')).to.deep.equal([
      '2:1 a second document begins here, and one is read',
    ]);
    expect(problemsOf('a.yaml', '# settings\n---\na: 1\n...\n')).to.deep.equal([]);
  });
});

describe('a place in a file', () => {
  it('is in it, also where the parser lost count of lines', () => {
    // The text that begins in the first line ends in no other: the file does, in its second.
    expect(problemsOf('a.yaml', '{[]"\n')).to.deep.equal([
      '1:4 Unexpected double-quoted-scalar at node end',
      '2:1 Flow map must end with a }',
    ]);
  });

  it('is found as well for the last of very many problems', () => {
    const lines = 20_000;
    const problems = problemsOf('a.yaml', `a: [\n${' ]\n'.repeat(lines)}`);
    expect(problems.at(-1)).to.match(new RegExp(`^${lines + 1}:2 `));
  });

  it('is told of in one line, also where a text of several lines is wrong', () => {
    expect(problemsOf('a.json', 'a:\n b:\n  c')[0]).to.match(/^1:1 not valid JSON: [^\n]*$/);
  });
});

describe('what AWS refuses', () => {
  it('is refused: ranges of addresses that are none', () => {
    for (const range of ['10.300.0.0/16', '10.40.0.7/16']) {
      expect(problemsWith('cidr: 10.40.0.0/16', `cidr: ${range}`)).to.deep.equal([
        `${environment}:15:9 "network.cidr" is "${range}" (an IPv4 range such as 10.60.0.0/16, without bits behind its prefix)`,
      ]);
    }
    expect(problemsWith('cidr: 10.40.0.0/16', 'cidr: 10.40.0.0/28')).to.have.length(1);
  });

  it('is refused: tags of AWS’s own or of ours, with other characters, or too many', () => {
    const wrong = (tag: string): string[] => problemsWith('  cost-center: data-platform', `  ${tag}`);
    expect(wrong('aws:cost: x')[0]).to.contain('a tag that does not begin with aws:');
    expect(wrong('stack: x')[0]).to.contain('a tag that dataplat does not set itself');
    expect(wrong('"cost{center}": x')[0]).to.contain('letters, digits, blanks');
    expect(wrong('cost: "a;b"')[0]).to.contain('letters, digits, blanks');
    expect(wrong(Array.from({ length: 31 }, (_, n) => `k${n}: v`).join('\n  '))[0]).to.contain('at most 30');
    expect(wrong('Kostenstelle Süd: a+b=c')).to.deep.equal([]);
  });

  it('is shown as it is written: an account is a text, not a number', () => {
    expect(problemsWith("account: '123456789012'", 'account: 012345678901')).to.deep.equal([
      `${environment}:3:10 "account" is 012345678901 (expected a text, in quotes: '012345678901')`,
    ]);
  });
});
