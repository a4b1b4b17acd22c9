/**
 * What counts as this machine. The endpoint gives everyone who reaches it full power over what it emulates, and its
 * job runs execute code: so it listens on the loopback address alone, and answers only requests that name it so. A
 * web page that has its own host name resolve to 127.0.0.1 (DNS rebinding) names itself in `Host` and is refused.
 */

const loopbackAddress = /^127(?:\.\d{1,3}){3}$/;

/** Whether an address to listen on is a loopback address. */
export function isLoopbackAddress(address: string): boolean {
  return loopbackAddress.test(address) || address === '::1' || address === 'localhost';
}

/**
 * Whether an authority (`host` or `host:port`) names this machine's loopback interface. Prefixed names count too
 * (`api.127.0.0.1`, `bucket.localhost`): AWS's clients put operations' host prefixes and bucket names there.
 */
export function isLoopbackAuthority(authority: string): boolean {
  const host = authority
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  return (
    isLoopbackAddress(host) ||
    host.endsWith('.localhost') ||
    loopbackAddress.test(host.split('.').slice(-4).join('.'))
  );
}

/** The port that an authority names; 80 where it names none. */
export function portOf(authority: string): number {
  const port = /:(\d+)$/.exec(authority)?.[1];
  return port === undefined ? 80 : Number(port);
}
