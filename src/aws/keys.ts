import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';

/**
 * The ids of a region's keys that have this description and carry these tags, and are not about to be deleted, in their
 * order. A key has no name: where its alias was not made yet, nothing else tells it.
 */
export async function keysOf(
  clients: AwsClients,
  description: string,
  tags: Readonly<Record<string, string>>,
  region?: string,
): Promise<string[]> {
  const kms = await clients.kms(region);
  const found: string[] = [];
  let marker: string | undefined;
  do {
    const page = await kms.listKeys(marker === undefined ? {} : { Marker: marker });
    for (const { KeyId: id } of page.Keys ?? []) {
      if (id === undefined) continue;
      try {
        const { KeyMetadata: key } = await kms.describeKey({ KeyId: id });
        if (key?.Description !== description || key.DeletionDate !== undefined) continue;
        const carried = (await kms.listResourceTags({ KeyId: id })).Tags ?? [];
        const isOurs = Object.entries(tags).every(([name, value]) =>
          carried.some(({ TagKey, TagValue }) => TagKey === name && TagValue === value),
        );
        if (isOurs) found.push(id);
      } catch (error) {
        // A key that we may not look at is not ours.
        if (!isAws(error, 'AccessDeniedException', 'NotFoundException')) throw error;
      }
    }
    marker = page.NextMarker;
  } while (marker !== undefined);
  return found.sort();
}
