import { DataplatError } from '../model/errors.js';

/** Waits; rejects as soon as the signal fires. Tests hand in one that does not wait. */
export type Pause = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

export const pause: Pause = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(interrupted());
      return;
    }
    const abort = (): void => {
      clearTimeout(timer);
      reject(interrupted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });

/** Waiting times between looks: quick at first, so that a short thing is seen at once, then patient. */
export function* backoff(first = 300, longest = 5000, factor = 1.25): Generator<number, never, void> {
  for (let wait = first; ; wait = Math.min(longest, wait * factor)) yield Math.round(wait);
}

function interrupted(): DataplatError {
  return new DataplatError('DP1008', 'interrupted');
}
