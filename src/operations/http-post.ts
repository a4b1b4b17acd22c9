import { DataplatError } from '../model/errors.js';
import { pause as reallyPause, type Pause } from './waiting.js';

/** How long one try may take, and how often it is tried: nobody waits for a receiver that is gone. */
const limits = { milliseconds: 5000, tries: 3 };

/**
 * Posts JSON to a receiver; one that is busy is asked again. The address may be a secret and stands in no message.
 * @throws DataplatError DP6021 with what the receiver said
 */
export async function post(
  url: string,
  body: unknown,
  { receiver, pause = reallyPause }: { readonly receiver: string; readonly pause?: Pause | undefined },
): Promise<void> {
  let said = '';
  for (let tries = 1; tries <= limits.tries; tries += 1) {
    if (tries > 1) await pause(500 * 2 ** tries);
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(limits.milliseconds),
      });
      if (answer.ok) return;
      said = `it answered ${answer.status}`;
      // What is wrong with a message is as wrong the second time.
      if (answer.status < 500 && answer.status !== 429) break;
    } catch (error) {
      said = reasonOf(error);
    }
  }
  throw new DataplatError('DP6021', `the ${receiver} did not take the message: ${said}`);
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  if (name === 'TimeoutError') return `no answer within ${limits.milliseconds / 1000} s`;
  return cause?.code ?? (error instanceof TypeError ? 'it cannot be reached' : String(name));
}
