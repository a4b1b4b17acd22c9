/**
 * Hadoop's S3A renames by copying, and hands the copy what the original says of its encryption; AWS's client for Java
 * refuses to send a key's name over plain HTTP, which is all there is on this machine, and the emulator refuses KMS
 * without one. Told of no encryption it asks for none, and the copy gets its bucket's: here, as in AWS, the same.
 */
import type { Exchange } from '../exchange.js';
import { forward } from '../forward.js';

export function isLookByHadoop({ service, request }: Exchange): boolean {
  const client = request.headers['user-agent'] ?? '';
  return service === 's3' && request.method === 'HEAD' && client.startsWith('Hadoop ');
}

export function lookWithoutKey(exchange: Exchange, port: number): Promise<void> {
  return forward(exchange, port, {
    without: [
      'x-amz-server-side-encryption',
      'x-amz-server-side-encryption-aws-kms-key-id',
      'x-amz-server-side-encryption-bucket-key-enabled',
    ],
  });
}
