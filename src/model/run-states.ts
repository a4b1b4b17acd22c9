/** The states of an EMR Serverless job run, in the order it passes through them. */
export const runStates = [
  'SUBMITTED',
  'QUEUED',
  'PENDING',
  'SCHEDULED',
  'RUNNING',
  'SUCCESS',
  'FAILED',
  'CANCELLING',
  'CANCELLED',
] as const;
export type RunState = (typeof runStates)[number];

/** States that a run does not leave. */
export const endStates: readonly RunState[] = ['SUCCESS', 'FAILED', 'CANCELLED'];

/**
 * Tag by which dataplat notes on a run that it asks for the run's end, before it asks. EMR ends what took too long in the
 * same state, CANCELLED, and documents no words that would tell one from the other.
 */
export const cancelTag = 'dataplat.cancelled';

/** Whether EMR ended a run for its time: it is CANCELLED, and nobody has asked for that here. */
export function timedOut(run: {
  readonly state: RunState;
  readonly tags: Readonly<Record<string, string>>;
}): boolean {
  return run.state === 'CANCELLED' && run.tags[cancelTag] === undefined;
}

/** Whether a run ended without what it was started for, and nobody wanted that. */
export function hasFailed(run: { readonly state: RunState; readonly timedOut?: boolean }): boolean {
  return run.state === 'FAILED' || run.timedOut === true;
}
