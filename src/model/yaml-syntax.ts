import { CST, Parser } from 'yaml';

/** The syntax of a text, piece by piece, which is known before anything is made of it. */
export function syntaxOf(text: string): CST.Token[] {
  return [...new Parser().parse(text)];
}

/**
 * Where the first value begins that is within more others than allowed. What makes values of syntax goes into each of them
 * in turn, and runs out of stack where they have no end.
 * @returns the offset in the text, or undefined where there is none
 */
export function beginOfNesting(syntax: readonly CST.Token[], most: number): number | undefined {
  const left = syntax.map((token) => ({ token, within: 0 })).reverse();
  for (let next = left.pop(); next; next = left.pop()) {
    const { token, within } = next;
    if (token.type === 'document') {
      if (token.value) left.push({ token: token.value, within });
      continue;
    }
    if (!CST.isCollection(token)) continue;
    if (within >= most) return token.offset;
    for (const item of token.items.toReversed()) {
      for (const inner of [item.value, item.key]) if (inner) left.push({ token: inner, within: within + 1 });
    }
  }
  return undefined;
}
