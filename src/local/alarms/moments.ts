/** Moments (seconds since 1970) as CloudWatch writes them. */

/** `2026-11-27T10:05:00.123+0000`. */
export function utcMoment(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('Z', '+0000');
}

/** `27/11/26 10:05:00`. */
export function utcMinute(seconds: number): string {
  const [date = '', time = ''] = new Date(seconds * 1000).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}

/** `Friday 27 November, 2026 10:05:00 UTC`. */
export function utcInWords(seconds: number): string {
  const at = new Date(seconds * 1000);
  const word = (part: Intl.DateTimeFormatOptions): string =>
    at.toLocaleDateString('en-US', { ...part, timeZone: 'UTC' });
  const day = `${word({ weekday: 'long' })} ${at.getUTCDate()} ${word({ month: 'long' })}`;
  return `${day}, ${at.getUTCFullYear()} ${at.toISOString().slice(11, 19)} UTC`;
}
