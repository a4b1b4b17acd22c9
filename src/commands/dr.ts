import type { Environment } from '../model/environment.js';
import type { RestorePlan } from '../operations/snapshots/restore-snapshot.js';
import {
  exportedText,
  restoredText,
  restorePlanText,
  snapshotsTable,
  takenText,
  verifiedText,
} from '../ui/snapshots.js';
import { namingBy } from './consent.js';
import { invoke, type Invocation } from './invocation.js';
import { collected } from './numbers.js';
import type { DefineVerb } from './verbs.js';
import { answerOf, onAccount, withAccess } from './with-access.js';

const whichOne = "a snapshot's id, a beginning of it, or latest";
const whose = 'the environment that the snapshot is of (default: the same)';

export const dr: DefineVerb = (command) => {
  command.description(
    'Snapshots of the lake: every Delta table at one version, with the catalog, tags, grants, Airflow’s variables, states\nand the release, in a bucket that outlives the environment.',
  );
  takeSnapshot(command.command('snapshot'));
  listSnapshots(command.command('list'));
  verifySnapshot(command.command('verify'));
  restoreSnapshot(command.command('restore'));
  exportSnapshot(command.command('export'));
};

interface SnapshotFlags {
  readonly withoutTable: string[];
  readonly full?: boolean;
  readonly airflow: boolean;
}

const takeSnapshot: DefineVerb = (command) => {
  command
    .description(
      'Takes a snapshot while jobs go on: copies within S3 what no snapshot has yet. Removes afterwards the snapshots that\n`snapshots.keep` no longer asks for.',
    )
    .option('--without-table <layer/name>', 'leave a table out; may stand several times', collected, [])
    .option('--no-airflow', 'leave out what Airflow has; one on this machine would be started for it')
    .option(
      '--full',
      'copy every file again, also what earlier snapshots have: mends what of them was damaged',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat dr snapshot --env prod\n  dataplat dr snapshot --without-table bronze/scratch --json',
    )
    .action(({ withoutTable, full = false, airflow }: SnapshotFlags) =>
      invoke(command, async (invocation) => {
        const { ui, signal } = invocation;
        const operation = await import('../operations/snapshots/take-snapshot.js');
        const result = await withAccess(invocation, (access) =>
          operation.takeSnapshot({ access, without: withoutTable, full, airflow, signal }),
        );
        ui.result({ ...result }, () => takenText(result));
      }),
    );
};

const listSnapshots: DefineVerb = (command) => {
  command
    .description('Lists the snapshots of an environment, the newest first. One that was cut short is none.')
    .addHelpText('after', '\nExamples:\n  dataplat dr list\n  dataplat dr list --env prod --json')
    .action(() =>
      invoke(command, async (invocation) => {
        const { ui } = invocation;
        const result = await answerOf(invocation, async function* (access) {
          const operation = await import('../operations/snapshots/list-snapshots.js');
          yield* operation.listSnapshots(access);
        });
        ui.document(result, () =>
          result.snapshots.length > 0
            ? snapshotsTable(ui.chalk, result.snapshots)
            : `There is no snapshot of ${result.environment} yet: dataplat dr snapshot`,
        );
      }),
    );
};

const verifySnapshot: DefineVerb = (command) => {
  command
    .description(
      'Reads every file of a snapshot and compares it with the checksum of what was copied. With --restored the tables of\nthe environment instead: files, versions, and rows as Athena counts them.',
    )
    .argument('[snapshot]', whichOne, 'latest')
    .option('--from <environment>', whose)
    .option('--restored', 'compare the tables of the environment with the snapshot')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat dr verify --env prod\n  dataplat dr verify latest --from prod --env drill --restored',
    )
    .action((snapshot: string, flags: { from?: string; restored?: boolean }) =>
      invoke(command, async (invocation) => {
        const { ui, signal } = invocation;
        const from = await sourceOf(invocation, flags.from);
        const operation = await import('../operations/snapshots/verify-snapshot.js');
        const result = await ui.follow(
          await onAccount(invocation, (access) =>
            operation.verifySnapshot({
              access,
              snapshot,
              signal,
              restored: flags.restored === true,
              ...(from && { from }),
            }),
          ),
        );
        ui.result({ ...result }, () => verifiedText(result));
      }),
    );
};

interface RestoreFlags {
  readonly from?: string;
  readonly table: string[];
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly allowDataLoss?: boolean;
  readonly confirm?: string;
}

const restoreSnapshot: DefineVerb = (command) => {
  command
    .description(
      'Brings an environment that is deployed to what a snapshot has: its own, or another one’s. Tables that are not what the\nsnapshot has are written over only with --allow-data-loss. Interrupted, the same command goes on.',
    )
    .argument('<snapshot>', whichOne)
    .option('--from <environment>', whose)
    .option('--table <layer/name>', 'this table alone; may stand several times', collected, [])
    .option('--dry-run', 'only say what would be done')
    .option('-y, --yes', 'do not ask')
    .option('--allow-data-loss', 'agree to write over tables that are not what the snapshot has')
    .option(
      '--confirm <environment>',
      'the name of the environment, where it is protected and tables are written over',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat dr restore latest --from prod --env drill --dry-run\n  dataplat dr restore 20260105T0300 --table gold/sales_fact --allow-data-loss',
    )
    .action((snapshot: string, flags: RestoreFlags) =>
      invoke(command, async (invocation) => {
        const { ui, signal } = invocation;
        const from = await sourceOf(invocation, flags.from);
        const operation = await import('../operations/snapshots/restore-snapshot.js');
        const result = await withAccess(invocation, (access) =>
          operation.restoreSnapshot({
            access,
            snapshot,
            signal,
            dryRun: flags.dryRun === true,
            allowDataLoss: flags.allowDataLoss === true,
            naming: namingBy(ui, flags.confirm),
            ...(from && { from }),
            ...(flags.table.length > 0 && { tables: flags.table }),
            consent: async (plan: RestorePlan) => {
              ui.say(restorePlanText(ui.chalk, plan));
              return flags.yes === true || ui.confirm(`Restore this into ${plan.into}?`);
            },
          }),
        );
        ui.result({ ...result }, () => restoredText(ui.chalk, result));
      }),
    );
};

const exportSnapshot: DefineVerb = (command) => {
  command
    .description(
      'Writes a snapshot to a folder: Delta tables that any reader opens, documents of JSON, and SHA256SUMS for\n`sha256sum -c`. What is there already is not fetched again.',
    )
    .argument('<snapshot>', whichOne)
    .argument('<folder>', 'where to')
    .option('--from <environment>', whose)
    .addHelpText('after', '\nExamples:\n  dataplat dr export latest /mnt/vault/2026-01 --env prod')
    .action((snapshot: string, directory: string, flags: { from?: string }) =>
      invoke(command, async (invocation) => {
        const { ui, signal } = invocation;
        const from = await sourceOf(invocation, flags.from);
        const operation = await import('../operations/snapshots/export-snapshot.js');
        const result = await ui.follow(
          await onAccount(invocation, (access) =>
            operation.exportSnapshot({ access, snapshot, directory, signal, ...(from && { from }) }),
          ),
        );
        ui.result({ ...result }, () => exportedText(result));
      }),
    );
};

function sourceOf(invocation: Invocation, name: string | undefined): Promise<Environment | undefined> {
  return name === undefined ? Promise.resolve(undefined) : invocation.otherEnvironment(name);
}
