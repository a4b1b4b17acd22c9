/**
 * The default event buses, as services reach them: ministack matches events to rules and delivers them to topics and
 * queues, and says which rules were triggered (quirks/ministack_server.py). Each of those counts in CloudWatch.
 */
import { send } from './forward.js';
import { messageOf } from './message-of.js';
import { ownScope } from './own-scope.js';
import type { Place } from './place.js';
import type { ServiceEvent } from './service-event.js';

export interface Triggered extends Place {
  readonly rules: readonly string[];
}

/** The most that PutEvents takes at once. */
const atOnce = 10;

export class EventBus {
  readonly #port: number;
  readonly #log: (line: string) => void;
  /** Called with the rules that an event triggered. */
  onTriggered: (triggered: Triggered) => Promise<void> = () => Promise.resolve();

  /** @param port where ministack answers */
  constructor(port: number, log: (line: string) => void) {
    this.#port = port;
    this.#log = log;
  }

  /** Puts events in their order. What fails is logged: nobody waits for it. */
  async put(events: readonly ServiceEvent[]): Promise<void> {
    let rest = events;
    for (let first = rest[0]; first !== undefined; first = rest[0]) {
      const { account, region } = first;
      const other = rest.findIndex((event) => event.account !== account || event.region !== region);
      const taken = rest.slice(0, Math.min(atOnce, other < 0 ? rest.length : other));
      rest = rest.slice(taken.length);
      await this.#put(taken, { account, region }).catch((error: unknown) =>
        this.#log(`events were not put: ${messageOf(error)}`),
      );
    }
  }

  async #put(events: readonly ServiceEvent[], place: Place): Promise<void> {
    const answer = await send(this.#port, {
      method: 'POST',
      target: '/',
      headers: {
        host: '127.0.0.1',
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSEvents.PutEvents',
        authorization: ownScope('events', place),
      },
      body: Buffer.from(
        JSON.stringify({
          OfServices: true,
          Entries: events.map(({ source, detailType, resources, detail }) => ({
            Source: source,
            DetailType: detailType,
            Resources: resources,
            Detail: JSON.stringify(detail),
          })),
        }),
      ),
    });
    if (answer.status !== 200) throw new Error(`PutEvents: ${answer.status} ${answer.body.toString()}`);
    const { TriggeredRules: rules } = JSON.parse(answer.body.toString()) as { TriggeredRules: string[] };
    if (rules.length > 0) await this.onTriggered({ rules, ...place });
  }
}
