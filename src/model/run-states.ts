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
