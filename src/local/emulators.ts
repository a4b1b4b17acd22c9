/**
 * The two emulators behind the gateway. ministack serves most services and writes what it holds to disk when it is
 * asked to end; moto serves EC2 and CloudWatch, holds everything in memory, and gets it back from a journal.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, startEmulator } from './emulator.js';
import type { Emulator } from './emulator.js';
import { packageRoot } from './package-root.js';
import type { EndpointSettings } from './service.js';
import { secretKey } from './simulated.js';

/** The services, by their signing names, that moto answers; ministack loses fields of these. */
export const servedByMoto: ReadonlySet<string> = new Set(['ec2', 'monitoring']);

export interface EmulatorPlace {
  /** The instance's folder. */
  readonly directory: string;
  readonly run: string;
  readonly endRecord: string;
}

export async function startMinistack(settings: EndpointSettings, place: EmulatorPlace): Promise<Emulator> {
  const home = join(place.directory, 'ministack');
  const temporary = join(home, 'tmp');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const log = join(home, 'ministack.log');
  // A failure to write state is looked for in the log of the run that failed.
  rmSync(log, { force: true });
  return startEmulator({
    name: 'ministack',
    command: settings.localPython,
    args: () => [quirk('ministack_server.py')],
    env: (port) => ({
      ...cleanEnvironment(),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: settings.region,
      MINISTACK_ACCOUNT_ID: settings.account,
      // Presigned S3 addresses are the one thing whose signature it checks.
      AWS_SECRET_ACCESS_KEY: secretKey,
      PERSIST_STATE: '1',
      STATE_DIR: join(home, 'state'),
      S3_PERSIST: '1',
      S3_DATA_DIR: join(home, 's3'),
      TMPDIR: temporary,
      LOG_LEVEL: 'WARNING',
      // Listeners that nothing here uses, on fixed ports.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      // It sweeps containers of its own from a docker daemon at each start: the operator's daemon is not ours.
      DOCKER_HOST: `unix://${join(temporary, 'no-docker.sock')}`,
    }),
    log,
    readyPath: '/_ministack/health',
    graceSeconds: 30,
    endRecord: place.endRecord,
    run: place.run,
  });
}

export async function startMoto(settings: EndpointSettings, place: EmulatorPlace): Promise<Emulator> {
  const log = join(place.directory, 'moto', 'moto.log');
  rmSync(log, { force: true });
  return startEmulator({
    name: 'moto',
    command: settings.localPython,
    args: (port) => [quirk('moto_server.py'), '-H', '127.0.0.1', '-p', String(port)],
    env: () => ({
      ...cleanEnvironment(),
      MOTO_ACCOUNT_ID: settings.account,
      AWS_DEFAULT_REGION: settings.region,
      AWS_ACCESS_KEY_ID: settings.account,
      AWS_SECRET_ACCESS_KEY: secretKey,
    }),
    log,
    readyPath: '/moto-api/data.json',
    // It holds nothing that it would have to write.
    graceSeconds: 2,
    run: place.run,
  });
}

function quirk(script: string): string {
  return join(packageRoot(), 'src', 'local', 'quirks', script);
}
