import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';

/** A query that Athena keeps by an id of its own. */
export interface KeptQuery {
  readonly id: string;
  readonly name: string;
  readonly database: string;
}

/** The queries of a workgroup, by id; none where there is no such workgroup. Several may have one name. */
export async function keptQueries(clients: AwsClients, workgroup: string): Promise<KeptQuery[]> {
  const athena = await clients.athena();
  const found: KeptQuery[] = [];
  let token: string | undefined;
  try {
    do {
      // As many as are told of in one call.
      const page = await athena.listNamedQueries({
        WorkGroup: workgroup,
        MaxResults: 50,
        ...(token !== undefined && { NextToken: token }),
      });
      const ids = page.NamedQueryIds ?? [];
      if (ids.length > 0) {
        const { NamedQueries = [] } = await athena.batchGetNamedQuery({ NamedQueryIds: ids });
        for (const { NamedQueryId: id, Name: name, Database: database } of NamedQueries) {
          if (id !== undefined && name !== undefined) found.push({ id, name, database: database ?? '' });
        }
      }
      token = page.NextToken;
    } while (token !== undefined);
  } catch (error) {
    if (isAws(error, 'InvalidRequestException')) return [];
    throw error;
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}
