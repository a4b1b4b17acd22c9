import {
  LineCounter,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
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
  const json = file.endsWith('.json') ? soundJson(text) : undefined;
  // Where the values of sound JSON stand is found out when somebody asks, which is when something else is wrong.
  if (json) return { problems: [], document: located(file, json.value, () => parse(text)) };
  const { parsed, lines } = parse(text);
  const at = (offset: number): Location => placeOf(file, lines, offset);
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
        problems: [{ code: 'DP2002', location: at(offset), message: `not valid JSON: ${messageOf(error)}` }],
      };
    }
  }
  try {
    const value: unknown = parsed.toJS();
    return { problems: [], document: located(file, value, () => ({ parsed, lines })) };
  } catch (error) {
    const { node, message } = unresolvable(parsed) ?? { message: messageOf(error) };
    return { problems: [{ code: 'DP2002', location: at(node?.range?.[0] ?? 0), message }] };
  }
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

/** Where a character of a text stands that is of no document of ours: code, or no text at all. */
export function placeIn(file: string, text: string, offset: number): Location {
  const before = text.slice(0, offset).split('\n');
  return { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
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

interface Parsed {
  readonly parsed: Document;
  readonly lines: LineCounter;
}

function parse(text: string): Parsed {
  const lines = new LineCounter();
  return { parsed: parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: true }), lines };
}

function located(file: string, value: unknown, parsing: () => Parsed): SourceDocument {
  let made: Parsed | undefined;
  const start = (path: Path, which: 'keyOrValue' | 'value'): Location => {
    const { parsed, lines } = (made ??= parsing());
    return placeOf(file, lines, find(parsed, path)[which]?.range?.[0] ?? 0);
  };
  return {
    file,
    value,
    locate: (path) => start(path, 'keyOrValue'),
    locateValue: (path) => start(path, 'value'),
    locateKey: (path, key) => start([...path, key], 'keyOrValue'),
    written: (path) => {
      const { parsed } = (made ??= parsing());
      const { value } = find(parsed, path);
      return isScalar(value) ? value.source : undefined;
    },
  };
}

function placeOf(file: string, lines: LineCounter, offset: number): Location {
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col };
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
  return error instanceof Error ? error.message : String(error);
}
