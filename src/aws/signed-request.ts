import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { AwsClients } from './clients.js';

/** A call for which no SDK client is installed. */
export interface SignedRequest {
  readonly service: string;
  readonly url: URL;
  readonly contentType: string;
  readonly body: string;
}

/** One request, signed as the caller of every other client. */
export async function signedPost(
  clients: AwsClients,
  { service, url, contentType, body }: SignedRequest,
): Promise<Response> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const signer = new SignatureV4({
    service,
    region: clients.settings.region,
    credentials: (await clients.sts()).config.credentials,
    sha256: NodeSha256,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: url.pathname,
    headers: { host: url.host, 'content-type': contentType },
    body,
  });
  return fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(60_000) });
}

/** Node's own hash as the signer wants it. */
class NodeSha256 {
  readonly #secret: string | Uint8Array | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: unknown) {
    this.#secret = secret as string | Uint8Array | undefined;
    this.#hash = this.#begun();
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#begun();
  }

  #begun(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}
