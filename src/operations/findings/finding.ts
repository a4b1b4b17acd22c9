/** What a person must know of a plan before agreeing to it. */
export interface Finding {
  readonly kind: FindingKind;
  readonly address: string;
  readonly text: string;
}

export const findingKinds = {
  'data-loss': 'destroys or replaces what holds data',
  'iam-widening': 'lets a principal do more than before',
  'application-restart': 'the EMR application must be stopped first, or is replaced',
  'airflow-restart': 'MWAA restarts its schedulers and workers',
  'secret-deletion': 'the name of a secret stays taken until its deletion window ends',
  'administrator-loss': 'somebody would no longer administer Lake Formation',
  adoption: 'exists although no state knows it, and is taken over',
  exposure: 'a resource would be public or unencrypted',
} as const;
export type FindingKind = keyof typeof findingKinds;
