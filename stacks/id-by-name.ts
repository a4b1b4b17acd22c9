import { createHash } from 'node:crypto';

/**
 * The id of a construct that is one of a list, by what it is and not by its place: when the first one leaves, those behind
 * it would else all be made anew, and who is to be asked by mail would be asked again.
 * @param readable what of it may stand in an id. Default: all of it
 */
export function idByName(name: string, readable = name): string {
  const digits = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return `${readable.replaceAll(/\W+/g, '_')}_${digits}`;
}

/** The same for a principal, who is called the same in every environment where the account is the environment's own. */
export function idByPrincipal(arn: string, account: string): string {
  const own = `arn:aws:iam::${account}:`;
  return idByName(arn.startsWith(own) ? arn.slice(own.length) : arn, arn.replace(/^.*:/, ''));
}
