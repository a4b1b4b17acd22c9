import { expect } from 'chai';
import { validateProject } from '../../src/model/read-platform.js';
import { formatProblem, hasZone } from '../../src/model/time-format.js';
import { edited, lineOf, projectWith } from './project.js';

const shops = 'config/schemas/shops_bronze.json';

/** What is wrong with the contract of shops where a column has that in front of its description. */
function problemsOf(column: string, parse: string, type?: string): string[] {
  const text = edited(shops, `"${column}": {`, `"${column}": {`);
  const from = text.indexOf(`"${column}": {`);
  const has = text.indexOf('"x-dataplat": {', from);
  const end = text.indexOf('\n    }', from);
  const named = type === undefined ? '' : `"type": "${type}", `;
  const changed =
    has >= 0 && has < end
      ? `${text.slice(0, has)}"x-dataplat": { "parse": ${parse},${text.slice(has + '"x-dataplat": {'.length)}`
      : `${text.slice(0, from)}"${column}": { "x-dataplat": { ${named}"parse": ${parse} },${text.slice(from + `"${column}": {`.length)}`;
  return validateProject(projectWith({ [shops]: changed })).problems.map(
    ({ location, message, hint }) =>
      `${location.line - lineOf(shops, `"${column}": {`)}:${location.column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

const without = (problems: string[]): string[] => problems.map((problem) => problem.replace(/^\S+ /, ''));

describe('how a column says that it comes', () => {
  it('is taken as it is meant, for each type what fits it', () => {
    expect(problemsOf('shop_name', '{ "from": "Name", "trim": true, "nulls": ["N/A"] }')).to.deep.equal([]);
    expect(problemsOf('seats', '{ "grouping": " " }')).to.deep.equal([]);
    expect(problemsOf('yearly_rent', '{ "decimal": ",", "grouping": "." }')).to.deep.equal([]);
    expect(problemsOf('is_open', '{ "true": ["J", "1"], "false": ["N"] }')).to.deep.equal([]);
    expect(
      problemsOf(
        'updated_at',
        '{ "formats": ["dd.MM.yyyy HH:mm[:ss]", "iso"], "timezone": "Europe/Berlin", "overlap": "later" }',
      ),
    ).to.deep.equal([]);
    expect(problemsOf('updated_at', '{ "timezone": "Asia/Calcutta" }')).to.deep.equal([]);
    expect(
      problemsOf('updated_at', `{ "formats": ["yyyy-MM-dd'T'HH:mm:ssX", "epochMillis"] }`),
    ).to.deep.equal([]);
  });

  it('names its place where it fits no value of the type', () => {
    expect(problemsOf('seats', '{ "formats": ["dd.MM.yyyy"] }')).to.deep.equal([
      `${lineOf(shops, '"x-dataplat": {', '"seats": {') - lineOf(shops, '"seats": {')}:34 "seats" is a int, which "formats" says nothing about (of such a column there is: from, trim, nulls, grouping)`,
    ]);
    expect(without(problemsOf('shop_name', '{ "decimal": "," }'))).to.deep.equal([
      '"shop_name" is a string, which "decimal" says nothing about (of such a column there is: from, trim, nulls)',
    ]);
    expect(without(problemsOf('_source_file', '{ "trim": true }'))).to.deep.equal([
      '"_source_file" is set by the platform, and no source spells it',
    ]);
    expect(without(problemsOf('shop_name', '{ "form": "Name" }'))).to.deep.equal([
      'unknown key "properties.shop_name.x-dataplat.parse.form" (did you mean formats or from?)',
    ]);
    expect(without(problemsOf('shop_name', '{ "nulls": "N/A" }'))).to.deep.equal([
      '"properties.shop_name.x-dataplat.parse.nulls" must be array',
    ]);
  });

  it('cannot be read in two ways, or in none', () => {
    expect(problemsOf('updated_at', '{ "formats": ["iso", "dd.MM.yyyy HH:mm"] }')).to.deep.equal([
      '0:67 "updated_at": "dd.MM.yyyy HH:mm" has no zone, so no moment is known by it (say which it is in: "timezone": "Europe/Berlin", or "UTC")',
    ]);
    expect(without(problemsOf('yearly_rent', '{ "grouping": "." }'))).to.deep.equal([
      '"yearly_rent": "." stands before the fraction and between groups (expected two marks; without "decimal" it is a point)',
    ]);
    expect(without(problemsOf('yearly_rent', '{ "decimal": ",", "grouping": "," }'))).to.have.length(1);
    expect(without(problemsOf('is_open', '{ "true": ["J"] }'))).to.deep.equal([
      '"is_open": "true" without "false" (what is declared counts alone: say how both are spelled)',
    ]);
    expect(without(problemsOf('is_open', '{ "true": ["J", "1"], "false": ["N", "1"] }'))).to.deep.equal([
      '"is_open": "1" stands for true and for false (expected one of both)',
    ]);
    expect(without(problemsOf('updated_at', '{ "overlap": "later" }'))).to.deep.equal([
      '"updated_at": clocks are set back in a zone, and none is named (say which zone: "timezone": "Europe/Berlin")',
    ]);
  });

  it('names a time zone that there is, as it is spelled', () => {
    const problems = (zone: string): string[] =>
      without(problemsOf('updated_at', `{ "timezone": "${zone}" }`));
    expect(problems('Europe/Berlni')).to.deep.equal([
      '"updated_at": no time zone "Europe/Berlni" (did you mean Europe/Berlin?)',
    ]);
    expect(problems('europe/berlin')).to.deep.equal([
      '"updated_at": no time zone "europe/berlin" (did you mean Europe/Berlin?)',
    ]);
    expect(problems('+01:00')).to.have.length(1);
    expect(problems('EST')).to.have.length(1);
  });
});

describe('a format of dates and times', () => {
  it('is made of letters that stand for figures or months', () => {
    for (const format of [
      'dd.MM.yyyy',
      'd/M/yy',
      'yyyyMMdd',
      'dd-MMM-yy',
      'dMMMyyyy',
      'yyyy-MM-dd HH:mm:ss[.SSS]',
      'iso',
    ])
      expect(formatProblem(format, 'date'), format).to.equal(undefined);
    for (const format of [
      'yyyyMMddHHmmssSSS',
      "yyyy-MM-dd'T'HH:mm[:ss][X]",
      'M/d/yyyy h:mm:ss a',
      'yyyy-MM-dd',
      'epoch',
    ])
      expect(formatProblem(format, 'timestamp'), format).to.equal(undefined);
  });

  it('says what is wrong with it', () => {
    const told: [string, string][] = [
      ['dd.MM.YYYY', '"YYYY" stands for nothing here; did you mean "yyyy"?'],
      ['dd.mm.yyyy', 'it has no month (MM; mm are minutes)'],
      ['dd.MM', 'it has no year'],
      ['dd.MM.yyyy dd', '"d" stands twice in it'],
      [
        'yyyy-MM-ddTHH:mm',
        `"T" stands for nothing; there is: yyyy, yy, MM, M, MMM, MMMM, dd, d, HH, H, hh, h, a, mm, ss, X and S; a text is in quotes: 'T'`,
      ],
      ["yyyy-MM-dd 'T", 'a quote is not closed'],
      ['yyyy-MM-dd hh:mm', 'hh and a, which is AM or PM, go together; HH are hours of 24'],
      ['yyyy-MM-dd mm', 'it has "m" and no hour'],
      ['yyyy-MM-dd HH[:ss]', 'it has "s" and no minute'],
      ['yyyy-MM-dd HH:mm:ssX', 'a date has no zone: which day it is would depend on it'],
      ['dMyyyy', 'behind "d" other figures follow at once: which are whose cannot be told'],
      ['yyyy-MM-dd[ HH:mm[:ss]]', 'brackets stand within brackets: list both as formats'],
      ['yyyy-MM-dd]', 'a bracket is not opened'],
      ['yyyy-MM-dd[ HH', 'a bracket is not closed'],
      ['epoch', 'a date has no epoch: expected iso or letters'],
    ];
    for (const [format, problem] of told) expect(formatProblem(format, 'date'), format).to.equal(problem);
  });

  it('says its zone, or does not for some of its values', () => {
    expect(['iso', 'epoch', 'yyyy-MM-dd HHX'].every(hasZone)).to.equal(true);
    expect(['yyyy-MM-dd HH[X]', "yyyy-MM-dd HH'X'"].some(hasZone)).to.equal(false);
  });
});
