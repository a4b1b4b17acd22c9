import type { Contract, ContractColumn, Dataset } from './dataset.js';
import type { Path, SourceDocument } from './document.js';
import type { Problem } from './errors.js';
import { suggestion } from './check.js';
import type { Masking } from './masking.js';

const settings: Readonly<Record<Masking['rule'], readonly (keyof Masking)[]>> = {
  hash: [],
  partial: ['show', 'from'],
  'date-shift': ['days', 'by'],
  null: [],
  generalise: ['to', 'step', 'letters'],
};
const numeric = /^(tinyint|smallint|int|bigint|float|double|decimal\(.*\))$/;
const temporal = /^(date|timestamp)$/;

/** The masks of a contract's columns, each against the type of its column. */
export function maskProblems(
  document: SourceDocument,
  contract: Contract,
  typeOf: (column: ContractColumn) => string | undefined,
): Problem[] {
  const columns = Object.keys(contract.properties);
  return Object.entries(contract.properties).flatMap(([name, column]): Problem[] => {
    const mask = column['x-dataplat']?.masking;
    if (!mask) return [];
    const type = typeOf(column) ?? '';
    const path = ['properties', name, 'x-dataplat', 'masking'];
    const wrong = (message: string, hint: string): Problem => ({
      code: 'DP2005',
      location: document.locateValue([...path, 'rule']),
      message: `"${name}" is masked by ${mask.rule} ${message}`,
      hint,
    });
    const others = Object.keys(mask).filter(
      (key) => key !== 'rule' && !settings[mask.rule].includes(key as keyof Masking),
    );
    const unknown = others.map((key): Problem => {
      const known = settings[mask.rule].join(', ') || 'it has none';
      return {
        code: 'DP2004',
        location: document.locateKey(path, key),
        message: `the rule ${mask.rule} has no setting "${key}"`,
        hint: `there is: ${known}`,
      };
    });
    return [
      ...unknown,
      ...settingProblems(mask, type, wrong),
      ...(mask.by !== undefined && !columns.includes(mask.by)
        ? [
            {
              code: 'DP2006' as const,
              location: document.locateValue([...path, 'by']),
              message: `no column "${mask.by}"`,
              hint: suggestion(mask.by, columns),
            },
          ]
        : []),
    ];
  });
}

function settingProblems(
  mask: Masking,
  type: string,
  wrong: (message: string, hint: string) => Problem,
): Problem[] {
  const is = `and is a ${type}`;
  switch (mask.rule) {
    case 'hash':
      return type === 'string' ? [] : [wrong(is, 'only texts are hashed: a hash is one')];
    case 'partial':
      if (type !== 'string') return [wrong(is, 'only of a text can a part be shown')];
      return mask.show === undefined ? [wrong('without "show"', 'how many letters stay, for example 4')] : [];
    case 'date-shift':
      if (!temporal.test(type)) return [wrong(is, 'only dates and times are shifted')];
      return mask.days === undefined
        ? [wrong('without "days"', 'by how many at the most, for example 30')]
        : [];
    case 'generalise': {
      const [key, example] = temporal.test(type)
        ? (['to', 'month, quarter or year'] as const)
        : numeric.test(type)
          ? (['step', 'the width of the steps, for example 10'] as const)
          : (['letters', 'how many letters of its beginning stay, for example 2'] as const);
      if (key === 'letters' && type !== 'string')
        return [wrong(is, 'only dates, times, numbers and texts have something more general')];
      return mask[key] === undefined ? [wrong(`without "${key}"`, example)] : [];
    }
    case 'null':
      return [];
  }
}

/** What an expectation of a contract may not say of a column that is masked: the mask does not keep it. */
function brokenRules(column: ContractColumn, mask: Masking): string[] {
  const broken = {
    hash: ['pattern', 'enum', 'maxLength'],
    partial: ['pattern', 'enum', 'minLength'],
    generalise: ['pattern', 'enum', 'minLength', 'minimum', 'exclusiveMinimum'],
    'date-shift': [],
    null: [],
  }[mask.rule];
  return broken.filter((keyword) => keyword in column);
}

/** Rows that are masked where they are must keep their contract, and their key with it. */
export function inPlaceProblems(
  document: SourceDocument,
  contract: Contract,
  typeOf: (column: ContractColumn) => string | undefined,
  mayBeNull: (name: string) => boolean,
): Problem[] {
  const { maskInPlace, primaryKey, partitionedBy, watermark, merge } = contract['x-dataplat'];
  if (!maskInPlace) return [];
  const problems: Problem[] = [];
  const path = ['x-dataplat', 'maskInPlace'];
  const columns = Object.keys(contract.properties);
  const known = (key: 'markedBy' | 'since', expected: RegExp, words: string): void => {
    const name = maskInPlace[key];
    if (name === undefined) return;
    const column = contract.properties[name];
    const location = document.locateValue([...path, key]);
    if (!column)
      problems.push({
        code: 'DP2006',
        location,
        message: `no column "${name}"`,
        hint: suggestion(name, columns),
      });
    else if (!expected.test(typeOf(column) ?? '') || (key === 'markedBy' && !mayBeNull(name)))
      problems.push({
        code: 'DP2005',
        location,
        message: `"${name}" is no ${words}`,
        hint: key === 'markedBy' ? 'add one, with "origin": "platform"' : 'expected one',
      });
  };
  known('markedBy', /^string$/, 'text that may be null, as it is in a row that is not masked');
  known('since', temporal, 'date or time');
  if ((maskInPlace.since === undefined) !== (maskInPlace.after === undefined))
    problems.push({
      code: 'DP2003',
      location: document.locateValue(path),
      message: `"x-dataplat.maskInPlace.${maskInPlace.since === undefined ? 'since' : 'after'}" is missing`,
      hint: 'how old a row must be, and the column that tells its age, come together',
    });
  const masked = columns.filter((name) => contract.properties[name]?.['x-dataplat']?.masking);
  if (masked.length === 0)
    problems.push({
      code: 'DP2005',
      location: document.locateKey(['x-dataplat'], 'maskInPlace'),
      message: 'no column has a mask',
      hint: 'give those one that must not stay, or take "maskInPlace" away',
    });
  const roles = new Map<string, string>();
  for (const name of primaryKey) roles.set(name, 'is part of the primary key');
  for (const name of partitionedBy) roles.set(name, 'says in which partition a row is');
  if (watermark !== undefined) roles.set(watermark, 'is the watermark');
  for (const name of merge?.orderedBy ?? []) roles.set(name, 'orders the changes of a key');
  for (const column of Object.values(contract.properties)) {
    const moment = column['x-dataplat']?.dateOf;
    if (moment !== undefined) roles.set(moment, 'has its day in another column');
    const by = column['x-dataplat']?.masking?.by;
    if (by !== undefined) roles.set(by, 'decides how far dates are shifted');
  }
  if (maskInPlace.since !== undefined) roles.set(maskInPlace.since, 'tells how old a row is');
  for (const name of masked) {
    const column = contract.properties[name];
    const mask = column?.['x-dataplat']?.masking;
    if (!column || !mask) continue;
    const wrong = (message: string, hint: string): void => {
      problems.push({
        code: 'DP2005',
        location: document.locateValue(['properties', name, 'x-dataplat', 'masking', 'rule']),
        message: `"${name}" ${message}`,
        hint,
      });
    };
    const role = roles.get(name);
    if (role !== undefined) wrong(`${role} and is masked in place`, 'mask it in a copy ("maskedCopyOf")');
    const broken = brokenRules(column, mask);
    if (broken.length > 0)
      wrong(
        `has ${broken.join(' and ')}, which a mask by ${mask.rule} breaks in place`,
        'take the rule away, or mask in a copy ("maskedCopyOf")',
      );
    if (mask.rule === 'null' && !mayBeNull(name))
      wrong('is masked by null and must not be null', 'take another rule, or let it be null');
  }
  return problems;
}

/** A masked copy against the dataset that it is of. `ids` names the datasets whose contract is wrong too. */
export function maskedCopyProblems(
  document: SourceDocument,
  copy: Dataset,
  datasets: readonly Dataset[],
  ids: readonly string[],
): Problem[] {
  if (copy.maskedCopyOf === undefined) return [];
  const path = ['x-dataplat', 'maskedCopyOf'];
  const wrong = (code: Problem['code'], at: Path, message: string, hint: string): Problem => ({
    code,
    location: document.locateValue(at),
    message,
    hint,
  });
  if (!ids.includes(copy.maskedCopyOf) || copy.maskedCopyOf === copy.id) {
    const others = ids.filter((id) => id !== copy.id);
    return [
      wrong('DP2006', path, `no other dataset "${copy.maskedCopyOf}"`, suggestion(copy.maskedCopyOf, others)),
    ];
  }
  const origin = datasets.find(({ id }) => id === copy.maskedCopyOf);
  if (!origin) return []; // it has problems of its own
  const problems: Problem[] = [];
  if (origin.columns.every(({ masking }) => masking === undefined))
    problems.push(
      wrong(
        'DP2005',
        path,
        `${origin.id} masks no column`,
        'give those of its columns a mask that must not be copied',
      ),
    );
  if (copy.write !== 'replace')
    problems.push(
      wrong(
        'DP2005',
        ['x-dataplat', 'write'],
        `a masked copy is written anew as a whole`,
        'expected replace',
      ),
    );
  const properties = (document.value as Contract).properties;
  for (const column of copy.columns) {
    const at = ['properties', column.name];
    const original = origin.columns.find(({ name }) => name === column.name);
    if (!original) {
      const names = origin.columns.map(({ name }) => name);
      problems.push({
        code: 'DP2006',
        location: document.locateKey(['properties'], column.name),
        message: `${origin.id} has no column "${column.name}"`,
        hint: suggestion(column.name, names),
      });
      continue;
    }
    if (original.type !== column.type)
      problems.push(
        wrong(
          'DP2005',
          at,
          `"${column.name}" is a ${column.type}`,
          `it is a ${original.type} in ${origin.id}`,
        ),
      );
    if (column.masking)
      problems.push(
        wrong(
          'DP2005',
          [...at, 'x-dataplat', 'masking'],
          `"${column.name}" is masked twice`,
          `${origin.id} has the rule`,
        ),
      );
    const mask = original.masking;
    if (!mask) continue;
    if (mask.rule === 'null' && !column.nullable)
      problems.push(
        wrong(
          'DP2005',
          at,
          `"${column.name}" is masked by null and must not be null`,
          'leave it out, or let it be null',
        ),
      );
    if (mask.rule !== 'hash' && copy.primaryKey.includes(column.name))
      problems.push(
        wrong(
          'DP2005',
          at,
          `"${column.name}" is part of the primary key and is masked by ${mask.rule}`,
          'only hashes stay apart',
        ),
      );
    const schema = properties[column.name];
    const broken = schema ? brokenRules(schema, mask) : [];
    if (broken.length > 0)
      problems.push(
        wrong(
          'DP2005',
          at,
          `"${column.name}" has ${broken.join(' and ')}, which a mask by ${mask.rule} breaks`,
          'take the rule away',
        ),
      );
  }
  return problems;
}
