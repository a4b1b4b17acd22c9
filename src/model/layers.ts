/** The layers of the lake, in the order data moves through them. */
export const layers = ['bronze', 'silver', 'gold'] as const;
export type Layer = (typeof layers)[number];

/** Every bucket of an environment, by the last part of its name. */
export const bucketKinds = ['landing', ...layers, 'artifacts', 'logs'] as const;
export type BucketKind = (typeof bucketKinds)[number];

/** What is copied to another region: what cannot be made again. Releases can, and logs are not worth it. */
export const replicatedKinds = ['landing', ...layers] as const;
export type ReplicatedKind = (typeof replicatedKinds)[number];
