/** The service in a request's SigV4 scope. */
export function signedScope(authorization: string | undefined, query: URLSearchParams): string | undefined {
  const credential = /Credential=([^,\s]+)/.exec(authorization ?? '')?.[1] ?? query.get('X-Amz-Credential');
  return credential?.split('/').at(-2);
}
