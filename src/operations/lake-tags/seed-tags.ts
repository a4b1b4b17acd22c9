import pLimit from 'p-limit';
import type { Aws } from '../../aws/aws.js';
import type { LakeTags } from '../../aws/lake-tags.js';
import type { Platform } from '../../model/platform.js';
import { changeWords, tagChanges, type TagChange, type TagsPresent } from '../../model/tag-changes.js';
import {
  declaredTags,
  targetName,
  type TagDeclaration,
  type TagTarget,
} from '../../model/tag-declaration.js';
import { step, type Operation } from '../events.js';
import { notDeployed } from '../release/release.js';
import { pause, type Pause } from '../waiting.js';
import { giveTags } from './give-tags.js';
import { callsAtOnce, Patience } from './patience.js';

export interface SeedTagsOptions {
  /** Only say what would be done. Default: false. */
  readonly dryRun?: boolean;
  /** Also take from our own what nobody declares. Default: false. */
  readonly prune?: boolean;
  /** Waits between two tries. Tests hand in one that does not wait. */
  readonly pause?: Pause;
}

export interface SeedTagsResult {
  readonly environment: string;
  readonly applied: boolean;
  readonly changes: readonly {
    readonly action: TagChange['action'];
    readonly of: string;
    readonly text: string;
  }[];
  /** Tables that are declared and not there: they get their tags once they are. */
  readonly missing: readonly string[];
}

/**
 * Makes Lake Formation's tags, what bears them, and grants what contracts and personas declare. What others made stays.
 * @throws DataplatError DP4003 where Lake Formation refuses a part; the other parts are done. DP4004 where a database is missing
 */
export async function* seedTags(
  platform: Platform,
  { tags }: Pick<Aws, 'tags'>,
  options: SeedTagsOptions = {},
): Operation<SeedTagsResult> {
  const { dryRun = false, prune = false } = options;
  const { environment } = platform;
  const declared = declaredTags(platform);
  const present = yield* step('tags', 'Compare Lake Formation with the contracts', () =>
    presentTags(declared, tags),
  );
  const without = present.missing.find(({ table }) => table === undefined);
  if (without) throw notDeployed(environment, `there is no catalog database "${without.database}"`);
  const changes = tagChanges(declared, present, { prune });
  if (!dryRun && changes.length > 0) {
    yield* step('seed', 'Give tags and grants', () =>
      giveTags(changes, new Patience(tags, options.pause ?? pause), environment.name),
    );
  }
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      applied: !dryRun,
      changes: changes.map((change) => ({ action: change.action, ...changeWords(change) })),
      missing: present.missing.map(targetName),
    },
  };
}

/** What Lake Formation has of all that is declared. */
export async function presentTags(declared: TagDeclaration, tags: LakeTags): Promise<TagsPresent> {
  const limit = pLimit(callsAtOnce);
  const bearers = [
    ...new Map(
      declared.assignments.map(({ database, table }) => {
        const bearer: TagTarget = { database, ...(table !== undefined && { table }) };
        return [targetName(bearer), bearer];
      }),
    ).values(),
  ];
  const principals = [...new Set(declared.grants.map(({ principal }) => principal))];
  const [ontology, assignments, grants] = await Promise.all([
    tags.ontology(),
    Promise.all(bearers.map((bearer) => limit(() => tags.assignments(bearer)))),
    Promise.all(principals.map((principal) => limit(() => tags.grants(principal)))),
  ]);
  return {
    ontology,
    assignments: assignments.flatMap((found) => found ?? []),
    missing: bearers.filter((_, index) => assignments[index] === undefined),
    grants: grants.flat(),
  };
}
