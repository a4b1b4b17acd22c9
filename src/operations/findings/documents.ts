/** What a policy document says, as far as two of them are compared. */
export interface PolicyStatement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Condition?: unknown;
}

/** The statements of a document; none where it is not known yet. */
export function statementsOf(policy: unknown): PolicyStatement[] {
  if (typeof policy !== 'string') return [];
  const { Statement } = JSON.parse(policy) as { Statement?: unknown };
  return list(Statement) as PolicyStatement[];
}

export function list(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

export function texts(value: unknown): string[] {
  return list(value).filter((one): one is string => typeof one === 'string');
}
