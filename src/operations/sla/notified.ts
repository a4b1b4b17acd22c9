import type { Records } from '../../aws/records.js';
import { verdictKey, type Verdict } from '../../model/sla.js';
import { changeRecord } from './change-record.js';

/** What is broken and whom it was told, in the artifacts bucket: every machine tells of a breach once. */
const recordName = 'sla/breaches.json';

export type Channel = 'topic' | 'webhook';

interface Standing {
  readonly kind: Verdict['kind'];
  readonly subject: string;
  readonly promised: string;
  readonly found: string;
  /** When it was first seen. */
  readonly since: string;
  /** When it was seen to be kept again; that is still to be told. */
  readonly recovered?: string;
  /** When it was told, by channel. */
  readonly told: Partial<Record<Channel, string>>;
  /** Who is telling it at this moment, by channel. */
  readonly telling?: Partial<Record<Channel, { readonly by: string; readonly at: string }>>;
}

type Breaches = Readonly<Record<string, Standing>>;

/** Something to tell on a channel. */
export interface News {
  readonly key: string;
  readonly breach: Standing;
}

/** Whoever took news and has not told them after so long was killed. */
const tellingMilliseconds = 5 * 60_000;

export interface TakeOptions {
  readonly verdicts: readonly Verdict[];
  readonly isBroken: (verdict: Verdict) => boolean;
  readonly channels: readonly Channel[];
  readonly at: Date;
  /** Nothing is told now; it is noted, and told later. */
  readonly quiet: boolean;
  /** Who takes the news. */
  readonly by: string;
}

/** Notes how things are, and takes what is still to be told on each channel: from then on it is ours to tell. */
export async function takeNews(
  records: Records,
  options: TakeOptions,
): Promise<ReadonlyMap<Channel, readonly News[]>> {
  const { channels, at, quiet, by } = options;
  const now = at.toISOString();
  return changeRecord<Breaches, ReadonlyMap<Channel, readonly News[]>>(records, recordName, (before = {}) => {
    const breaches = noted(before, options);
    const news = new Map<Channel, News[]>(channels.map((channel) => [channel, []]));
    const content = Object.fromEntries(
      Object.entries(breaches).map(([key, breach]): [string, Standing] => {
        const mine = quiet ? [] : channels.filter((channel) => isNews(breach, channel, at));
        for (const channel of mine) news.get(channel)?.push({ key, breach });
        if (mine.length === 0) return [key, breach];
        const telling = Object.fromEntries(mine.map((channel) => [channel, { by, at: now }]));
        return [key, { ...breach, telling: { ...breach.telling, ...telling } }];
      }),
    );
    return { content, made: news };
  });
}

/** A breach that nobody was told of is forgotten as soon as it is none. */
function noted(before: Breaches, { verdicts, isBroken, at }: TakeOptions): Breaches {
  const now = at.toISOString();
  const after = new Map(Object.entries(before));
  for (const verdict of verdicts) {
    const key = verdictKey(verdict);
    const known = after.get(key);
    const { kind, subject, promised, found } = verdict;
    if (isBroken(verdict)) {
      // Broken again before anybody was told that it was not: to them it is the same breach.
      const standing = known ? without(known, 'recovered') : { kind, subject, since: now, told: {} };
      after.set(key, { ...standing, promised, found });
    } else if (verdict.state === 'kept' && known && known.recovered === undefined) {
      const wasTold = Object.keys(known.told).length > 0 || isBeingTold(known, at);
      if (wasTold) after.set(key, { ...known, found, recovered: now });
      else after.delete(key);
    }
  }
  return Object.fromEntries(after);
}

function isNews(breach: Standing, channel: Channel, at: Date): boolean {
  const telling = breach.telling?.[channel];
  if (telling && at.getTime() - Date.parse(telling.at) < tellingMilliseconds) return false;
  // That something is well again is told to those alone who know that it was not.
  return breach.recovered === undefined
    ? breach.told[channel] === undefined
    : breach.told[channel] !== undefined;
}

function isBeingTold({ telling = {} }: Standing, at: Date): boolean {
  return Object.values(telling).some((one) => at.getTime() - Date.parse(one.at) < tellingMilliseconds);
}

/** Notes that news were told, or (`told` false) that they could not be and are anybody's again. */
export async function settleNews(
  records: Records,
  channel: Channel,
  news: readonly News[],
  { told, by, at }: { readonly told: boolean; readonly by: string; readonly at: Date },
): Promise<void> {
  const taken = new Map(news.map(({ key, breach }) => [key, breach]));
  await changeRecord<Breaches, void>(records, recordName, (breaches = {}) => {
    const content = Object.fromEntries(
      Object.entries(breaches).flatMap(([key, breach]): [string, Standing][] => {
        const mine = taken.get(key);
        if (!mine || breach.telling?.[channel]?.by !== by) return [[key, breach]];
        const others = without(breach.telling, channel);
        const left: Standing = {
          ...without(breach, 'telling'),
          ...(Object.keys(others).length > 0 && { telling: others }),
        };
        if (!told) return [[key, left]];
        if (mine.recovered === undefined)
          return [[key, { ...left, told: { ...left.told, [channel]: at.toISOString() } }]];
        const stillTold = without(left.told, channel);
        return Object.keys(stillTold).length > 0 ? [[key, { ...left, told: stillTold }]] : [];
      }),
    );
    return { content, made: undefined };
  });
}

function without<Content extends object, Key extends keyof Content>(
  content: Content,
  key: Key,
): Omit<Content, Key> {
  const copy = { ...content };
  delete copy[key];
  return copy;
}
