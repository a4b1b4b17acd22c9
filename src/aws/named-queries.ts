import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';
import { pages } from './pages.js';

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
  try {
    // As many as are told of in one call.
    const listed = pages((NextToken) =>
      athena.listNamedQueries({ WorkGroup: workgroup, MaxResults: 50, NextToken }),
    );
    for await (const { NamedQueryIds: ids = [] } of listed) {
      if (ids.length === 0) continue;
      const { NamedQueries = [] } = await athena.batchGetNamedQuery({ NamedQueryIds: ids });
      for (const { NamedQueryId: id, Name: name, Database: database } of NamedQueries) {
        if (id !== undefined && name !== undefined) found.push({ id, name, database: database ?? '' });
      }
    }
  } catch (error) {
    if (isAws(error, 'InvalidRequestException')) return [];
    throw error;
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}
