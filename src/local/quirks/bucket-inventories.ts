/**
 * ministack does not know the inventories of a bucket: it takes the request that sets one for a request to make the
 * bucket, and refuses that. So they are kept here, beside the emulators' state. No list is ever written: simulated.
 */
import type { Exchange } from '../exchange.js';
import { readBody, refuse } from '../exchange.js';
import { readJson, writeWhole } from '../files.js';

/** A bucket's configurations by their ids, each as the client wrote it. */
type Kept = Record<string, Record<string, string>>;

export function isBucketInventory(exchange: Exchange): boolean {
  return exchange.service === 's3' && address(exchange) !== undefined;
}

export class BucketInventories {
  readonly #file: string;
  readonly #kept: Kept;

  /** @param file where they are kept; made with the first */
  constructor(file: string) {
    this.#file = file;
    this.#kept = readJson<Kept>(file) ?? {};
  }

  async answer(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const { bucket, id } = address(exchange) ?? { bucket: '', id: undefined };
    const body = (await readBody(request)).toString('utf8');
    const ofBucket = this.#kept[bucket] ?? {};
    if (request.method === 'GET' && id === undefined) {
      const configurations = Object.values(ofBucket).map(withoutDeclaration).join('');
      const list = `${configurations}<IsTruncated>false</IsTruncated>`;
      send(exchange, `<ListInventoryConfigurationsResult>${list}</ListInventoryConfigurationsResult>`);
    } else if (id !== undefined && request.method === 'PUT') {
      this.#keep({ ...this.#kept, [bucket]: { ...ofBucket, [id]: body } });
      response.writeHead(200).end();
    } else if (id !== undefined && ofBucket[id] === undefined) {
      const message = 'The specified configuration does not exist.';
      refuse(response, 's3', 404, 'NoSuchConfiguration', message);
    } else if (id !== undefined && request.method === 'GET') {
      send(exchange, withoutDeclaration(ofBucket[id] ?? ''));
    } else if (id !== undefined && request.method === 'DELETE') {
      const others = Object.fromEntries(Object.entries(ofBucket).filter(([other]) => other !== id));
      this.#keep({ ...this.#kept, [bucket]: others });
      response.writeHead(204).end();
    } else {
      refuse(response, 's3', 405, 'MethodNotAllowed', 'The specified method is not allowed here.');
    }
  }

  #keep(kept: Kept): void {
    Object.assign(this.#kept, kept);
    writeWhole(this.#file, `${JSON.stringify(this.#kept)}\n`);
  }
}

/** `/<bucket>?inventory&id=<id>`; undefined for every other address. */
function address({ target }: Exchange): { bucket: string; id: string | undefined } | undefined {
  const url = new URL(target, 'http://endpoint');
  const [bucket = '', ...rest] = url.pathname.slice(1).replace(/\/$/, '').split('/');
  if (!url.searchParams.has('inventory') || bucket === '' || rest.length > 0) return undefined;
  return { bucket, id: url.searchParams.get('id') ?? undefined };
}

function withoutDeclaration(xml: string): string {
  return xml.replace(/^<\?xml[^>]*\?>\s*/, '');
}

function send({ response }: Exchange, xml: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}
