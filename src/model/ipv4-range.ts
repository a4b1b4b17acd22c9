import { z } from 'zod';

/** A range of IPv4 addresses as AWS takes it: no bit set behind the prefix. */
export const ipv4Range = z
  .string()
  .refine(
    (text) => parse(text) !== undefined,
    'an IPv4 range such as 10.60.0.0/16, without bits behind its prefix',
  );

/** Ranges that no router of the internet knows: RFC 1918, and RFC 6598 for carriers. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];

/** Whether all of the range's addresses are private. */
export function isPrivateRange(range: string): boolean {
  return privateRanges.some((outer) => contains(outer, range));
}

/** Whether an address is in a range; undefined of a host's name. */
export function holdsAddress(range: string, host: string): boolean | undefined {
  const address = `${host}/32`;
  return parse(address) === undefined ? undefined : contains(range, address);
}

function contains(outer: string, inner: string): boolean {
  const [a, b] = [parse(outer), parse(inner)];
  return (
    a !== undefined && b !== undefined && b.length >= a.length && masked(b.address, a.length) === a.address
  );
}

function parse(text: string): { readonly address: number; readonly length: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [length = 0, ...bytes] = match.slice(1).map(Number).reverse();
  if (length > 32 || bytes.some((byte) => byte > 255)) return undefined;
  const address = bytes.reverse().reduce((sum, byte) => sum * 256 + byte, 0);
  return masked(address, length) === address ? { address, length } : undefined;
}

function masked(address: number, length: number): number {
  const size = 2 ** (32 - length);
  return Math.floor(address / size) * size;
}
