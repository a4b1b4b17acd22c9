import type { z } from 'zod';
import { distance } from 'fastest-levenshtein';
import type { Path, SourceDocument } from './document.js';
import type { Problem } from './errors.js';

/** Checks a document against a schema. @returns the typed value, or every problem with its place */
export function check<Value>(
  document: SourceDocument,
  schema: z.ZodType<Value>,
): { value: Value; problems: readonly [] } | { value?: undefined; problems: readonly Problem[] } {
  const result = schema.safeParse(document.value, { reportInput: true });
  if (result.success) return { value: result.data, problems: [] };
  return { problems: result.error.issues.flatMap((issue) => problemsOf(document, schema, issue)) };
}

function problemsOf(document: SourceDocument, schema: z.core.$ZodType, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const key = dotted(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((unknown) => ({
        code: 'DP2004',
        location: document.locateKey(path, unknown),
        message: `unknown key ${quote(dotted([...path, unknown]))}`,
        ...meantKey(schema, path, unknown),
      }));
    case 'invalid_type':
      if (issue.input === undefined) {
        return [
          {
            code: 'DP2003',
            location: document.locate(path),
            message: `${quote(key)} is missing`,
            hint: `expected ${article(issue.expected)}`,
          },
        ];
      }
      return [
        wrongValue(
          document,
          path,
          `${quote(key)} is ${describe(path, issue.input, document.written(path))}`,
          `expected ${article(issue.expected)}${inQuotes(path, issue.expected, document.written(path))}`,
        ),
      ];
    case 'invalid_value':
      return [
        wrongValue(
          document,
          path,
          issue.input === undefined
            ? `${quote(key)} is missing`
            : `${quote(key)} is ${describe(path, issue.input)}`,
          `expected ${issue.values.map((value) => String(value)).join(', ')}`.replace(/, ([^,]*)$/, ' or $1'),
        ),
      ];
    case 'invalid_union': {
      if (issue.input === undefined) {
        return [{ code: 'DP2003', location: document.locate(path), message: `${quote(key)} is missing` }];
      }
      if (issue.discriminator !== undefined) return [noSuchKind(document, schema, path, issue.input)];
      const values = issue.errors
        .flat()
        .flatMap((error) => (error.code === 'invalid_value' ? error.values : []));
      return [
        wrongValue(
          document,
          path,
          `${quote(key)} is ${describe(path, issue.input)}`,
          values.length > 0
            ? `expected one of ${values.map((value) => String(value)).join(', ')}`
            : undefined,
        ),
      ];
    }
    case 'invalid_key':
      return [
        {
          code: 'DP2005',
          location: document.locate(path),
          message: `${quote(key)} is not a name: ${issue.issues.map((inner) => inner.message).join('; ')}`,
        },
      ];
    case 'invalid_format':
    case 'too_small':
    case 'too_big':
    case 'not_multiple_of':
    case 'invalid_element':
    case 'custom':
      return [wrongValue(document, path, `${quote(key)} is ${describe(path, issue.input)}`, issue.message)];
  }
}

/** The key that tells the members of a union apart, at the end of `path`, is not there or names none of them. */
function noSuchKind(document: SourceDocument, schema: z.core.$ZodType, path: Path, union: unknown): Problem {
  const discriminator = String(path.at(-1));
  const kinds = membersOf(at(schema, path.slice(0, -1))).flatMap((one) => {
    const kind = shapeOf(one)?.[discriminator];
    return (kind?._zod.def as { values?: unknown[] } | undefined)?.values ?? [];
  });
  const expected = `expected one of ${kinds.map(String).join(', ')}`;
  const kind = (union as Record<string, unknown>)[discriminator];
  return kind === undefined
    ? {
        code: 'DP2003',
        location: document.locate(path),
        message: `${quote(dotted(path))} is missing`,
        hint: expected,
      }
    : wrongValue(document, path, `${quote(dotted(path))} is ${describe(path, kind)}`, expected);
}

function wrongValue(document: SourceDocument, path: Path, message: string, expectation?: string): Problem {
  return {
    code: 'DP2005',
    location: document.locateValue(path),
    message,
    ...(expectation !== undefined && { hint: expectation }),
  };
}

/** The key that was probably meant: the nearest of those that the schema knows at this place. */
function meantKey(schema: z.core.$ZodType, path: Path, unknown: string): { hint?: string } {
  const keys = membersOf(at(schema, path)).flatMap((one) => Object.keys(shapeOf(one) ?? {}));
  const near = nearest(unknown, new Set(keys), 1);
  return near[0] === undefined ? {} : { hint: `did you mean "${near[0]}"?` };
}

/** The schema at a place, undefined where the schema knows none. */
function at(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  let current: z.core.$ZodType | undefined = schema;
  for (const part of path) current = current && member(current, String(part));
  return current;
}

/** The members of a union; of anything else itself. */
function membersOf(schema: z.core.$ZodType | undefined): readonly z.core.$ZodType[] {
  if (!schema) return [];
  return (unwrap(schema)._zod.def as { options?: readonly z.core.$ZodType[] }).options ?? [schema];
}

function member(schema: z.core.$ZodType, key: string): z.core.$ZodType | undefined {
  const { def } = unwrap(schema)._zod as {
    def: { type: string; valueType?: z.core.$ZodType; element?: z.core.$ZodType };
  };
  if (def.type === 'record') return def.valueType;
  if (def.type === 'array') return def.element;
  return shapeOf(schema)?.[key];
}

function shapeOf(schema: z.core.$ZodType): Record<string, z.core.$ZodType> | undefined {
  return (unwrap(schema)._zod.def as { shape?: Record<string, z.core.$ZodType> }).shape;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType;
  return inner ? unwrap(inner) : schema;
}

/** The names nearest to a mistyped one, best first; none where nothing is near. */
export function nearest(wrong: string, names: Iterable<string>, most = 3): string[] {
  return [...names]
    .map((name) => ({ name, distance: name.includes(wrong) ? 1 : distance(wrong, name) }))
    .filter((candidate) => candidate.distance <= Math.max(2, Math.floor(wrong.length / 3)))
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, most)
    .map((candidate) => candidate.name);
}

/** `did you mean a or b?`, or what there is to choose from where nothing is near. */
export function suggestion(wrong: string, names: readonly string[]): string {
  const near = nearest(wrong, names);
  return near.length > 0
    ? `did you mean ${near.join(' or ')}?`
    : `there is: ${[...names].sort().join(', ') || 'none'}`;
}

export function dotted(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

function quote(text: string): string {
  return text === '' ? 'the file' : `"${text}"`;
}

/** @param written a number as it stands in the file, which may be more than its value */
function describe(path: Path, value: unknown, written?: string): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (ofSecret(path)) return '***';
  const text =
    typeof value === 'string' ? JSON.stringify(value) : (written ?? JSON.stringify(value) ?? 'nothing');
  return text.length > mostShown ? `${text.slice(0, mostShown - 1)}…` : text;
}

/** Of a value no more is shown than a line has room for. */
const mostShown = 80;

/** Whether a place wants the name of a secret: who errs there may have put the secret itself. */
function ofSecret(path: Path): boolean {
  return String(path.at(-1)) === 'secret';
}

/** A number, a date or a yes is a text once it is in quotes. */
function inQuotes(path: Path, expected: string, written: string | undefined): string {
  return expected === 'string' &&
    !ofSecret(path) &&
    written !== undefined &&
    written !== '' &&
    written.length <= mostShown
    ? `, in quotes: '${written}'`
    : '';
}

function article(expected: string): string {
  const words: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
    record: 'a map',
  };
  return words[expected] ?? expected;
}
