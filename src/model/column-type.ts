/**
 * Column types are written as Spark SQL and Glue both spell them: bigint, decimal(18,2), map<string,string> …
 * A contract's JSON type gives the usual one; `x-dataplat.type` names another.
 */
const simple = new Set([
  'string',
  'boolean',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'date',
  'timestamp',
  'binary',
]);

/** What is wrong with a column type, or undefined where it is one. */
export function typeProblem(type: string): string | undefined {
  const text = type.replace(/\s+/g, '');
  if (simple.has(text)) return undefined;
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(text);
  if (decimal) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
    if (precision < 1 || precision > 38) return 'precision is at most 38';
    if (scale > precision) return 'scale is more than precision';
    return undefined;
  }
  const parts = /^(array|map|struct)<(.*)>$/.exec(text);
  if (!parts) return `known are ${[...simple].join(', ')}, decimal(p,s), array<>, map<,> and struct<:>`;
  const members = split(parts[2] ?? '');
  switch (parts[1]) {
    case 'array':
      return members.length === 1 ? typeProblem(members[0] ?? '') : 'array<> takes one type';
    case 'map':
      return members.length === 2 ? firstOf(members.map(typeProblem)) : 'map<,> takes two types';
    default:
      return firstOf(
        members.map((member) => {
          const colon = member.indexOf(':');
          return colon > 0 ? typeProblem(member.slice(colon + 1)) : `struct<> takes name:type, not ${member}`;
        }),
      );
  }
}

/** Splits at the commas that are not inside brackets. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let begin = 0;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index];
    if (letter === '<' || letter === '(') depth += 1;
    else if (letter === '>' || letter === ')') depth -= 1;
    else if (letter === ',' && depth === 0) {
      parts.push(text.slice(begin, index));
      begin = index + 1;
    }
  }
  return [...parts, text.slice(begin)].filter((part) => part !== '');
}

function firstOf(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}

/** A JSON Schema of a column, as far as it tells the type. */
export interface JsonType {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly items?: JsonType;
  readonly properties?: Readonly<Record<string, JsonType>>;
  readonly additionalProperties?: boolean | JsonType;
}

/** The column type that a JSON type stands for, or undefined where it tells none. */
export function typeOfJson(schema: JsonType): string | undefined {
  const named = (typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])).filter(
    (type) => type !== 'null',
  );
  if (named.length !== 1) return undefined;
  switch (named[0]) {
    case 'string':
      return schema.format === 'date' ? 'date' : schema.format === 'date-time' ? 'timestamp' : 'string';
    case 'integer':
      return 'bigint';
    case 'number':
      return 'double';
    case 'boolean':
      return 'boolean';
    case 'array': {
      const item = schema.items && typeOfJson(schema.items);
      return item && `array<${item}>`;
    }
    case 'object': {
      if (schema.properties) {
        const members = Object.entries(schema.properties).map(
          ([name, member]) => [name, typeOfJson(member)] as const,
        );
        return members.every(([, type]) => type)
          ? `struct<${members.map(([name, type]) => `${name}:${type}`).join(',')}>`
          : undefined;
      }
      const value =
        typeof schema.additionalProperties === 'object' && typeOfJson(schema.additionalProperties);
      return value ? `map<string,${value}>` : undefined;
    }
    default:
      return undefined;
  }
}
