/** Whose and where something is. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** What an ARN says of that. */
export function placeOf(arn: string): Place {
  const [, , , region = '', account = ''] = arn.split(':');
  return { account, region };
}
