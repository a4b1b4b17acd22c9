import type { Command } from 'commander';

/** Adds a verb's flags, help and action to its command. */
export type DefineVerb = (command: Command) => void;

export interface Verb {
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  /** Loads the verb's own module, which nothing else needs. */
  readonly load: () => Promise<DefineVerb>;
}

/** Every verb, in the order of the help page. */
export const verbs: readonly Verb[] = [
  {
    name: 'init',
    summary: 'make a new project',
    load: async () => (await import('./init.js')).init,
  },
  {
    name: 'doctor',
    summary: 'look at what this machine and the environment need, and how to mend it',
    load: async () => (await import('./doctor.js')).doctor,
  },
  {
    name: 'bootstrap',
    summary: "make the place where Terraform's state is kept, once an account",
    load: async () => (await import('./bootstrap.js')).bootstrap,
  },
  {
    name: 'validate',
    summary: 'check the whole declaration',
    load: async () => (await import('./validate.js')).validate,
  },
  {
    name: 'contract',
    summary: 'a contract and a source for a delivered file',
    load: async () => (await import('./contract.js')).contract,
  },
  {
    name: 'synth',
    summary: "write the environment's Terraform",
    load: async () => (await import('./synth.js')).synth,
  },
  {
    name: 'diff',
    alias: 'plan',
    summary: 'what a deploy would change',
    load: async () => (await import('./diff.js')).diff,
  },
  {
    name: 'deploy',
    summary: 'make the environment what the declaration says',
    load: async () => (await import('./deploy.js')).deploy,
  },
  {
    name: 'teardown',
    alias: 'destroy',
    summary: 'take the environment down',
    load: async () => (await import('./teardown.js')).teardown,
  },
  {
    name: 'unlock',
    summary: 'who holds the lock of the environment; breaks it',
    load: async () => (await import('./unlock.js')).unlock,
  },
  {
    name: 'recover',
    summary: 'adopt what exists, where a state was lost',
    load: async () => (await import('./recover.js')).recover,
  },
  {
    name: 'outputs',
    summary: 'what the deployed stacks tell of themselves',
    load: async () => (await import('./outputs.js')).outputs,
  },
  {
    name: 'submit',
    summary: 'run a job for a date',
    load: async () => (await import('./submit.js')).submit,
  },
  {
    name: 'runs',
    summary: 'what ran, how it ended, what it cost',
    load: async () => (await import('./runs.js')).runs,
  },
  {
    name: 'logs',
    summary: 'the output of a run',
    load: async () => (await import('./logs.js')).logs,
  },
  {
    name: 'cancel',
    summary: 'end a run',
    load: async () => (await import('./cancel.js')).cancel,
  },
  {
    name: 'backfill',
    summary: 'run all that a range of dates needs',
    load: async () => (await import('./backfill.js')).backfill,
  },
  {
    name: 'backfills',
    summary: 'what became of backfills; pauses and ends them',
    load: async () => (await import('./backfills.js')).backfills,
  },
  {
    name: 'status',
    summary: 'what is deployed, what runs, how each job ran last',
    load: async () => (await import('./status.js')).status,
  },
  {
    name: 'dag',
    summary: "Airflow's DAGs: list, test, trigger, pause",
    load: async () => (await import('./dag.js')).dag,
  },
  {
    name: 'dq',
    summary: 'hold the data against what is expected of it',
    load: async () => (await import('./dq.js')).dq,
  },
  {
    name: 'lineage',
    summary: 'what is made of what, down to the columns',
    load: async () => (await import('./lineage.js')).lineage,
  },
  {
    name: 'metrics',
    summary: 'send to CloudWatch what alarms watch',
    load: async () => (await import('./metrics.js')).metrics,
  },
  {
    name: 'sla',
    summary: 'hold runs and data against what was promised',
    load: async () => (await import('./sla.js')).sla,
  },
  {
    name: 'report',
    summary: 'an HTML page of lineage, runs, promises, cost',
    load: async () => (await import('./report.js')).report,
  },
  {
    name: 'glue',
    summary: 'the catalog: tables from contracts',
    load: async () => (await import('./glue.js')).glue,
  },
  {
    name: 'lf',
    summary: 'Lake Formation: tags, grants, who reads what',
    load: async () => (await import('./lf.js')).lf,
  },
  {
    name: 'dr',
    summary: 'snapshots of the lake: take, check, restore, export',
    load: async () => (await import('./dr.js')).dr,
  },
  {
    name: 'query',
    summary: 'ask Athena',
    load: async () => (await import('./query.js')).query,
  },
  {
    name: 'local',
    summary: 'the endpoint on this machine that stands in for AWS',
    load: async () => (await import('./local.js')).local,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./completion.js')).completion,
  },
];
