import type { OperationEvent } from '../../src/operations/events.js';

/** Runs an operation to its end. @returns its result and every event before it */
export async function collect<Result>(
  operation: AsyncIterable<OperationEvent<Result>>,
): Promise<{ result: Result; events: OperationEvent<Result>[] }> {
  const events: OperationEvent<Result>[] = [];
  let found: { result: Result } | undefined;
  for await (const event of operation) {
    if (event.type === 'result') found = { result: event.result };
    else events.push(event);
  }
  if (!found) throw new Error('no result');
  return { result: found.result, events };
}

/** Runs steps to their end. @returns what they made */
export async function madeBy<Made>(steps: AsyncGenerator<unknown, Made, void>): Promise<Made> {
  for (;;) {
    const next = await steps.next();
    if (next.done) return next.value;
  }
}

/** The error that a promise ends with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
