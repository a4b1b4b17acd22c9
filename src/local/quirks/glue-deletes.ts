/**
 * On AWS a database or table that is deleted takes its LF-tags and grants with it. Here the Data Catalog is an
 * emulator's and Lake Formation is ours: what the one deletes, the other is told.
 */
import type { Exchange } from '../exchange.js';
import { readBody } from '../exchange.js';
import { giveBack, send } from '../forward.js';
import type { Deleted } from '../lake-formation/forgetting.js';

interface DeleteRequest {
  readonly Name?: string;
  readonly DatabaseName?: string;
  readonly TablesToDelete?: readonly string[];
}

export function isGlueDelete(exchange: Exchange): boolean {
  const target = exchange.request.headers['x-amz-target'];
  return (
    exchange.service === 'glue' &&
    typeof target === 'string' &&
    /^AWSGlue\.(?:DeleteDatabase|DeleteTable|BatchDeleteTable)$/.test(target)
  );
}

/** Passes the request on; `tell` is called for each entity that is gone afterwards. */
export async function deleteThenTell(
  exchange: Exchange,
  port: number,
  tell: (deleted: Deleted) => void,
): Promise<void> {
  const body = await readBody(exchange.request);
  const { headers } = exchange.request;
  const answer = await send(port, { method: 'POST', target: exchange.target, headers, body });
  if (answer.status === 200) {
    const { Name, DatabaseName, TablesToDelete } = JSON.parse(body.toString('utf8')) as DeleteRequest;
    if (DatabaseName === undefined) {
      if (Name !== undefined) tell({ database: Name });
    } else {
      const failed = (
        JSON.parse(answer.body.toString('utf8') || '{}') as { Errors?: { TableName: string }[] }
      ).Errors;
      for (const table of TablesToDelete ?? (Name === undefined ? [] : [Name])) {
        if (!failed?.some(({ TableName }) => TableName === table)) tell({ database: DatabaseName, table });
      }
    }
  }
  giveBack(exchange, answer);
}
