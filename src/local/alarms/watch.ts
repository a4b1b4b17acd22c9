/**
 * Alarms that change their state: whatever may change one is followed by a look at all of them, and so is passing time.
 * The emulator keeps them and what was measured; what a change sets off goes to topics and to the event bus.
 */
import { readBody } from '../exchange.js';
import type { Exchange } from '../exchange.js';
import { giveBack } from '../forward.js';
import { onlyReads, operationOf } from '../journal.js';
import type { JournaledEmulator } from '../journal.js';
import { traceOf } from '../message-of.js';
import { ownScope } from '../own-scope.js';
import type { Place } from '../place.js';
import type { ServiceEvent } from '../service-event.js';
import type { KeptAlarm, StateChange } from './alarm.js';
import { eventOf, noticeOf } from './messages.js';
import { changesOf } from './rounds.js';

/** CloudWatch looks once a minute; whoever waits at a laptop is told a little sooner. */
const everyMilliseconds = 10_000;

/** What a change of an alarm reaches. */
export interface Reached {
  publish(topicArn: string, notice: { readonly Subject: string; readonly Message: string }): Promise<void>;
  announce(events: readonly ServiceEvent[]): Promise<void>;
}

export class AlarmWatch {
  readonly #moto: JournaledEmulator;
  readonly #reached: Reached;
  readonly #log: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  #last: Promise<unknown> = Promise.resolve();
  #awaited = false;

  constructor(moto: JournaledEmulator, reached: Reached, log: (line: string) => void) {
    this.#moto = moto;
    this.#reached = reached;
    this.#log = log;
    this.#timer = setInterval(() => this.#lookSoon(), everyMilliseconds);
    this.#timer.unref();
  }

  /** Answers a request to CloudWatch, and looks at the alarms where it may have changed one. */
  async handle(exchange: Exchange): Promise<void> {
    const body = await readBody(exchange.request);
    const operation = operationOf(exchange.target, exchange.request.headers, body);
    if (onlyReads(operation)) return giveBack(exchange, await this.#moto.answer(exchange, body));
    giveBack(
      exchange,
      await this.#oneAtATime(async () => {
        const before = operation === 'SetAlarmState' ? await this.#alarms() : [];
        const answer = await this.#moto.answer(exchange, body);
        if (answer.status < 400) await this.#follow(operation, before);
        return answer;
      }),
    );
  }

  /** Counts what AWS itself measures. */
  async measure(
    namespace: string,
    metric: string,
    dimension: string,
    values: readonly string[],
    place: Place,
  ): Promise<void> {
    const form = new URLSearchParams({
      Action: 'PutMetricData',
      Version: '2010-08-01',
      Namespace: namespace,
    });
    values.forEach((value, index) => {
      const member = `MetricData.member.${index + 1}`;
      form.set(`${member}.MetricName`, metric);
      form.set(`${member}.Value`, '1');
      form.set(`${member}.Dimensions.member.1.Name`, dimension);
      form.set(`${member}.Dimensions.member.1.Value`, value);
    });
    await this.#oneAtATime(async () => {
      const answer = await this.#moto.change({
        scope: `monitoring/${place.region}/${place.account}`,
        target: '/',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: ownScope('monitoring', place),
          // Clients may not put what AWS measures (quirks/moto_alarms.py).
          'x-dataplat-service': 'events',
        },
        body: Buffer.from(form.toString()),
      });
      if (answer.status >= 400) throw new Error(`PutMetricData: ${answer.status} ${answer.body.toString()}`);
      await this.#look(
        ({ metric: of }) =>
          of?.namespace === namespace &&
          of.name === metric &&
          values.includes(of.dimensions[dimension] ?? ''),
      );
    });
  }

  /** Looks no more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
  }

  async #follow(operation: string, before: readonly KeptAlarm[]): Promise<void> {
    try {
      if (operation === 'PutMetricData') await this.#look();
      else if (operation === 'SetAlarmState') {
        await this.#tell(changesBetween(before, await this.#alarms()));
        await this.#look(() => false);
      } else this.#lookSoon();
    } catch (error) {
      this.#log(`alarms were not looked at: ${traceOf(error)}`);
    }
  }

  /** Whoever makes a hundred alarms does not wait for a hundred looks. */
  #lookSoon(): void {
    if (this.#awaited) return;
    this.#awaited = true;
    this.#oneAtATime(() => {
      this.#awaited = false;
      return this.#look();
    }).catch((error: unknown) => this.#log(`alarms were not looked at: ${traceOf(error)}`));
  }

  /** Until nothing changes any more: an alarm over others may be over some that change after it. */
  async #look(measured?: (alarm: KeptAlarm) => boolean): Promise<void> {
    for (;;) {
      const now = Date.now() / 1000;
      const changes = changesOf(await this.#alarms(now), now, measured);
      if (changes.length === 0) return;
      await this.#keep(
        changes.map(({ alarm: { arn }, state, reason, reasonData }) => ({ arn, state, reason, reasonData })),
        now,
      );
      await this.#tell(changes);
    }
  }

  async #tell(changes: readonly StateChange[]): Promise<void> {
    for (const change of changes) {
      const { alarm, state } = change;
      const topics = alarm.actionsEnabled
        ? alarm.actions[state].filter((action) => action.startsWith('arn:aws:sns:'))
        : [];
      for (const topic of topics) await this.#reached.publish(topic, noticeOf(change));
      if (topics.length > 0) await this.#keep([{ arn: alarm.arn, actions: topics }], change.at);
    }
    // Rules that are triggered are counted, which is another look: it must not wait for this one, nor this one for it.
    void this.#reached.announce(changes.map(eventOf));
  }

  async #alarms(now = Date.now() / 1000): Promise<KeptAlarm[]> {
    const answer = await this.#moto.look(`/moto-api/alarms?now=${now}`);
    return JSON.parse(answer.body.toString('utf8')) as KeptAlarm[];
  }

  async #keep(changes: readonly object[], at: number): Promise<void> {
    const answer = await this.#moto.change({
      scope: 'moto-api',
      target: '/moto-api/alarm-changes',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(changes)),
      at: new Date(at * 1000).toISOString(),
    });
    // What is not kept would be found changed at the next look again, and told again.
    if (answer.status !== 200) throw new Error(`moto does not keep a change of alarms: ${answer.status}`);
  }

  #oneAtATime<Made>(work: () => Promise<Made>): Promise<Made> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** What somebody has set: an alarm that is set to the state that it is in does nothing. */
function changesBetween(before: readonly KeptAlarm[], after: readonly KeptAlarm[]): StateChange[] {
  const states = new Map(before.map((alarm) => [alarm.arn, alarm]));
  return after.flatMap(({ arn, state, reason, reasonData, stateSince }) => {
    const alarm = states.get(arn);
    if (!alarm || alarm.state === state) return [];
    return [{ alarm, state, reason, at: stateSince, ...(reasonData !== null && { reasonData }) }];
  });
}
