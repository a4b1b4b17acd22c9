import { Chalk } from 'chalk';
import { expect } from 'chai';
import { DataplatError } from '../../src/model/errors.js';
import { errorText } from '../../src/ui/show-error.js';
import { table, type TableColumn } from '../../src/ui/table.js';
import { isUnattended } from '../../src/ui/terminal.js';
import { printable, printableInColour } from '../../src/ui/text.js';

const plain = new Chalk({ level: 0 });

describe('text of others', () => {
  it('moves no cursor, rings no bell and turns no line around: what would is written out', () => {
    expect(printable('a\u001b[2Jb\rc\u0007d\u009be\u202ef')).to.equal('a\\x1b[2Jb\\rc\\x07d\\x9be\\u202ef');
  });

  it('keeps line ends, tabs and all that is written by people', () => {
    const text = 'Grüße,\n\t日本語 👋🏽 Ελλάδα';
    expect(printable(text)).to.equal(text);
  });

  it('keeps our own colours, and no other of what terminals obey', () => {
    expect(printableInColour('\u001b[31mred\u001b[39m \u001b]0;title\u0007 \u001b[1A')).to.equal(
      '\u001b[31mred\u001b[39m \\x1b]0;title\\x07 \\x1b[1A',
    );
  });

  it('is written out in failures', () => {
    const failure = new DataplatError('DP6003', 'it said \u001b[2J', {
      excerpt: ['\rover'],
      next: ['a\u0007'],
    });
    const said = errorText(failure, plain, false);
    for (const character of ['\u0007', '\r', '\u001b']) expect(said).not.to.contain(character);
  });
});

describe('a table', () => {
  interface Row {
    readonly name: string;
    readonly n: number;
  }
  const columns: TableColumn<Row>[] = [
    { title: 'name', value: ({ name }) => name },
    { title: 'n', value: ({ n }) => String(n), align: 'right' },
  ];

  it('is as wide as its widest cell, wherever that is, in a terminal’s columns', () => {
    expect(
      table(plain, columns, [
        { name: 'a', n: 10 },
        { name: '日本', n: 2 },
      ]),
    ).to.equal('name   n\na     10\n日本   2');
    expect(table(plain, columns, [])).to.equal('name  n');
  });

  it('has as many rows as there are, one alignment for all of them', () => {
    // More than a call takes arguments.
    const rows = Array.from({ length: 130_000 }, (_, n) => ({ name: '', n }));
    const lines = table(plain, columns.slice(1), rows).split('\n');
    expect(lines).to.have.length(rows.length + 1);
    expect(lines[1]).to.equal('     0');
    expect(lines.at(-1)).to.equal('129999');
  });
});

describe('CI', () => {
  it('means that nobody is there, unless it says that it is not set', () => {
    for (const value of ['true', '1', 'gitlab']) expect(isUnattended({ CI: value }), value).to.equal(true);
    for (const value of ['', 'false', 'FALSE', '0', undefined])
      expect(isUnattended(value === undefined ? {} : { CI: value }), String(value)).to.equal(false);
  });
});
