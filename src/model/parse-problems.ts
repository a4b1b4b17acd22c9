import { nearest } from './check.js';
import type { Contract, ContractColumn } from './dataset.js';
import type { SourceDocument } from './document.js';
import type { Problem } from './errors.js';
import type { Parse } from './parse.js';
import { formatProblem, hasZone } from './time-format.js';

const anyText: readonly (keyof Parse)[] = ['from', 'trim', 'nulls'];

/** What the texts of a type can be told by. */
function settingsOf(type: string): readonly (keyof Parse)[] {
  if (type === 'date') return [...anyText, 'formats'];
  if (type === 'timestamp') return [...anyText, 'formats', 'timezone', 'overlap'];
  if (type === 'boolean') return [...anyText, 'true', 'false'];
  if (/^(float|double|decimal\(.*\))$/.test(type)) return [...anyText, 'decimal', 'grouping'];
  if (/^(tinyint|smallint|int|bigint)$/.test(type)) return [...anyText, 'grouping'];
  return type === 'string' ? anyText : ['from'];
}

/** How columns say that they come, each against its type. */
export function parseProblems(
  document: SourceDocument,
  contract: Contract,
  typeOf: (column: ContractColumn) => string | undefined,
): Problem[] {
  return Object.entries(contract.properties).flatMap(([name, column]): Problem[] => {
    const parse = column['x-dataplat']?.parse;
    if (!parse) return [];
    const path = ['properties', name, 'x-dataplat', 'parse'];
    if (column['x-dataplat']?.origin === 'platform') {
      const message = `"${name}" is set by the platform, and no source spells it`;
      return [{ code: 'DP2005', location: document.locateKey(path.slice(0, -1), 'parse'), message }];
    }
    const type = typeOf(column) ?? '';
    const fitting = settingsOf(type);
    const unfit = (Object.keys(parse) as (keyof Parse)[]).filter((key) => !fitting.includes(key));
    return [
      ...unfit.map((key): Problem => ({
        code: 'DP2005',
        location: document.locateKey(path, key),
        message: `"${name}" is a ${type}, which "${key}" says nothing about`,
        hint: `of such a column there is: ${fitting.join(', ')}`,
      })),
      ...(unfit.length > 0 ? [] : settingProblems(parse, type)).map(({ at, message, hint }): Problem => ({
        code: 'DP2005',
        location: document.locateValue([...path, ...at]),
        message: `"${name}": ${message}`,
        hint,
      })),
    ];
  });
}

interface SettingProblem {
  readonly at: readonly (string | number)[];
  readonly message: string;
  readonly hint: string;
}

function settingProblems(parse: Parse, type: string): SettingProblem[] {
  return [...timeProblems(parse, type), ...numberProblems(parse), ...booleanProblems(parse)];
}

function timeProblems({ formats = [], timezone, overlap }: Parse, type: string): SettingProblem[] {
  const problems: SettingProblem[] = [];
  if (type !== 'date' && type !== 'timestamp') return problems;
  formats.forEach((format, index) => {
    const hint = formatProblem(format, type);
    const at = ['formats', index];
    if (hint !== undefined) problems.push({ at, message: `"${format}" is no format of a ${type}`, hint });
    else if (type === 'timestamp' && timezone === undefined && !hasZone(format))
      problems.push({
        at,
        message: `"${format}" has no zone, so no moment is known by it`,
        hint: 'say which it is in: "timezone": "Europe/Berlin", or "UTC"',
      });
  });
  if (timezone !== undefined) {
    const hint = timezoneProblem(timezone);
    if (hint !== undefined) problems.push({ at: ['timezone'], message: `no time zone "${timezone}"`, hint });
  } else if (overlap !== undefined) {
    const hint = 'say which zone: "timezone": "Europe/Berlin"';
    problems.push({ at: ['overlap'], message: 'clocks are set back in a zone, and none is named', hint });
  }
  return problems;
}

function numberProblems({ decimal = '.', grouping }: Parse): SettingProblem[] {
  if (grouping !== decimal) return [];
  const message = `"${decimal}" stands before the fraction and between groups`;
  return [{ at: ['grouping'], message, hint: 'expected two marks; without "decimal" it is a point' }];
}

function booleanProblems(parse: Parse): SettingProblem[] {
  if (parse.true === undefined && parse.false === undefined) return [];
  if (parse.true === undefined || parse.false === undefined) {
    const [there, missing] = parse.true === undefined ? ['false', 'true'] : ['true', 'false'];
    const message = `"${there}" without "${missing}"`;
    return [{ at: [there], message, hint: 'what is declared counts alone: say how both are spelled' }];
  }
  return parse.false.flatMap((text, index) =>
    parse.true?.includes(text) === true
      ? [
          {
            at: ['false', index],
            message: `"${text}" stands for true and for false`,
            hint: 'expected one of both',
          },
        ]
      : [],
  );
}

/** Java takes names as they are spelled; an offset or an abbreviation is no zone whose clocks are known. */
export function timezoneProblem(name: string): string | undefined {
  const zones = Intl.supportedValuesOf('timeZone');
  if (name === 'UTC' || zones.includes(name)) return undefined;
  const spelled = zones.find((zone) => zone.toLowerCase() === name.toLowerCase());
  if (spelled === undefined && /^[A-Z][A-Za-z]+\/[A-Z]/.test(name) && isZone(name)) return undefined;
  const near = spelled ?? nearest(name, zones, 1)[0];
  return near === undefined
    ? 'expected a name of the IANA list such as Europe/Berlin, or UTC'
    : `did you mean ${near}?`;
}

/** Whether it is a zone at all: another name of one that is in the list, for example. */
function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
