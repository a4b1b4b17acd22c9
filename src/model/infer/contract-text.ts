const width = 100;

/** A contract as people keep it: lists, and what a column says in short, on one line each. */
export function contractText(contract: unknown): string {
  return `${written(contract, '', [])}\n`;
}

function written(value: unknown, indent: string, path: readonly string[]): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const short = inOneLine(value);
  const mayBeShort = Array.isArray(value) || (path[0] === 'properties' ? path.length > 2 : path.length > 1);
  if (mayBeShort && indent.length + (path.at(-1)?.length ?? 0) + short.length + 4 <= width) return short;
  const inner = `${indent}  `;
  if (Array.isArray(value))
    return `[\n${value.map((each) => inner + written(each, inner, [...path, ''])).join(',\n')}\n${indent}]`;
  const members = Object.entries(value).map(
    ([key, each]) => `${inner}${JSON.stringify(key)}: ${written(each, inner, [...path, key])}`,
  );
  return `{\n${members.join(',\n')}\n${indent}}`;
}

function inOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${inOneLine(each)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
