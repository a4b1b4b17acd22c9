/** What a service of AWS puts on the default event bus of an account. */
export interface ServiceEvent {
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: object;
  readonly region: string;
  readonly account: string;
}
