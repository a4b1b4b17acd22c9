import type { AwsClients } from './clients.js';
import { translated } from './failures.js';
import { signedPost } from './signed-request.js';

/** A part of a network: EC2 calls it by an id, and we by the tag `Name`. */
export interface NetworkPart {
  /** Begins with its kind, for example `subnet-`. */
  readonly id: string;
  readonly name: string;
}

/** Every part of the region's networks that carries these tags and a `Name`, by one call however many there are. */
export async function networkParts(
  clients: AwsClients,
  tags: Readonly<Record<string, string>>,
): Promise<NetworkPart[]> {
  const found = new Map<string, Map<string, string>>();
  let token: string | undefined;
  do {
    const page = await describeTags(clients, token);
    for (const { id, key, value } of page.tags)
      found.set(id, (found.get(id) ?? new Map<string, string>()).set(key, value));
    token = page.next;
  } while (token !== undefined);
  return [...found]
    .filter(([, part]) => Object.entries(tags).every(([key, value]) => part.get(key) === value))
    .flatMap(([id, part]) => {
      const name = part.get('Name');
      return name === undefined ? [] : [{ id, name }];
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

interface FoundTag {
  readonly id: string;
  readonly key: string;
  readonly value: string;
}

async function describeTags(
  clients: AwsClients,
  token: string | undefined,
): Promise<{ tags: FoundTag[]; next?: string }> {
  const { settings } = clients;
  const body = new URLSearchParams({
    Action: 'DescribeTags',
    Version: '2016-11-15',
    MaxResults: '1000',
    ...(token !== undefined && { NextToken: token }),
  }).toString();
  const url = new URL('/', settings.endpoint ?? `https://ec2.${settings.region}.amazonaws.com`);
  const contentType = 'application/x-www-form-urlencoded; charset=utf-8';
  const operation = 'EC2 DescribeTags';
  let text: string;
  try {
    const response = await signedPost(clients, { service: 'ec2', url, contentType, body });
    text = await response.text();
    if (!response.ok) {
      const message = within(text, 'Message') ?? `HTTP ${response.status}`;
      throw Object.assign(new Error(message), { name: within(text, 'Code') ?? 'UnknownError' });
    }
  } catch (error) {
    throw translated(error, operation, settings);
  }
  const next = within(text, 'nextToken');
  return {
    tags: [...text.matchAll(/<item>(.*?)<\/item>/gs)].map(([, item = '']) => ({
      id: within(item, 'resourceId') ?? '',
      key: within(item, 'key') ?? '',
      value: within(item, 'value') ?? '',
    })),
    ...(next && { next }),
  };
}

const written = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' } as const;

/** The text of an element that holds nothing else. */
function within(xml: string, element: string): string | undefined {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
  return text?.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => written[entity as keyof typeof written]);
}
