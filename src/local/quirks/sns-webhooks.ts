/**
 * A web hook has to confirm its subscription to a topic. Who subscribes it may ask for the subscription's ARN all the
 * same, as Terraform does; ministack says "pending confirmation" to that too, and Terraform then finds nothing of that
 * name. Asked the same once more, ministack answers with the ARN of the subscription that is there.
 */
import type { Exchange } from '../exchange.js';
import { readBody } from '../exchange.js';
import { giveBack, send } from '../forward.js';

export function mayBeSubscription(exchange: Exchange): boolean {
  return exchange.service === 'sns' && exchange.request.method === 'POST';
}

export async function subscribeThenName(exchange: Exchange, port: number): Promise<void> {
  const body = await readBody(exchange.request);
  const sent = {
    method: 'POST',
    target: exchange.target,
    headers: exchange.request.headers,
    body,
  };
  const asked = new URLSearchParams(body.toString('utf8'));
  const answer = await send(port, sent);
  const unnamed =
    asked.get('Action') === 'Subscribe' &&
    asked.get('ReturnSubscriptionArn') === 'true' &&
    answer.body.includes('pending confirmation');
  giveBack(exchange, unnamed ? await send(port, sent) : answer);
}
