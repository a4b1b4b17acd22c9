import type { Place } from './place.js';

/**
 * The `authorization` of a request that the endpoint itself makes. Signatures are not checked; the scope says which
 * service is asked, and for whom.
 */
export function ownScope(service: string, { account, region }: Place): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  return (
    `AWS4-HMAC-SHA256 Credential=${account}/${day}/${region}/${service}/aws4_request, ` +
    'SignedHeaders=host, Signature=local'
  );
}
