/** What a checkpoint says of itself: what it was made with, whose it is, what is deployed in it. */
import { z } from 'zod';
import { stateFormat } from '../../local/state-format.js';
import { DataplatError } from '../../model/errors.js';
import type { Environment } from '../../model/environment.js';
import { pinnedVersion } from '../../toolchain/requirements.js';

const checkpointFormat = 1;

const deployedSchema = z.strictObject({
  stack: z.string(),
  /** How many resources its state names; missing where the state is kept in a bucket. */
  resources: z.int().nonnegative().optional(),
});

const manifestSchema = z.strictObject({
  format: z.literal(checkpointFormat),
  /** Another one at each save, so that a reader notices that the checkpoint was saved anew meanwhile. */
  id: z.string(),
  savedAt: z.iso.datetime(),
  /** Versions by what they are of. */
  madeWith: z.record(z.string(), z.string()),
  environment: z.strictObject({ name: z.string(), account: z.string(), region: z.string() }),
  /** When the instance began, and which start of the endpoint last changed it. */
  instance: z.strictObject({ createdAt: z.iso.datetime(), run: z.string() }),
  deployed: z.array(deployedSchema),
  files: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type DeployedStack = z.infer<typeof deployedSchema>;

/** What this dataplat makes checkpoints with, and takes up alone. */
export function versionsHere(): Readonly<Record<string, string>> {
  return {
    'state format': String(stateFormat),
    ministack: pinnedVersion('local.txt', 'ministack'),
    moto: pinnedVersion('local.txt', 'moto'),
  };
}

export function newManifest(known: Omit<Manifest, 'format' | 'madeWith'>): Manifest {
  return { format: checkpointFormat, madeWith: versionsHere(), ...known };
}

/** Reads a manifest; in words what it is instead, where it is none that this dataplat reads. */
export function parseManifest(text: string): Manifest | string {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return 'its manifest is not JSON';
  }
  const { format } = z.looseObject({ format: z.unknown() }).safeParse(read).data ?? {};
  if (typeof format === 'number' && format !== checkpointFormat) {
    return `it was made with checkpoint format ${format}, and this is checkpoint format ${checkpointFormat}`;
  }
  const manifest = manifestSchema.safeParse(read);
  return manifest.success ? manifest.data : 'its manifest is not as it should be';
}

/** Why a checkpoint cannot be taken up here, in words; undefined where it can. */
export function misfit(manifest: Manifest, environment: Environment): string | undefined {
  const here = versionsHere();
  const names = [...new Set([...Object.keys(here), ...Object.keys(manifest.madeWith)])];
  const others = names.filter((name) => manifest.madeWith[name] !== here[name]);
  if (others.length > 0) {
    const list = (versions: Readonly<Record<string, string>>): string =>
      others.map((name) => `${name} ${versions[name] ?? 'unknown'}`).join(', ');
    return `it was made with ${list(manifest.madeWith)}, and this is ${list(here)}`;
  }
  const { name, account, region } = manifest.environment;
  const same = name === environment.name && account === environment.account && region === environment.region;
  if (same) return undefined;
  const place = (one: Manifest['environment']): string => `${one.name} (${one.account}, ${one.region})`;
  return `it belongs to the environment ${place(manifest.environment)}, and this is ${place(environment)}`;
}

export function doesNotFit(name: string, environment: string, problem: string): DataplatError {
  return new DataplatError('DP3010', `checkpoint "${name}" cannot be loaded: ${problem}`, {
    left: 'nothing was changed',
    next: [
      `dataplat deploy --env ${environment}, and then dataplat local save ${name} --force, which makes it anew`,
      `dataplat local remove ${name}`,
    ],
  });
}
