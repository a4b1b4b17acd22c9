/**
 * The pages of a listing, one after the other.
 * @param ask for the page of a token, the first one without
 */
export async function* pages<Page extends { NextToken?: string | undefined }>(
  ask: (token: string | undefined) => Promise<Page>,
): AsyncGenerator<Page> {
  let token: string | undefined;
  do {
    const page = await ask(token);
    yield page;
    token = page.NextToken;
  } while (token !== undefined && token !== '');
}
