import { invalid } from './applications.js';

const largestPage = 50;

/**
 * One page of a list that is sorted as it is shown. A token names the last item of the page before it, so that items
 * which come meanwhile neither repeat nor hide others.
 */
export function page<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  query: URLSearchParams,
): { readonly items: readonly Item[]; readonly nextToken?: string } {
  const size = Number(query.get('maxResults') ?? largestPage);
  if (!Number.isInteger(size) || size < 1 || size > largestPage) {
    throw invalid(`maxResults must be between 1 and ${largestPage}.`);
  }
  const token = query.get('nextToken');
  let start = 0;
  if (token !== null) {
    const last = Buffer.from(token, 'base64url').toString();
    start = items.findIndex((item) => idOf(item) === last) + 1;
    if (start === 0) throw invalid('Invalid nextToken.');
  }
  const shown = items.slice(start, start + size);
  const last = shown.at(-1);
  return last !== undefined && start + size < items.length
    ? { items: shown, nextToken: Buffer.from(idOf(last)).toString('base64url') }
    : { items: shown };
}
