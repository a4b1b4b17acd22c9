import { writeFile } from 'node:fs/promises';
import type { Aws } from '../../aws/aws.js';
import { DataplatError } from '../../model/errors.js';
import type { Job } from '../../model/lineage.js';
import type { LineageEvent } from '../../model/open-lineage.js';
import type { Platform } from '../../model/platform.js';
import { endStates, timedOut, type RunState } from '../../model/run-states.js';
import { info, step, type Operation } from '../events.js';
import { post } from '../http-post.js';
import { details, nameParts, newest } from '../runs.js';
import { requireApplication } from '../submit.js';
import type { Pause } from '../waiting.js';
import { readEvents } from './events.js';

export interface EmitLineageOptions {
  readonly to: { readonly url: string } | { readonly file: string };
  /** Default: every job. */
  readonly job?: Job;
  readonly since: Date;
  readonly now?: () => Date;
  readonly pause?: Pause;
}

export interface EmitLineageResult {
  readonly environment: string;
  readonly events: number;
  readonly runs: number;
  /** Runs that ended without a word of their own: killed, cancelled, out of memory. */
  readonly completed: number;
}

/**
 * Sends the events that runs have kept, in their order; a receiver that has some of them already knows them by their run.
 * A run that ended without telling gets its end from EMR.
 * @throws DataplatError DP6021 where the receiver does not take one: those before it have arrived
 */
export async function* emitLineage(
  platform: Platform,
  aws: Pick<Aws, 'objects' | 'runs'>,
  options: EmitLineageOptions,
): Operation<EmitLineageResult> {
  const { environment, jobs } = platform;
  const { since, to } = options;
  const asked = options.job ? [options.job] : jobs;
  const kept = await readEvents(environment, aws.objects, { jobs: asked, since });
  const missing = await endsFromEmr(platform, aws, kept, since);
  const events = [...kept, ...missing].sort((a, b) => Date.parse(a.eventTime) - Date.parse(b.eventTime));
  if (missing.length > 0) yield info(`${missing.length} of the runs ended without telling; EMR knows how`);
  if ('file' in to) {
    await writeFile(to.file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  } else {
    yield* step('send', `Send ${events.length} events`, async function* () {
      for (const [done, event] of events.entries()) {
        yield { done, total: events.length, detail: `${event.job.name} ${event.eventType}` };
        await sent(to.url, event, done, options.pause);
      }
      return undefined;
    });
  }
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      events: events.length,
      runs: new Set(events.map(({ run }) => run.runId)).size,
      completed: missing.length,
    },
  };
}

async function sent(
  url: string,
  event: LineageEvent,
  before: number,
  pause: Pause | undefined,
): Promise<void> {
  try {
    await post(url, event, { receiver: 'receiver of lineage', pause });
  } catch (error) {
    if (!(error instanceof DataplatError)) throw error;
    throw new DataplatError('DP6021', error.message, {
      left: `${before} events were sent; what is kept in the logs bucket stays there`,
      next: [
        'the same command again: what arrives twice is known by its run',
        'dataplat lineage emit --file lineage.jsonl',
      ],
    });
  }
}

/** By the state of the run: what its own event would have said. */
const kinds: Partial<Record<RunState, string>> = { SUCCESS: 'COMPLETE', FAILED: 'FAIL', CANCELLED: 'ABORT' };

async function endsFromEmr(
  { environment }: Platform,
  aws: Pick<Aws, 'runs'>,
  events: readonly LineageEvent[],
  since: Date,
): Promise<LineageEvent[]> {
  const ended = new Set(events.filter(({ eventType }) => eventType !== 'START').map(({ run }) => run.runId));
  const open = events.filter(({ eventType, run }) => eventType === 'START' && !ended.has(run.runId));
  if (open.length === 0) return [];
  const application = await requireApplication(environment, aws.runs);
  // A run is created a while before it tells of its start.
  const earlier = new Date(since.getTime() - 86_400_000);
  const names = new Set(open.map(({ job }) => job.name));
  const found = (await newest(aws.runs, application.id, { since: earlier, states: endStates }, 5000)).filter(
    ({ name }) => names.has(nameParts(name).job),
  );
  const runs = await details(aws.runs, application.id, found);
  return open.flatMap((event) => {
    const began = Date.parse(event.eventTime);
    const run = runs.find((one) => {
      const { job, date } = nameParts(one.name);
      const end = ('endedAt' in one ? one.endedAt : undefined) ?? one.updatedAt;
      return (
        job === event.job.name &&
        date === event.run.facets?.dataplat_run?.date &&
        one.createdAt.getTime() <= began &&
        end.getTime() >= began
      );
    });
    const kind = run && ('tags' in run && timedOut(run) ? 'FAIL' : kinds[run.state]);
    if (!run || kind === undefined) return [];
    const end = ('endedAt' in run ? run.endedAt : undefined) ?? run.updatedAt;
    return [
      {
        ...event,
        eventType: kind,
        eventTime: end.toISOString(),
        run: {
          ...event.run,
          facets: {
            ...event.run.facets,
            ...(kind !== 'COMPLETE' && { errorMessage: errorFacet(run.stateDetails) }),
          },
        },
      },
    ];
  });
}

function errorFacet(details: string): Readonly<Record<string, string>> {
  return {
    _producer: 'urn:dataplat:command-line',
    _schemaURL:
      'https://openlineage.io/spec/facets/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet',
    message: details === '' ? 'the driver ended without a word' : details,
    programmingLanguage: 'PYTHON',
  };
}
