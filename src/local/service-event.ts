import type { Place } from './place.js';

/** What a service of AWS puts on the default event bus of an account. */
export interface ServiceEvent extends Place {
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: object;
}
