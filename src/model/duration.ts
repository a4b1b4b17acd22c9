const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

export const durationPattern = /^[1-9][0-9]*[smhd]$/;

/** Seconds in a duration such as `45s`, `60m`, `26h` or `7d`. @throws RangeError for anything else */
export function secondsOf(duration: string): number {
  if (!durationPattern.test(duration)) throw new RangeError(`not a duration: ${duration}`);
  const unit = duration.slice(-1) as keyof typeof units;
  return Number(duration.slice(0, -1)) * units[unit];
}

/** Whole minutes in a duration, rounded up. @throws RangeError as `secondsOf` */
export function minutesOf(duration: string): number {
  return Math.ceil(secondsOf(duration) / 60);
}
