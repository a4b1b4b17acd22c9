/** SNS topics, as services reach them. */
import { send } from './forward.js';
import { messageOf } from './message-of.js';
import { ownScope } from './own-scope.js';
import { placeOf } from './place.js';

export class Topics {
  readonly #port: number;
  readonly #log: (line: string) => void;

  /** @param port where ministack answers */
  constructor(port: number, log: (line: string) => void) {
    this.#port = port;
    this.#log = log;
  }

  /** Publishes to a topic. What fails is logged, as with a topic that is gone: a service goes on with what it does. */
  async publish(
    topicArn: string,
    notice: { readonly Subject: string; readonly Message: string },
  ): Promise<void> {
    const form = new URLSearchParams({
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: topicArn,
      ...notice,
    });
    const answer = await send(this.#port, {
      method: 'POST',
      target: '/',
      headers: {
        host: '127.0.0.1',
        'content-type': 'application/x-www-form-urlencoded',
        authorization: ownScope('sns', placeOf(topicArn)),
      },
      body: Buffer.from(form.toString()),
    }).catch(messageOf);
    if (typeof answer === 'string') this.#log(`${topicArn} was not told: ${answer}`);
    else if (answer.status !== 200) {
      this.#log(`${topicArn} was not told: ${answer.status} ${answer.body.toString()}`);
    }
  }
}
