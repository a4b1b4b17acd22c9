import { Document, isAlias, isMap, isNode, isScalar, parseDocument, type YAMLMap } from 'yaml';

/**
 * A YAML file with an entry in one of its maps. Everything else in it stays letter by letter, comments too; an entry of that
 * name is replaced.
 *
 * @param body what stands at the entry's key, as lines of YAML that begin at the first column
 */
export function withEntry(text: string, section: string, key: string, body: readonly string[]): string {
  const document = parseDocument(text);
  const map = document.get(section);
  if (!isMap(map) || map.items.length === 0 || map.flow === true)
    return withFirstEntry(document, text, section, key, body);
  const indent = ' '.repeat(columnOf(text, startOf(map.items[0])));
  const entry = entryLines(key, body).map((line) => (line === '' ? line : indent + line));
  const there = map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
  if (there) {
    const [begin, end] = [startOf(there) - indent.length, endOf(text, there)];
    return `${text.slice(0, begin)}${entry.join('\n')}\n${text.slice(end)}`;
  }
  const end = endOf(text, map.items.at(-1));
  const before = text.slice(0, end);
  return `${before}${before.endsWith('\n') ? '' : '\n'}${entry.join('\n')}\n${text.slice(end)}`;
}

/** A section with nothing in it, or written in one line, is written anew. */
function withFirstEntry(
  document: ReturnType<typeof parseDocument>,
  text: string,
  section: string,
  key: string,
  body: readonly string[],
): string {
  const value: unknown = parseDocument(entryLines(key, body).join('\n')).toJS();
  const before: unknown = document.get(section);
  const section_ = isMap(before) ? (before.toJSON() as object) : {};
  const rendered = new Document({ [section]: { ...section_, ...(value as object) } }).toString({
    lineWidth: 0,
  });
  const pair = isMap(document.contents)
    ? document.contents.items.find((each) => isScalar(each.key) && each.key.value === section)
    : undefined;
  if (!pair) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${rendered}`;
  return text.slice(0, startOf(pair)) + rendered + text.slice(endOf(text, pair));
}

function entryLines(key: string, [first = '', ...more]: readonly string[]): string[] {
  return more.length === 0
    ? [`${key}: ${first}`]
    : [`${key}:`, ...[first, ...more].map((line) => `  ${line}`)];
}

type Entry = YAMLMap['items'][number];

function startOf(pair: Entry | undefined): number {
  return (isNode(pair?.key) ? pair.key.range?.[0] : undefined) ?? 0;
}

/** Behind the line on which the value of a pair ends. */
function endOf(text: string, pair: Entry | undefined): number {
  const value = isNode(pair?.value) ? pair.value : undefined;
  const last = value?.range?.[1] ?? startOf(pair);
  // A map's range ends behind its last line end already.
  if (text[last - 1] === '\n') return last;
  const end = text.indexOf('\n', last);
  return end === -1 ? text.length : end + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

/** How the jobs of a section say how large they are: by the anchor that others name too, or in full. */
export function sizeOfJobs(text: string): string {
  const jobs = parseDocument(text).get('jobs');
  for (const pair of isMap(jobs) ? jobs.items : []) {
    const spark = isMap(pair.value) ? pair.value.get('spark', true) : undefined;
    if (isAlias(spark)) return `*${spark.source}`;
    if (isMap(spark) && spark.anchor !== undefined) return `*${spark.anchor}`;
  }
  return '{ driver: { cpu: 2, memoryGb: 4 }, executor: { cpu: 2, memoryGb: 4, maximum: 4 } }';
}

/** A value in one line of YAML. */
export function inOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOneLine).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, each]) => `${key}: ${inOneLine(each)}`);
    return `{ ${members.join(', ')} }`;
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  if (
    /^[A-Za-z][\w./-]*(?: [\w./-]+)*$/.test(value) &&
    !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value)
  )
    return value;
  return /[\p{Cc}']/u.test(value) ? JSON.stringify(value) : `'${value}'`;
}
