import {
  Composer,
  Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  visit,
  YAMLParseError,
  type CST,
  type Node,
} from 'yaml';
import { beginOfNesting, syntaxOf } from './yaml-syntax.js';
import type { Location, Problem } from './errors.js';

export type Path = readonly (string | number)[];

/** A YAML or JSON file of the declaration that still knows where each of its values stands. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** Where the value at a path stands: its key where it has one, else the value, else the nearest parent that is there. */
  locate(path: Path): Location;
  /** Where a key of the map at a path stands. */
  locateKey(path: Path, key: string): Location;
  /** Where the value at a path starts, rather than its key. */
  locateValue(path: Path): Location;
  /** A text or a number as it is written, where it is more than what is read of it: `012345678901`. */
  written(path: Path): string | undefined;
}

export type ReadResult =
  | { readonly document: SourceDocument; readonly problems: readonly [] }
  | { readonly document?: undefined; readonly problems: readonly Problem[] };

/**
 * Reads YAML 1.2, of which JSON is a part; a `.json` file must be JSON proper, because other readers of it are.
 * Duplicate keys are errors in both.
 */
export function readDocument(file: string, written: string): ReadResult {
  const text = written.replace(/^\ufeff/, '');
  const broken = notUtf8(file, text);
  if (broken) return { problems: [broken] };
  const at = placesIn(file, text);
  const json = file.endsWith('.json') ? soundJson(text) : undefined;
  // Where the values of sound JSON stand is found out when somebody asks, which is when something else is wrong.
  const unusable = json && unusableIn(json.value);
  if (json && unusable?.message !== tooDeep) return usable(located(file, json.value, text), unusable);
  const syntax = syntaxOf(text);
  const deep = beginOfNesting(syntax, mostNested + 1);
  if (deep !== undefined)
    return {
      problems: [
        {
          code: 'DP2002',
          location: at(deep),
          message: tooDeep,
        },
      ],
    };
  const parsed = composed(syntax, text);
  if (parsed.errors.length > 0) {
    return {
      problems: parsed.errors.map((error) => ({
        code: error.code === 'DUPLICATE_KEY' ? 'DP2009' : 'DP2002',
        location: at(error.pos[0]),
        message: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.message,
      })),
    };
  }
  if (file.endsWith('.json')) {
    try {
      JSON.parse(text);
    } catch (error) {
      const offset = Number(/position (\d+)/.exec(String(error))?.[1] ?? 0);
      return {
        problems: [
          {
            code: 'DP2002',
            location: at(offset),
            message: `not valid JSON: ${messageOf(error).replaceAll(/\s+/g, ' ')}`,
          },
        ],
      };
    }
  }
  try {
    const value: unknown = parsed.toJS();
    return usable(located(file, value, text, parsed), unusableIn(value));
  } catch (error) {
    const { node, message } = unresolvable(parsed) ?? { message: messageOf(error) };
    return { problems: [{ code: 'DP2002', location: at(node?.range?.[0] ?? 0), message }] };
  }
}

/** A document, unless what is in it is nothing that programs of ours would find again. */
function usable(document: SourceDocument, unusable: Unusable | undefined): ReadResult {
  if (!unusable) return { problems: [], document };
  const { path, key, message } = unusable;
  const location = key === undefined ? document.locateValue(path) : document.locateKey(path, key);
  return { problems: [{ code: key === undefined ? 'DP2002' : 'DP2004', location, message }] };
}

/** No declaration needs so much, and what looks into more of it would run out of stack. */
const mostNested = 100;
const tooDeep = `more than ${mostNested} values within each other`;

/** A key that JavaScript has for something else, so that it would be passed over without a word. */
const proto = '__proto__';

interface Unusable {
  readonly path: Path;
  readonly key?: string;
  readonly message: string;
}

function unusableIn(value: unknown, path: Path = []): Unusable | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (path.length > mostNested) return { path, message: tooDeep };
  if (Object.hasOwn(value, proto)) return { path, key: proto, message: `"${proto}" cannot be a key` };
  for (const [key, inner] of Object.entries(value)) {
    const found = unusableIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found) return found;
  }
  return undefined;
}

/** A problem where a text was saved in another encoding: read as UTF-8, it has characters that no text has. */
export function notUtf8(file: string, text: string): Problem | undefined {
  const offset = text.search(/[\0\ufffd]/);
  if (offset < 0) return undefined;
  return {
    code: 'DP2002',
    location: placeIn(file, text, offset),
    message: 'this is no UTF-8',
    hint: 'save the file as UTF-8',
  };
}

/** Where a character of a text stands. */
export function placeIn(file: string, text: string, offset: number): Location {
  return placesIn(file, text)(offset);
}

/** The same of many characters of one text, which is gone through once for all of them. */
function placesIn(file: string, text: string): (offset: number) => Location {
  let starts: number[] | undefined;
  return (offset) => {
    starts ??= [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
    let [line, behind] = [0, starts.length];
    while (behind - line > 1) {
      const middle = (line + behind) >> 1;
      if ((starts[middle] ?? 0) <= offset) line = middle;
      else behind = middle;
    }
    return { file, line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
}

/** What of a document that parses has no value: a reference to nothing, or something to be merged that is no map. */
function unresolvable(document: Document): { node?: Node; message: string } | undefined {
  let found: { node?: Node; message: string } | undefined;
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      found = {
        node: alias,
        message: `*${alias.source} refers to nothing: &${alias.source} must stand before it`,
      };
      return visit.BREAK;
    },
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || key.source !== '<<' || isAlias(value) || isMap(value) || isSeq(value))
        return undefined;
      found = { node: key, message: '<< takes a map, or a reference to one' };
      return visit.BREAK;
    },
  });
  return found;
}

function parse(text: string): Document {
  return composed(syntaxOf(text), text);
}

function composed(syntax: readonly CST.Token[], text: string): Document {
  // What it warns of would be printed between our own lines.
  const composer = new Composer({ uniqueKeys: true, merge: true, logLevel: 'error' });
  const [document = new Document(null), second] = composer.compose(syntax, true, text.length);
  if (second) {
    const [begin] = second.range;
    document.errors.push(
      new YAMLParseError(
        [begin, begin + 1],
        'MULTIPLE_DOCS',
        'a second document begins here, and one is read',
      ),
    );
  }
  return document;
}

function located(file: string, value: unknown, text: string, parsed?: Document): SourceDocument {
  let made = parsed;
  const at = placesIn(file, text);
  const start = (path: Path, which: 'keyOrValue' | 'value'): Location =>
    at(find((made ??= parse(text)), path)[which]?.range?.[0] ?? 0);
  return {
    file,
    value,
    locate: (path) => start(path, 'keyOrValue'),
    locateValue: (path) => start(path, 'value'),
    locateKey: (path, key) => start([...path, key], 'keyOrValue'),
    written: (path) => {
      const { value } = find((made ??= parse(text)), path);
      return isScalar(value) ? value.source : undefined;
    },
  };
}

/** The value of a text that is JSON with no key twice: then it holds as many keys as are written. */
function soundJson(text: string): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(
      ([, colon]) => colon !== undefined,
    );
    return keysIn(value) === written.length ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce<number>((sum, one) => sum + keysIn(one), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}

function find(document: Document, path: Path): { keyOrValue: Node | undefined; value: Node | undefined } {
  let value: Node | undefined = document.contents ?? undefined;
  let keyOrValue = value;
  for (const part of path) {
    const container = resolve(document, value);
    if (isMap(container)) {
      const pair = container.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      );
      if (!pair) break;
      value = isNode(pair.value) ? pair.value : undefined;
      keyOrValue = isNode(pair.key) ? pair.key : value;
    } else if (isSeq(container) && typeof part === 'number') {
      const item = container.items[part];
      if (!isNode(item)) break;
      value = item;
      keyOrValue = item;
    } else break;
  }
  return { keyOrValue, value };
}

function resolve(document: Document, node: Node | undefined): Node | undefined {
  return node && 'resolve' in node && typeof node.resolve === 'function'
    ? ((node.resolve as (document: Document) => Node | undefined)(document) ?? undefined)
    : node;
}

function messageOf(error: unknown): string {
  if (error instanceof RangeError) return tooDeep;
  return error instanceof Error ? error.message : String(error);
}
