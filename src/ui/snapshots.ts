import type { ChalkInstance } from 'chalk';
import { tableFolder } from '../model/snapshots/manifest.js';
import type { ExportResult } from '../operations/snapshots/export-snapshot.js';
import type { SnapshotRow } from '../operations/snapshots/list-snapshots.js';
import type { RestorePlan, RestoreResult } from '../operations/snapshots/restore-snapshot.js';
import type { PlannedTable } from '../operations/snapshots/restore-tables.js';
import type { SnapshotResult } from '../operations/snapshots/take-snapshot.js';
import type { VerifyResult } from '../operations/snapshots/verify-snapshot.js';
import { table } from './table.js';
import { bytes, count } from './text.js';

export function takenText(taken: SnapshotResult): string {
  const { snapshot, bucket, tables, files, copied, copiedBytes, missing, removed } = taken;
  return [
    `Snapshot ${snapshot} of ${taken.environment} is in ${bucket}: ${count(tables, 'table')}, ${count(files, 'file')}, ${bytes(taken.bytes)}; ${count(copied, 'file')} copied for it (${bytes(copiedBytes)}).`,
    ...missing.map((one) => `Not in it: ${one}.`),
    ...(removed.length > 0 ? [`Kept no longer: ${removed.join(', ')}.`] : []),
  ].join('\n');
}

export function snapshotsTable(chalk: ChalkInstance, rows: readonly SnapshotRow[]): string {
  return table(
    chalk,
    [
      { title: 'snapshot', value: ({ snapshot }) => snapshot },
      { title: 'taken (UTC)', value: ({ takenAt }) => (takenAt ?? '').slice(0, 19).replace('T', ' ') },
      { title: 'tables', align: 'right', value: ({ tables }) => String(tables ?? '') },
      { title: 'files', align: 'right', value: ({ files }) => String(files ?? '') },
      { title: 'size', align: 'right', value: (row) => (row.bytes === undefined ? '' : bytes(row.bytes)) },
      { title: 'release', value: ({ release }) => release ?? '' },
      {
        title: '',
        value: ({ problem, missing = [] }) =>
          problem === undefined
            ? missing.length > 0
              ? `without ${count(missing.length, 'thing')}`
              : ''
            : chalk.red(problem),
      },
    ],
    rows,
  );
}

export function verifiedText({
  snapshot,
  environment,
  tables,
  files,
  bytes: size,
  counted,
}: VerifyResult): string {
  const what = `${count(tables, 'table')}, ${count(files, 'file')}, ${bytes(size)}`;
  return environment === undefined
    ? `Snapshot ${snapshot} is whole: ${what}.`
    : `${environment} is as snapshot ${snapshot} has it: ${what}; the rows of ${count(counted, 'table')} were counted.`;
}

export function exportedText({ snapshot, directory, files, bytes: size, fetched }: ExportResult): string {
  return `Snapshot ${snapshot} is in ${directory}: ${count(files, 'file')}, ${bytes(size)}, ${fetched} fetched. (cd ${directory} && sha256sum --quiet -c SHA256SUMS)`;
}

const actions: Readonly<Record<PlannedTable['action'], string>> = {
  restore: '+',
  continue: '+',
  overwrite: '~',
  there: ' ',
};

/** What restoring comes to: tables, then the rest, then what is left to people. */
export function restorePlanText(chalk: ChalkInstance, plan: RestorePlan): string {
  const tables = plan.tables.map((one) => {
    const { table: wanted, action, current } = one;
    const rows = wanted.rows === null ? '' : `, ${count(wanted.rows, 'row')}`;
    const told = {
      restore: '',
      continue: ', goes on where a restore was cut short',
      overwrite: `, over version ${current ?? 'that cannot be told'}`,
      there: ', is so already',
    }[action];
    const line = `  ${actions[action]} ${tableFolder(wanted)}: version ${wanted.version}${rows}${told}`;
    return action === 'overwrite' ? chalk.red(line) : line;
  });
  return [
    `Snapshot ${plan.snapshot} of ${plan.from}, into ${plan.into}:`,
    ...tables,
    ...plan.definitions.map((name) => `  + catalog: ${name}`),
    ...plan.tags.map(({ action, of, text }) => `  + ${action}: ${of} ${text}`),
    ...plan.variables.map((key) => `  + Airflow variable ${key}`),
    ...(plan.byHand.length > 0 ? ['By hand, afterwards:', ...plan.byHand.map((one) => `  ${one}`)] : []),
  ].join('\n');
}

export function restoredText(chalk: ChalkInstance, result: RestoreResult): string {
  if (!result.applied) return `${restorePlanText(chalk, result)}\n(dry run: nothing was changed)`;
  const written = result.tables.filter(({ action }) => action !== 'there').length;
  return [
    `Restored ${result.into} from snapshot ${result.snapshot}: ${count(written, 'table')} written, ${result.tables.length - written} so already; ${count(result.copied, 'file')} copied (${bytes(result.bytes)}).`,
    ...result.byHand.map((one) => `By hand: ${one}.`),
    `dataplat dr verify ${result.snapshot} --env ${result.into}${result.from === result.into ? '' : ` --from ${result.from}`} --restored`,
  ].join('\n');
}
