import { z } from 'zod';
import { operation } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import type { CostExplorerStore } from './state.js';

const tag = z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256) });
/** Tags as Cost Explorer is given them. */
export const resourceTags = z.array(tag).max(200).optional();

export function tagsOf(given: z.infer<typeof resourceTags>): Record<string, string> {
  return Object.fromEntries((given ?? []).map(({ Key, Value }) => [Key, Value]));
}

export function tagOperations(store: CostExplorerStore): Record<string, Operation> {
  const resource = { ResourceArn: z.string() };
  return {
    ListTagsForResource: operation(z.object(resource), ({ ResourceArn }) => ({
      ResourceTags: Object.entries(store.byArn(ResourceArn).entry.tags).map(([Key, Value]) => ({
        Key,
        Value,
      })),
    })),

    TagResource: operation(z.object({ ...resource, ResourceTags: resourceTags }), (input) => {
      const { kind, entry } = store.byArn(input.ResourceArn);
      store.put(kind, { ...entry, tags: { ...entry.tags, ...tagsOf(input.ResourceTags) } });
      return {};
    }),

    UntagResource: operation(z.object({ ...resource, ResourceTagKeys: z.array(z.string()) }), (input) => {
      const { kind, entry } = store.byArn(input.ResourceArn);
      const tags = Object.entries(entry.tags).filter(([key]) => !input.ResourceTagKeys.includes(key));
      store.put(kind, { ...entry, tags: Object.fromEntries(tags) });
      return {};
    }),
  };
}
