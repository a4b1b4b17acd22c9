/**
 * ministack drops the tags that CreateCrawler, CreateJob and CreateConnection are given, and knows those that
 * TagResource adds: so they are added after the resource has been made. Without it Terraform wants to add the tags
 * again in each plan.
 */
import type { Exchange } from '../exchange.js';
import { readBody } from '../exchange.js';
import { giveBack, send } from '../forward.js';

const creates = /^AWSGlue\.Create(Crawler|Job|Connection)$/;

interface CreateRequest {
  readonly Name?: string;
  readonly ConnectionInput?: { readonly Name?: string };
  readonly Tags?: Readonly<Record<string, string>>;
}

export function isGlueCreateWithTags(exchange: Exchange): boolean {
  return exchange.service === 'glue' && creates.test(operation(exchange));
}

export async function createThenTag(exchange: Exchange, port: number): Promise<void> {
  const body = await readBody(exchange.request);
  const headers = exchange.request.headers;
  const answer = await send(port, { method: 'POST', target: exchange.target, headers, body });
  const asked = JSON.parse(body.toString('utf8')) as CreateRequest;
  const kind = creates.exec(operation(exchange))?.[1]?.toLowerCase();
  const name = asked.Name ?? asked.ConnectionInput?.Name;
  if (answer.status === 200 && kind !== undefined && name !== undefined && asked.Tags) {
    await send(port, {
      method: 'POST',
      target: '/',
      headers: { ...headers, 'x-amz-target': 'AWSGlue.TagResource' },
      body: Buffer.from(
        JSON.stringify({
          ResourceArn: `arn:aws:glue:${exchange.region}:${exchange.account}:${kind}/${name}`,
          TagsToAdd: asked.Tags,
        }),
      ),
    });
  }
  giveBack(exchange, answer);
}

function operation(exchange: Exchange): string {
  const target = exchange.request.headers['x-amz-target'];
  return typeof target === 'string' ? target : '';
}
