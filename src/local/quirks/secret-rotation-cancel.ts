/**
 * ministack knows RotateSecret and not CancelRotateSecret, without which Terraform cannot destroy a rotation. It rotates
 * nothing by itself, so there is nothing to end: the secret is looked up, as AWS would, and the call is answered.
 */
import type { Exchange } from '../exchange.js';
import { readBody } from '../exchange.js';
import { giveBack, send } from '../forward.js';

export function isRotationCancel(exchange: Exchange): boolean {
  return (
    exchange.service === 'secretsmanager' &&
    exchange.request.headers['x-amz-target'] === 'secretsmanager.CancelRotateSecret'
  );
}

export async function cancelRotation(exchange: Exchange, port: number): Promise<void> {
  const body = await readBody(exchange.request);
  const headers = { ...exchange.request.headers, 'x-amz-target': 'secretsmanager.DescribeSecret' };
  const described = await send(port, { method: 'POST', target: exchange.target, headers, body });
  if (described.status !== 200) {
    giveBack(exchange, described);
    return;
  }
  const { ARN, Name } = JSON.parse(described.body.toString('utf8')) as { ARN: string; Name: string };
  giveBack(exchange, { ...described, body: Buffer.from(JSON.stringify({ ARN, Name })) });
}
