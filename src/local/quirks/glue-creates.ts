/**
 * On AWS a database or table gets the permissions at birth that Lake Formation's settings say. Here the Data Catalog is
 * an emulator's and Lake Formation is ours: what is made in the one, the other is told.
 */
import type { Exchange } from '../exchange.js';
import { readBody } from '../exchange.js';
import { giveBack, send } from '../forward.js';
import type { CreatedResource } from '../lake-formation/created-resources.js';
import type { PrincipalPermissions } from '../lake-formation/shapes.js';

interface CreateRequest {
  readonly DatabaseInput?: {
    readonly Name: string;
    readonly CreateTableDefaultPermissions?: readonly PrincipalPermissions[];
  };
  readonly DatabaseName?: string;
  readonly TableInput?: { readonly Name: string };
}

export function isGlueCreate(exchange: Exchange): boolean {
  const target = exchange.request.headers['x-amz-target'];
  return (
    exchange.service === 'glue' &&
    typeof target === 'string' &&
    /^AWSGlue\.Create(?:Database|Table)$/.test(target)
  );
}

/** Passes the request on; `tell` is called for what is there afterwards. */
export async function createThenTell(
  exchange: Exchange,
  port: number,
  tell: (created: CreatedResource) => void,
): Promise<void> {
  const body = await readBody(exchange.request);
  const { headers } = exchange.request;
  const answer = await send(port, { method: 'POST', target: exchange.target, headers, body });
  if (answer.status === 200) {
    const { DatabaseInput, DatabaseName, TableInput } = JSON.parse(body.toString('utf8')) as CreateRequest;
    if (DatabaseInput) {
      const { Name, CreateTableDefaultPermissions: tables } = DatabaseInput;
      tell({ database: Name, ...(tables && { tableDefaults: tables }) });
    } else if (DatabaseName !== undefined && TableInput) {
      tell({ database: DatabaseName, table: TableInput.Name });
    }
  }
  giveBack(exchange, answer);
}
