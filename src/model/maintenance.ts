/** How a table is kept in order. */
export interface Maintenance {
  /** Rows that are asked for together lie together. */
  readonly clustering?: {
    /** zorder: of each partition, by the maintenance; liquid: of a table without partitions, which remembers it. */
    readonly by: 'zorder' | 'liquid';
    readonly columns: readonly string[];
  };
  /** How large files are to become. */
  readonly fileMegabytes?: number;
  /** How long what was replaced can still be read by time travel. */
  readonly keepVersions?: string;
}

/** What stands where a contract does not say, and for quarantine, of which none speaks. */
export const maintenanceDefaults = { fileMegabytes: 128, keepVersions: '7d' } as const;
