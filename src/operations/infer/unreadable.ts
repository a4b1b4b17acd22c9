import { DataplatError } from '../../model/errors.js';

/** A file that nothing can be inferred from: why, and what to do about it. */
export function unreadable(path: string, why: string, next?: string, cause?: unknown): DataplatError {
  return new DataplatError('DP2013', `${path} cannot be read: ${why}`, {
    left: 'nothing was written',
    ...(next !== undefined && { next: [next] }),
    ...(cause !== undefined && { cause }),
  });
}

/** What goes wrong within a file, where nothing says more of it. */
export function damaged(path: string, error: unknown): DataplatError {
  if (error instanceof DataplatError) return error;
  const said = error instanceof Error ? error.message : String(error);
  return unreadable(path, `it is damaged (${said})`, 'deliver it again', error);
}

/** An ingest refuses names that come twice; they differ in more than case. */
export function requireOneName(path: string, names: readonly string[]): void {
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find((_, index) => lower.indexOf(lower[index] ?? '') < index);
  if (twice !== undefined)
    throw unreadable(
      path,
      `it has the field "${twice}" twice`,
      'deliver it with a name of its own for each field',
    );
}
