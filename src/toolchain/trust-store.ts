import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageDirectory } from '../project/project-directory.js';
import { runProgram } from './run-program.js';

const password = 'changeit'; // Java's own default: a trust store holds nothing secret

/** Where systems keep the certificates that they trust. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/**
 * Makes Java trust whom this machine trusts. A Java that came as a wheel brings a list of its own, which knows
 * nothing of a company's proxy.
 * @param localPython the interpreter of the local endpoint's environment, which reads certificates
 * @returns options for Java; none where the machine keeps no bundle
 */
export async function trustStoreOptions(
  localPython: string,
  file: string,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<string[]> {
  const bundle = [variables['SSL_CERT_FILE'], ...bundles].find((one) => one !== undefined && existsSync(one));
  if (bundle === undefined) return [];
  await runProgram({
    purpose: 'hand the trusted certificates to Java',
    command: localPython,
    args: [join(packageDirectory, 'src', 'toolchain', 'trust_store.py'), bundle, file, password],
  });
  return [
    `-Djavax.net.ssl.trustStore=${file}`,
    '-Djavax.net.ssl.trustStoreType=PKCS12',
    `-Djavax.net.ssl.trustStorePassword=${password}`,
  ];
}
