/** LF-tags: their keys and allowed values. */
import { z } from 'zod';
import { operation, page, paging } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import { tagKey, tagValues } from './shapes.js';
import type { Expression } from './shapes.js';
import { invalid, notFound, takeTag } from './state.js';
import type { LakeFormationState, LakeFormationStore } from './state.js';

const valuesAKey = 1000;

/** @throws ServiceError EntityNotFoundException if a key, or one of its values, is not defined */
export function requireTags(state: Readonly<LakeFormationState>, asked: Expression): void {
  for (const { TagKey, TagValues } of asked) {
    const values = state.tags[TagKey];
    if (!values) throw notFound(`Tag key does not exist: ${TagKey}`);
    const unknown = TagValues.filter((value) => value !== '*' && !values.includes(value));
    if (unknown.length > 0) throw notFound(`Tag value does not exist: ${TagKey}=${unknown.join(', ')}`);
  }
}

export function tagOperations(store: LakeFormationStore): Record<string, Operation> {
  const valuesOf = (key: string): readonly string[] => {
    const values = store.state.tags[key];
    if (!values) throw notFound(`Tag key does not exist: ${key}`);
    return values;
  };
  return {
    CreateLFTag: operation(z.object({ TagKey: tagKey, TagValues: tagValues }), (input) => {
      store.change((state) => {
        if (state.tags[input.TagKey]) throw invalid(`Tag key already exists: ${input.TagKey}`);
        state.tags[input.TagKey] = [...new Set(input.TagValues)];
      });
      return {};
    }),

    GetLFTag: operation(z.object({ TagKey: tagKey }), (input, { account }) => ({
      CatalogId: account,
      TagKey: input.TagKey,
      TagValues: valuesOf(input.TagKey),
    })),

    UpdateLFTag: operation(
      z.object({
        TagKey: tagKey,
        TagValuesToAdd: tagValues.optional(),
        TagValuesToDelete: tagValues.optional(),
      }),
      (input) => {
        const now = valuesOf(input.TagKey);
        const add = input.TagValuesToAdd ?? [];
        const remove = input.TagValuesToDelete ?? [];
        const both = add.filter((value) => remove.includes(value));
        if (both.length > 0) throw invalid(`Values both to add and to delete: ${both.join(', ')}`);
        const unknown = remove.filter((value) => !now.includes(value));
        if (unknown.length > 0) throw invalid(`Tag value does not exist: ${unknown.join(', ')}`);
        const attached = Object.values(store.state.assignments).map((tags) => tags[input.TagKey]);
        const used = remove.filter((value) => attached.includes(value));
        if (used.length > 0) {
          throw invalid(`Update not allowed. Tag values are attached to resources: ${used.join(', ')}`);
        }
        const values = [...new Set([...now, ...add])].filter((value) => !remove.includes(value));
        if (values.length === 0) throw invalid('A tag key must keep at least one value.');
        if (values.length > valuesAKey) {
          throw invalid(`A tag key has at most ${valuesAKey} values.`);
        }
        store.change((state) => {
          state.tags[input.TagKey] = values;
        });
        return {};
      },
    ),

    DeleteLFTag: operation(z.object({ TagKey: tagKey }), (input) => {
      valuesOf(input.TagKey);
      store.change((state) => {
        delete state.tags[input.TagKey];
        for (const key of Object.keys(state.assignments)) takeTag(state, key, input.TagKey);
        // Grants on the tag itself go with it; policies that use it stay, and match nothing any more.
        state.grants = state.grants.filter(({ resource }) => resource.LFTag?.TagKey !== input.TagKey);
      });
      return {};
    }),

    ListLFTags: operation(
      z.object({ ...paging, ResourceShareType: z.enum(['ALL', 'FOREIGN']).optional() }),
      (input, { account }) => {
        const tags =
          input.ResourceShareType === 'FOREIGN'
            ? []
            : Object.entries(store.state.tags).map(([TagKey, TagValues]) => ({
                CatalogId: account,
                TagKey,
                TagValues,
              }));
        const { entries, NextToken } = page(tags, input);
        return { LFTags: entries, ...(NextToken !== undefined && { NextToken }) };
      },
    ),
  };
}
