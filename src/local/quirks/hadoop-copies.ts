/**
 * Hadoop's S3A renames by copying, and hands the copy the key that the original says it is encrypted with; AWS's client
 * for Java refuses to send a key's name over plain HTTP, which is all there is on this machine. Told of no key it names
 * none, and the copy gets that of its bucket: here, as in AWS, the same.
 */
import type { Exchange } from '../exchange.js';
import { forward } from '../forward.js';

export function isLookByHadoop({ service, request }: Exchange): boolean {
  const client = request.headers['user-agent'] ?? '';
  return service === 's3' && request.method === 'HEAD' && client.startsWith('Hadoop ');
}

export function lookWithoutKey(exchange: Exchange, port: number): Promise<void> {
  return forward(exchange, port, { without: 'x-amz-server-side-encryption-aws-kms-key-id' });
}
