/** The layers of the lake, in the order data moves through them. */
export const layers = ['bronze', 'silver', 'gold'] as const;
export type Layer = (typeof layers)[number];

/** Every bucket of an environment, by the last part of its name. */
export const bucketKinds = ['landing', ...layers, 'artifacts', 'logs'] as const;
export type BucketKind = (typeof bucketKinds)[number];
