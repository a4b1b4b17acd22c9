import { layers } from '../layers.js';
import { names } from '../names.js';
import type { Manifest } from './manifest.js';

/** What names are made of: those of the environment that a snapshot is of, and of the one that it is restored into. */
export type NamedEnvironment = Manifest['environment'];

/** A name of something of one environment as the other calls it; what is of neither stays as it is. */
export type Renaming = (text: string) => string;

/**
 * How one environment's names become another's: buckets, databases, roles of its own, its name where it stands alone.
 * A principal that is no role of the environment keeps its name, for nobody knows who that would be elsewhere.
 */
export function renaming(from: NamedEnvironment, to: NamedEnvironment): Renaming {
  const databases = new Map(layers.map((layer) => [names.database(from, layer), names.database(to, layer)]));
  const ownRole = new RegExp(`^arn:aws:iam::${from.account}:role/${from.prefix}-(?=job-|lake-)`);
  return (text) => {
    if (text === from.name) return to.name;
    const renamed = databases.get(text);
    if (renamed !== undefined) return renamed;
    return text
      .replaceAll(`s3://${from.bucketPrefix}-`, `s3://${to.bucketPrefix}-`)
      .replace(ownRole, `arn:aws:iam::${to.account}:role/${to.prefix}-`);
  };
}

/** A document of JSON all of whose texts are renamed. */
export function renamedIn<Value>(value: Value, rename: Renaming): Value {
  if (typeof value === 'string') return rename(value) as Value;
  if (Array.isArray(value)) return value.map((one: unknown) => renamedIn(one, rename)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [key, renamedIn(inner, rename)]),
  ) as Value;
}
