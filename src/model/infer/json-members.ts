/** A field of a JSON object. `text` is a string's letters, a number as it is written, else JSON; null: there is no value. */
export interface JsonMember {
  readonly name: string;
  readonly text: string | null;
  readonly kind: 'text' | 'number' | 'boolean' | 'nested' | 'null';
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The fields of a text that is one JSON object with no name twice, else undefined. */
export function membersOf(text: string): JsonMember[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members: JsonMember[] = [];
  let depth = 0;
  let name: string | undefined;
  let begin = -1;
  for (const { 0: word, index } of text.matchAll(token)) {
    const closes = word === '}' || word === ']';
    if (closes) depth -= 1;
    if (name !== undefined && begin !== -1 && ((depth === 1 && word === ',') || depth === 0)) {
      members.push(memberOf(name, text.slice(begin, index).trim()));
      name = undefined;
      begin = -1;
    } else if (depth === 1 && name === undefined && word.startsWith('"')) name = JSON.parse(word) as string;
    else if (depth === 1 && name !== undefined && begin === -1 && word === ':') begin = index + 1;
    if (word === '{' || word === '[') depth += 1;
  }
  return new Set(members.map((member) => member.name)).size === members.length ? members : undefined;
}

function memberOf(name: string, written: string): JsonMember {
  if (written === 'null') return { name, text: null, kind: 'null' };
  if (written === 'true' || written === 'false') return { name, text: written, kind: 'boolean' };
  if (written.startsWith('"')) return { name, text: JSON.parse(written) as string, kind: 'text' };
  return { name, text: written, kind: /^[{[]/.test(written) ? 'nested' : 'number' };
}
