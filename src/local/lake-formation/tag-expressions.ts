import type { Expression } from './shapes.js';
import type { Tags } from './state.js';

/**
 * Whether tags satisfy an expression: every key of it is there with one of the values it lists. `*` stands for any
 * value of the key, but the key must be assigned.
 */
export function satisfies(tags: Tags, expression: Expression): boolean {
  return expression.every(({ TagKey, TagValues }) => {
    const value = tags[TagKey];
    return value !== undefined && (TagValues.includes('*') || TagValues.includes(value));
  });
}
