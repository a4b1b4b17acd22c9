import type { ServiceError } from './service.js';

/** What a client asks of a listing: how many at the most, and from where on. */
export interface AskedPage {
  readonly size: number;
  readonly token: string | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Of the page that follows; absent at the end. */
  readonly next?: string;
}

/**
 * One page of a list that is sorted as it is shown. The token names the last item of the page before, so that items
 * which come meanwhile neither repeat nor hide others.
 * @param refuse makes the error for a token that is none of ours
 * @throws ServiceError of `refuse`
 */
export function pageAfter<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  { size, token }: AskedPage,
  refuse: () => ServiceError,
): Page<Item> {
  const last = token === undefined ? undefined : Buffer.from(token, 'base64url').toString();
  const start = last === undefined ? 0 : items.findIndex((item) => idOf(item) === last) + 1;
  if (last !== undefined && start === 0) throw refuse();
  const shown = items.slice(start, start + size);
  const end = shown.at(-1);
  const isMore = end !== undefined && start + size < items.length;
  return { items: shown, ...(isMore && { next: Buffer.from(idOf(end)).toString('base64url') }) };
}

/**
 * One page of what has no names. The token holds the position: a listing that has changed in between may skip or repeat
 * an entry, as AWS's may.
 * @param refuse makes the error for a token that is none of ours
 * @throws ServiceError of `refuse`
 */
export function pageFrom<Item>(
  items: readonly Item[],
  { size, token }: AskedPage,
  refuse: () => ServiceError,
): Page<Item> {
  const position = token === undefined ? 'from:0' : Buffer.from(token, 'base64url').toString('utf8');
  if (!/^from:\d+$/.test(position)) throw refuse();
  const from = Number(position.slice('from:'.length));
  const isMore = from + size < items.length;
  return {
    items: items.slice(from, from + size),
    ...(isMore && { next: Buffer.from(`from:${from + size}`).toString('base64url') }),
  };
}
