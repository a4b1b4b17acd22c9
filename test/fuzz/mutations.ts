import fc from 'fast-check';
import { isMap, isScalar, isSeq, parseDocument, type Document, type Node } from 'yaml';

/** A change of a file that somebody, an editor or a copy could make; undefined takes the file away. */
export type Mutation = (text: Buffer, json: boolean) => Buffer | undefined;

/** Texts that stand where a name or a number should. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  '\ud83d', // the first half of an emoji
  '\ude00', // the second
  '🙂',
  'é'.repeat(300),
  'a'.repeat(2000),
  '\u2028',
  '\u202e',
  '\u0000',
  '\u001b[2J',
  '../../etc/passwd',
  '/',
  '.',
  '${x}',
  '${file("/etc/passwd")}',
  '%{ if true }',
  '"',
  "'",
  '\\',
  '*',
  '&a',
  '{',
  '-',
  '<<',
  'null',
  'layer/bronze',
  'layer/',
  'source/',
  'source/__proto__',
  'decimal(38,40)',
  'array<array<array<int>>>',
  'struct<a:struct<b:int>',
  '2026-02-31',
  '99999999999h',
  '25:61',
  '10.0.0.0/99',
  'https://',
  'jdbc:',
  '(',
  '(a+)+$',
  '[z-a]',
];

const hostileValues: readonly unknown[] = [
  ...hostileTexts,
  null,
  true,
  false,
  0,
  -1,
  -0,
  0.1,
  1e308,
  Number.MAX_SAFE_INTEGER,
  2 ** 53 + 2,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  [],
  {},
  [[]],
  [null],
  { '': null },
  { ['__proto__']: { polluted: true } },
  { constructor: { prototype: 1 } },
];

const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce<unknown>((inner, _, index) => (index % 2 ? [inner] : { a: inner }), 1);

/** What may be put into the middle of a file, byte by byte. */
const insertions: readonly Buffer[] = [
  ...[
    '\ufeff',
    '\u0000',
    '\r',
    '\r\n',
    '\t',
    '\n',
    '\n\n',
    '#',
    ':',
    ': ',
    '- ',
    ',',
    '{',
    '}',
    '[',
    ']',
    '"',
  ],
  ...["'", '&a ', '*a', '*a ', '<<: *small\n', '? ', '|\n', '>\n', '!!binary ', '!!set ', '!x ', '%YAML 9\n'],
  ...[
    '---\n',
    '...\n',
    '\\ud83d',
    '\\u0000',
    '1e999',
    '0x',
    '__proto__: 1\n',
    '"__proto__": 1,',
    '/*',
    '--',
    "''",
  ],
  ...['${', '{{', '{{ date }}', ';', '(', ')', ' join ', 'select', '🙂'],
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.from([0xff]),
    Buffer.from([0xc3]),
    Buffer.from([0xed, 0xa0, 0xbd]),
    Buffer.alloc(200, 0x5b),
  ]);

const place = fc.nat({ max: 1_000_000 });

const ofBytes: fc.Arbitrary<Mutation> = fc.oneof(
  fc
    .record({ at: place, length: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 300 })) })
    .map(({ at, length }): Mutation => (text) => {
      const from = at % (text.length + 1);
      return Buffer.concat([text.subarray(0, from), text.subarray(from + length)]);
    }),
  fc.record({ at: place, what: fc.constantFrom(...insertions) }).map(({ at, what }): Mutation => (text) => {
    const from = at % (text.length + 1);
    return Buffer.concat([text.subarray(0, from), what, text.subarray(from)]);
  }),
  fc.record({ at: place, byte: fc.nat({ max: 255 }) }).map(({ at, byte }): Mutation => (text) => {
    const changed = Buffer.from(text);
    if (changed.length > 0) changed[at % changed.length] = byte;
    return changed;
  }),
);

/** Lines doubled, taken away, moved or turned further in. */
const ofLines: fc.Arbitrary<Mutation> = fc
  .record({ at: place, to: place, how: fc.constantFrom('double', 'drop', 'move', 'indent', 'dedent', 'tab') })
  .map(({ at, to, how }): Mutation => (text) => {
    const lines = text.toString('utf8').split('\n');
    const index = at % lines.length;
    const line = lines[index] ?? '';
    if (how === 'double') lines.splice(index, 0, line);
    else if (how === 'indent') lines[index] = `  ${line}`;
    else if (how === 'dedent') lines[index] = line.replace(/^ {2}/, '');
    else if (how === 'tab') lines[index] = line.replace(/^ +/, '\t');
    else {
      lines.splice(index, 1);
      if (how === 'move') lines.splice(to % (lines.length + 1), 0, line);
    }
    return Buffer.from(lines.join('\n'));
  });

const ofFiles: fc.Arbitrary<Mutation> = fc.constantFrom<Mutation>(
  () => undefined,
  () => Buffer.alloc(0),
  () => Buffer.from('\n'),
  () => Buffer.from('[]'),
  () => Buffer.from('null'),
  () => Buffer.from('"text"'),
  () => Buffer.from(`${'['.repeat(300)}${']'.repeat(300)}`),
  () => Buffer.from(`{"__proto__": {"a": 1}}`),
  (text) => Buffer.from(text.toString('utf8').replaceAll('\n', '\r\n')),
  (text) => Buffer.from(text.toString('utf8').replaceAll('  ', '\t')),
  (text) => Buffer.from(text.toString('utf8'), 'utf16le'),
  (text) => Buffer.from(`\ufeff${text.toString('utf8')}`),
  (text) => Buffer.concat([text, text]),
);

interface Place {
  readonly path: readonly unknown[];
  readonly node: Node | undefined;
}

/** Every value of a document but the whole, each with its path. */
function placesOf(node: unknown, path: readonly unknown[] = []): Place[] {
  if (isMap(node))
    return node.items.flatMap(({ key, value }) => {
      const inner = [...path, isScalar(key) ? key.value : key];
      return [{ path: inner, node: value as Node | undefined }, ...placesOf(value, inner)];
    });
  if (isSeq(node))
    return node.items.flatMap((item, index) => [
      { path: [...path, index], node: item as Node },
      ...placesOf(item, [...path, index]),
    ]);
  return [];
}

type Structural = (document: Document, here: Place, other: Place) => void;

const structural: fc.Arbitrary<Structural> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...hostileValues).map(
      (value): Structural =>
        (document, { path }) =>
          document.setIn(path, value),
    ),
  },
  fc.constant<Structural>((document, { path }) => void document.deleteIn(path)),
  // As another place says it.
  {
    weight: 3,
    arbitrary: fc.constant<Structural>((document, { path }, { node }) =>
      document.setIn(path, node?.toJS(document)),
    ),
  },
  // A key more.
  {
    weight: 3,
    arbitrary: fc
      .record({ key: fc.constantFrom(...hostileTexts), value: fc.constantFrom(...hostileValues) })
      .map(({ key, value }): Structural => (document, { path }, other) => {
        const parent = path.slice(0, -1);
        // The same thing by another name as well: by far the most of it is valid.
        const one = document.getIn(path) as Node | undefined;
        document.setIn([...parent, key], other.path.length % 2 && one?.toJS ? one.toJS(document) : value);
      }),
  },
  // Another name for it.
  {
    weight: 3,
    arbitrary: fc.constantFrom(...hostileTexts).map((key): Structural => (document, { path, node }) => {
      const value: unknown = node?.toJS(document);
      document.deleteIn(path);
      document.setIn([...path.slice(0, -1), key], value);
    }),
  },
  fc.constantFrom(10, 200).map(
    (depth): Structural =>
      (document, { path }) =>
        document.setIn(path, nested(depth)),
  ),
  // So many of it.
  fc.constantFrom(2, 60).map((times): Structural => (document, { path, node }) => {
    const value: unknown = node?.toJS(document);
    document.setIn(
      path,
      Array.from({ length: times }, () => value),
    );
  }),
);

const ofStructure: fc.Arbitrary<Mutation> = fc
  .record({ at: place, to: place, change: structural })
  .map(({ at, to, change }): Mutation => (text, json) => {
    const document = parseDocument(text.toString('utf8'), {
      uniqueKeys: false,
      merge: true,
      logLevel: 'error',
    });
    const places = placesOf(document.contents);
    const [here, other] = [places[at % places.length], places[to % places.length]];
    if (document.errors.length > 0 || !here || !other) return text;
    try {
      change(document, here, other);
      return Buffer.from(json ? JSON.stringify(document.toJS(), undefined, 2) : document.toString());
    } catch {
      return text; // no document, so nobody can have written it
    }
  });

/** What happens to one file. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: ofBytes },
    { weight: 2, arbitrary: ofLines },
    { weight: 1, arbitrary: ofFiles },
    { weight: 9, arbitrary: ofStructure },
  ),
  { minLength: 1, maxLength: 3 },
);

/** A file after all that happened to it. */
export function mutated(text: Buffer, json: boolean, all: readonly Mutation[]): Buffer | undefined {
  return all.reduce<Buffer | undefined>((before, change) => before && change(before, json), text);
}
