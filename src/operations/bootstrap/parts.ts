/** One thing that has to be so. Parts are looked at and made in their order; the first of a kind makes the thing itself. */
export interface Part {
  /** As a person reads it. */
  readonly name: string;
  /** Changes nothing. */
  look(): Promise<PartState>;
  /** Makes it so, whatever it was, and whoever else does so at the same moment. */
  make(): Promise<void>;
}

/** `drifted`: it is there, and not as it has to be. */
export type PartState = 'found' | 'missing' | 'drifted';
