/** What changes when every alarm is looked at once: those over metrics first, then those over them. */
import type { AlarmState, KeptAlarm, StateChange } from './alarm.js';
import { judge, judgeSum } from './evaluation.js';
import { utcInWords } from './moments.js';

/**
 * The changes at a moment (seconds since 1970), in the order in which they come about.
 * @param measured whether an alarm's metric is looked at; one that is not keeps the state that somebody has set
 */
export function changesOf(
  alarms: readonly KeptAlarm[],
  now: number,
  measured: (alarm: KeptAlarm) => boolean = () => true,
): StateChange[] {
  const states = new Map(alarms.map((alarm) => [alarm.arn, { state: alarm.state, since: alarm.stateSince }]));
  const changes: StateChange[] = [];
  const take = (change: StateChange): void => {
    changes.push(change);
    states.set(change.alarm.arn, { state: change.state, since: now });
  };
  for (const alarm of alarms.filter(measured)) {
    const judged = overMetric(alarm, now);
    if (judged !== undefined && judged.state !== alarm.state) take({ alarm, ...judged, at: now });
  }
  // An alarm may be over others that are over others: as often as something changes, none more than once.
  const undecided = new Set(alarms.filter(({ rule }) => rule !== undefined));
  for (let changed = true; changed;) {
    changed = false;
    for (const alarm of undecided) {
      const change = overOthers(alarm, states, now);
      if (change === undefined) continue;
      undecided.delete(alarm);
      take(change);
      changed = true;
    }
  }
  return changes;
}

function overMetric(alarm: KeptAlarm, now: number): ReturnType<typeof judge> {
  const { metric, sum, data = [], everMeasured } = alarm;
  if (sum !== undefined) return judgeSum(sum, now, alarm.state);
  if (metric === undefined) return undefined;
  // Nothing here measures what AWS measures of its services: that it is silent says nothing of the platform.
  const silent = everMeasured !== true && metric.silence === 'breaching';
  if (silent && /^(?:AWS\/|Amazon)/.test(metric.namespace)) return undefined;
  return judge(metric, data, now, alarm.state);
}

function overOthers(
  alarm: KeptAlarm,
  states: ReadonlyMap<string, { readonly state: AlarmState; readonly since: number }>,
  now: number,
): StateChange | undefined {
  const names = childrenOf(alarm.rule ?? '');
  if (names === undefined) return undefined;
  const place = alarm.arn.slice(0, -alarm.name.length);
  const children = names.flatMap((name) => {
    const arn = name.startsWith('arn:') ? name : `${place}${name}`;
    const known = states.get(arn);
    return known ? [{ arn, ...known }] : [];
  });
  const ringing = children.filter(({ state }) => state === 'ALARM');
  const state = ringing.length > 0 ? 'ALARM' : 'OK';
  if (state === states.get(alarm.arn)?.state) return undefined;
  const newest = (state === 'ALARM' ? ringing : children).toSorted((a, b) => b.since - a.since)[0];
  const reason = newest
    ? `${newest.arn} transitioned to ${newest.state} at ${utcInWords(newest.since)}`
    : `${alarm.arn} was created and its alarm rule evaluates to ${state}`;
  return { alarm, state, reason, at: now, children: newest ? [newest] : [] };
}

/**
 * The alarms that a rule names, where it is `ALARM("one") OR ALARM("two")`, as all of ours are; undefined for any other,
 * which is not judged here.
 */
export function childrenOf(rule: string): string[] | undefined {
  const one = /^\s*ALARM\s*\(\s*(?:"([^"]+)"|([^\s()"]+))\s*\)\s*(OR\b|$)/;
  const names: string[] = [];
  for (let rest = rule; ;) {
    const found = one.exec(rest);
    if (!found) return undefined;
    names.push(found[1] ?? found[2] ?? '');
    rest = rest.slice(found[0].length);
    if (found[3] === '') return names;
  }
}
