const root = 'backfills/';
const numbered = (number: number): string => String(number).padStart(8, '0');

/** Where a ledger's parts lie in the artifacts bucket. docs/decisions/backfill-ledger.md says why they are several. */
export const ledgerNames = {
  root,
  /** Which backfill holds which jobs and dates. */
  claims: `${root}claims.json`,
  of: (id: string): string => `${root}${id}/`,
  plan: (id: string): string => `${root}${id}/plan.json`,
  /** Who writes. */
  writer: (id: string): string => `${root}${id}/writer.json`,
  /** What somebody else wants of the writer. */
  wish: (id: string): string => `${root}${id}/wish.json`,
  segments: (id: string): string => `${root}${id}/journal/`,
  segment: (id: string, number: number): string => `${root}${id}/journal/${numbered(number)}.jsonl`,
  /** All lines up to a segment, in one. */
  checkpoints: (id: string): string => `${root}${id}/checkpoints/`,
  checkpoint: (id: string, number: number): string => `${root}${id}/checkpoints/${numbered(number)}.jsonl`,
} as const;

/** The number of a segment or checkpoint. */
export function numberOf(name: string): number {
  return Number(/(\d+)\.jsonl$/.exec(name)?.[1] ?? 0);
}

/** The backfill that a plan's name belongs to, or undefined for another name. */
export function backfillOf(name: string): string | undefined {
  return name.startsWith(root) && name.endsWith('/plan.json')
    ? name.slice(root.length, -'/plan.json'.length)
    : undefined;
}
