import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** What all clones of one user share: virtual environments, jars, Java, Terraform and its providers. */
export function cacheDirectory(variables: NodeJS.ProcessEnv = process.env): string {
  const own = variables['DATAPLAT_CACHE_DIR'];
  if (own) return resolve(own);
  const shared = variables['XDG_CACHE_HOME'];
  if (shared && isAbsolute(shared)) return join(shared, 'dataplat');
  return join(homedir(), '.cache', 'dataplat');
}
