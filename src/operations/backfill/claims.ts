import type { Records } from '../../aws/records.js';
import { DataplatError } from '../../model/errors.js';
import { lifeOf, parseHolder, type Holder } from '../state/holder.js';
import { ledgerNames } from './ledger-names.js';

/** The jobs and dates that a backfill holds until it has ended or was cancelled. */
export interface Claim {
  readonly id: string;
  readonly jobs: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly since: string;
  readonly command: string;
  /** The process that made the claim. */
  readonly holder: Holder;
}

/**
 * Takes jobs and dates, so that no other backfill runs them at the same time.
 * @throws DataplatError DP6011 with who holds some of them
 */
export async function claim(records: Records, wanted: Claim, environment: string): Promise<void> {
  await change(records, async (claims) => {
    const others = claims.filter(({ id }) => id !== wanted.id);
    const kept: Claim[] = [];
    for (const other of others) {
      const jobs = other.jobs.filter((job) => wanted.jobs.includes(job));
      const overlaps = jobs.length > 0 && other.from <= wanted.to && wanted.from <= other.to;
      if (overlaps && (await isAnybodys(records, other)))
        throw held(other, jobs, environment, await lifeAt(records, other.id));
      if (!overlaps || (await isAnybodys(records, other))) kept.push(other);
    }
    return [...kept, wanted];
  });
}

export async function giveBack(records: Records, id: string): Promise<void> {
  await change(records, (claims) => Promise.resolve(claims.filter((one) => one.id !== id)));
}

/** Whoever was killed between the claim and the plan has started nothing. */
async function isAnybodys(records: Records, { id, holder }: Claim): Promise<boolean> {
  return lifeOf(holder) === 'alive' || (await records.read(ledgerNames.plan(id))) !== undefined;
}

async function lifeAt(records: Records, id: string): Promise<'runs' | 'stands'> {
  const found = await records.read(ledgerNames.writer(id));
  const holder = found && parseHolder(found.text);
  const life = holder && lifeOf(holder);
  return life === 'alive' || life === 'terraform' ? 'runs' : 'stands';
}

function held(
  other: Claim,
  jobs: readonly string[],
  environment: string,
  life: 'runs' | 'stands',
): DataplatError {
  const more = jobs.length > 3 ? ` and ${jobs.length - 3} more` : '';
  return new DataplatError(
    'DP6011',
    `backfill ${other.id} of ${other.by} holds ${jobs.slice(0, 3).join(', ')}${more} from ${other.from} to ${other.to}`,
    {
      excerpt: [
        other.command,
        life === 'runs' ? 'it runs' : 'it does not run at the moment, and has not ended',
        `since ${other.since.slice(0, 19).replace('T', ' ')} UTC`,
      ],
      left: 'nothing was started',
      next:
        life === 'runs'
          ? [
              `dataplat backfills show ${other.id} --env ${environment}`,
              `dataplat backfills cancel ${other.id} --env ${environment}`,
            ]
          : [
              `dataplat backfill --resume ${other.id} --env ${environment}`,
              `dataplat backfills cancel ${other.id} --env ${environment}`,
            ],
      data: { backfill: other.id, by: other.by },
    },
  );
}

/** Reads, changes and writes the claims; whoever was slower tries again. */
async function change(
  records: Records,
  edit: (claims: readonly Claim[]) => Promise<readonly Claim[]>,
): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    const found = await records.read(ledgerNames.claims);
    const edited = await edit(found ? (JSON.parse(found.text) as Claim[]) : []);
    const text = JSON.stringify(edited);
    const version = found
      ? await records.replace(ledgerNames.claims, text, found.version)
      : await records.create(ledgerNames.claims, text);
    if (version !== undefined) return;
  }
  throw new DataplatError('DP6011', 'too many backfills begin at once: the claims could not be written', {
    left: 'nothing was started',
    next: ['the same command again'],
  });
}
