import { randomUUID } from 'node:crypto';
import type { Aws } from '../../aws/aws.js';
import type { Records } from '../../aws/records.js';
import { suggestion } from '../../model/check.js';
import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';
import type { Platform } from '../../model/platform.js';
import { isQuiet, verdictsOf, type Verdict } from '../../model/sla.js';
import { info, step, warning, type Operation, type Steps } from '../events.js';
import { post } from '../http-post.js';
import type { Pause } from '../waiting.js';
import { announcementOf, slackMessage, type Announcement } from './announcement.js';
import { settleNews, takeNews, type Channel } from './notified.js';
import { observe } from './observe.js';

export interface CheckSlaOptions {
  /** Only promises of this job or dataset. */
  readonly subject?: string;
  /** The logical date of the runs. Default: the newest that is due. */
  readonly date?: string;
  /** Whether the alarm topic and the webhook are told what is new. */
  readonly notify?: boolean;
  readonly now?: () => Date;
  readonly pause?: Pause;
}

export interface CheckSlaResult {
  readonly environment: string;
  readonly at: string;
  readonly promises: readonly Verdict[];
  readonly broken: number;
  readonly kept: number;
  readonly unmeasured: number;
  /** How much was told on each channel; undefined where nobody was to be told. */
  readonly told?: Partial<Record<Channel, number>>;
  /** Channels that did not take the message, and why. */
  readonly untold: readonly string[];
}

type SlaAws = Pick<Aws, 'runs' | 'catalog' | 'queries' | 'objects' | 'topics' | 'secrets'>;

/** Holds runs and data against what was promised of them; tells of each breach once, and when it is none any more. */
export async function* checkSla(
  platform: Platform,
  aws: SlaAws,
  records: Records,
  options: CheckSlaOptions = {},
): Operation<CheckSlaResult> {
  const at = (options.now ?? (() => new Date()))();
  requireSubject(platform, options.subject);
  const observed = yield* step('observe', 'Look at runs and data', () => observe(platform, aws, { at }));
  const all = verdictsOf(platform, observed, options.date);
  const promises = all.filter(
    ({ subject, job }) =>
      options.subject === undefined || subject === options.subject || job === options.subject,
  );
  const broken = promises.filter((one) => isBroken(platform, one));
  const notified =
    options.notify === true
      ? yield* notify(platform, aws, records, promises, at, options.pause)
      : { untold: [] };
  yield {
    type: 'result',
    result: {
      environment: platform.environment.name,
      at: at.toISOString(),
      promises,
      broken: broken.length,
      kept: promises.filter(({ state }) => state === 'kept').length,
      unmeasured: promises.length - broken.length - promises.filter(({ state }) => state === 'kept').length,
      ...notified,
    },
  };
}

/** What nothing is known of is a breach where something should measure it. */
function isBroken({ environment }: Platform, { state }: Verdict): boolean {
  return state === 'broken' || (state === 'unmeasured' && environment.alarms.silenceIsLate);
}

async function* notify(
  platform: Platform,
  aws: SlaAws,
  records: Records,
  verdicts: readonly Verdict[],
  at: Date,
  pause: Pause | undefined,
): Steps<Pick<CheckSlaResult, 'told' | 'untold'>> {
  const { environment } = platform;
  const { quietHours, webhook } = environment.notifications;
  const quiet = isQuiet(quietHours, at);
  const by = randomUUID();
  const channels: Channel[] = ['topic', ...(webhook ? (['webhook'] as const) : [])];
  const taken = await takeNews(records, {
    ...{ verdicts, channels, at, quiet, by },
    isBroken: (verdict) => isBroken(platform, verdict),
  });
  if (quiet && quietHours) {
    yield info(
      `quiet hours until ${quietHours.to} UTC: what is new is told afterwards, where it still stands`,
    );
    return { told: {}, untold: [] };
  }
  const told: Partial<Record<Channel, number>> = {};
  const untold: string[] = [];
  for (const [channel, news] of taken) {
    if (news.length === 0) continue;
    const settle = { by, at };
    try {
      const announcement = announcementOf(environment, news);
      yield* step(channel, `Tell the ${channel} (${news.length})`, () =>
        tell(platform, aws, channel, announcement, pause),
      );
    } catch (error) {
      await settleNews(records, channel, news, { ...settle, told: false });
      if (!(error instanceof DataplatError)) throw error;
      untold.push(`${channel}: ${error.message}`);
      yield warning(`the ${channel} was not told: ${error.message}`);
      continue;
    }
    await settleNews(records, channel, news, { ...settle, told: true });
    told[channel] = news.length;
  }
  return { told, untold };
}

async function tell(
  { environment }: Platform,
  aws: SlaAws,
  channel: Channel,
  announcement: Announcement,
  pause: Pause | undefined,
): Promise<void> {
  if (channel === 'topic') {
    const { subject, lines } = announcement;
    await aws.topics.publish(names.alarmTopicArn(environment), { subject, text: lines.join('\n') });
    return;
  }
  const { webhook } = environment.notifications;
  if (!webhook) return;
  const url = 'url' in webhook ? webhook.url : await aws.secrets.get(webhook.secret);
  await post(url, slackMessage(announcement), { receiver: 'webhook', pause });
}

function requireSubject({ jobs, datasets }: Platform, subject: string | undefined): void {
  if (subject === undefined) return;
  const known = [...jobs, ...datasets].map(({ id }) => id);
  if (known.includes(subject)) return;
  throw new DataplatError('DP1006', `no job or dataset "${subject}" (${suggestion(subject, known)})`);
}

/** The failure that broken promises are, for who asked for the check. */
export function broken(result: CheckSlaResult): DataplatError | undefined {
  const env = `--env ${result.environment}`;
  if (result.broken > 0) {
    const jobs = [
      ...new Set(result.promises.filter(({ state }) => state === 'broken').flatMap(({ job }) => job ?? [])),
    ];
    return new DataplatError(
      'DP6020',
      result.broken === 1 ? '1 promise is broken' : `${result.broken} promises are broken`,
      {
        next: [
          ...(jobs[0] === undefined ? [] : [`dataplat runs ${jobs[0]} ${env}`]),
          `dataplat status ${env}`,
        ],
        data: { untold: result.untold },
      },
    );
  }
  if (result.untold.length === 0) return undefined;
  return new DataplatError('DP6021', `not everybody was told: ${result.untold.join('; ')}`, {
    left: 'what was not told is told by the next check',
    next: [`dataplat sla check --notify ${env}`],
  });
}
