/**
 * The lines that terraform writes with `-json`, as far as we read them.
 * Source: Terraform, "Machine-Readable UI" (internals/machine-readable-ui), format version 1.
 */
export type TerraformMessage =
  | { readonly type: 'diagnostic'; readonly diagnostic: Diagnostic }
  | { readonly type: 'planned_change'; readonly change: PlannedChange }
  | { readonly type: 'change_summary'; readonly changes: ChangeSummary }
  | {
      readonly type:
        | 'apply_start'
        | 'apply_progress'
        | 'apply_complete'
        | 'apply_errored'
        | 'refresh_start'
        | 'refresh_complete';
      readonly hook: {
        readonly resource: { readonly addr: string };
        readonly action?: string;
        readonly elapsed_seconds?: number;
      };
    }
  | { readonly type: 'outputs'; readonly outputs: Readonly<Record<string, unknown>> };

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly detail?: string;
  readonly address?: string;
}

export type Action =
  | 'create'
  | 'read'
  | 'update'
  | 'replace'
  | 'delete'
  | 'move'
  | 'import'
  | 'noop'
  | 'remove';

export interface PlannedChange {
  readonly resource: {
    readonly addr: string;
    readonly resource_type: string;
    readonly resource_name: string;
  };
  readonly action: Action;
  readonly importing?: { readonly id: string };
  readonly reason?: string;
}

export interface ChangeSummary {
  readonly add: number;
  readonly change: number;
  readonly remove: number;
  readonly operation: 'plan' | 'apply' | 'destroy';
}

/** A line as a message; undefined where it is of a kind that we do not read, or no JSON at all. */
export function parseMessage(line: string): TerraformMessage | undefined {
  try {
    const parsed = JSON.parse(line) as { type?: unknown };
    return typeof parsed.type === 'string' ? (parsed as TerraformMessage) : undefined;
  } catch {
    return undefined;
  }
}
