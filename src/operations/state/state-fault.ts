/** The format of Terraform's states that is written and read here. Source: Terraform, `internal/states/statefile`. */
const stateFormat = 4;

/** Why a state that was found cannot be gone on from. */
export type StateFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'no-state' }
  | { readonly kind: 'newer'; readonly format: number; readonly terraform: string };

/** What is the matter with the text of a state; nothing where Terraform reads it. */
export function stateFault(text: string): StateFault | undefined {
  if (text.trim() === '') return { kind: 'empty' };
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return { kind: 'no-state' };
  }
  if (typeof state !== 'object' || state === null) return { kind: 'no-state' };
  const { version, terraform_version: by } = state as Record<string, unknown>;
  if (typeof version !== 'number') return { kind: 'no-state' };
  if (version <= stateFormat) return undefined;
  return { kind: 'newer', format: version, terraform: typeof by === 'string' ? by : 'a newer version' };
}

export function faultText(fault: StateFault | { readonly kind: 'gone' }): string {
  switch (fault.kind) {
    case 'gone':
      return 'is gone, although it was deployed';
    case 'empty':
      return 'is empty, although it was deployed';
    case 'no-state':
      return 'is cut short, or is no state of Terraform at all';
    case 'newer':
      return `is of format ${fault.format}, written by Terraform ${fault.terraform}; here format ${stateFormat} is read`;
  }
}
