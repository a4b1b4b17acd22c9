/**
 * Text of others as it can be shown: what would move the cursor, ring, or write over a line is written out, ESC as `\x1b`.
 * Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replaceAll(moving, escaped);
}

/** Control characters but line ends and tabs; line ends of Unicode's; what turns the direction of writing. */
const moving =
  // oxlint-disable-next-line no-control-regex -- these are the ones
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The same where colours of our own may be in it already. */
export function printableInColour(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what chalk writes
  return text.replaceAll(/(\u001b\[[0-9;]*m)|[^\u001b]+|\u001b/g, (piece, colour?: string) =>
    colour === undefined ? printable(piece) : piece,
  );
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\r') return '\\r';
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}

/** `1 job`, `2 jobs`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `512 B`, `3.4 KB`, `26 MB`. */
export function bytes(number: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = number;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
