/**
 * Splits a command line into words as a POSIX shell does: blanks separate, single quotes keep everything, double
 * quotes keep all but a backslash before `"`, `\`, `$` and a backtick, a backslash keeps the next character.
 * Nothing is expanded. Throws an `Error` where a quote is left open.
 */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: "'" | '"' | undefined;
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    const next = line.charAt(index + 1);
    if (quote === "'") {
      if (character === "'") quote = undefined;
      else word = (word ?? '') + character;
    } else if (
      character === '\\' &&
      (quote === undefined ? next !== '' : '"\\$`\n'.includes(next) && next !== '')
    ) {
      index++;
      if (next !== '\n') word = (word ?? '') + next;
    } else if (quote === '"') {
      if (character === '"') quote = undefined;
      else word = (word ?? '') + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) throw new Error(`a ${quote} is never closed`);
  if (word !== undefined) words.push(word);
  return words;
}
