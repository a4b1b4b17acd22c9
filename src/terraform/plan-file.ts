/** What `terraform show -json <plan>` says, as far as we read it. Source: Terraform, "JSON Output Format", version 1. */
export interface PlanDocument {
  readonly resource_changes?: readonly ResourceChange[];
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

export interface ResourceChange {
  readonly address: string;
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly name: string;
  /** Why Terraform does it; `replace_because_tainted` where its creation was not seen to its end. */
  readonly action_reason?: string;
  readonly change: {
    readonly actions: readonly ('no-op' | 'create' | 'read' | 'update' | 'delete' | 'forget')[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
    readonly after_unknown?: Readonly<Record<string, unknown>> | boolean;
    /** Of what is brought into the state: the id by which it was found. */
    readonly importing?: { readonly id: string };
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}
