import { InvalidArgumentError } from 'commander';
import { durationPattern, minutesOf, secondsOf } from '../model/duration.js';

/** For flags that take a whole number from `least` on. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) < least)
      throw new InvalidArgumentError(`expected a whole number from ${least} on.`);
    return Number(text);
  };
}

/** For flags that take a duration: minutes, or `90m`, `2h`. @returns minutes */
export function minutes(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  if (!durationPattern.test(text))
    throw new InvalidArgumentError('expected minutes, or a duration such as 90m or 2h.');
  return minutesOf(text);
}

/** For flags that take a point in time: a date, or how long ago (`6h`, `7d`). */
export function pointInTime(text: string): Date {
  if (durationPattern.test(text)) return new Date(Date.now() - secondsOf(text) * 1000);
  const date = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('expected a date such as 2026-01-05, or how long ago, such as 6h or 7d.');
  return date;
}

/** Collects a flag that may be given several times. */
export function collected(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
