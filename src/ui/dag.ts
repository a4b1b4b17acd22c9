import type { ChalkInstance } from 'chalk';
import { problemText, type TaskRow } from '../model/dag-run.js';
import type { DagList, DagRow } from '../operations/airflow/dags.js';
import type { OperationEvent } from '../operations/events.js';
import { table } from './table.js';
import { duration } from './text.js';

/** DAGs as a table; below it the files that Airflow cannot read. */
export function dagsText(chalk: ChalkInstance, { dags, importErrors }: DagList): string {
  const problems = importErrors.map((problem) => `${chalk.red('unreadable')}  ${problemText(problem)}`);
  const shown = dags.length > 0 ? dagsTable(chalk, dags) : 'Airflow has no DAG.';
  return [shown, ...(problems.length > 0 ? ['', ...problems] : [])].join('\n');
}

function dagsTable(chalk: ChalkInstance, dags: readonly DagRow[]): string {
  return table(
    chalk,
    [
      { title: 'dag', value: (dag) => dag.dag },
      { title: 'schedule', value: (dag) => dag.schedule ?? 'when asked' },
      { title: 'state', value: (dag) => (dag.paused ? chalk.yellow('paused') : chalk.green('active')) },
      { title: 'next', value: (dag) => (dag.paused ? '' : minute(dag.next)) },
      {
        title: 'last run',
        value: ({ last }) => (last ? `${minute(last.at)} ${coloured(chalk, last.state)}` : 'none'),
      },
      { title: 'owner', value: (dag) => dag.owners.join(', ') },
      { title: 'file', value: (dag) => dag.file },
    ],
    dags,
  );
}

/** Tasks as a tree of their groups, each with its state and how long it took. */
export function taskTree(chalk: ChalkInstance, title: string, tasks: readonly TaskRow[]): string[] {
  return [title, ...branches(chalk, grouped(tasks))];
}

interface Group {
  readonly entries: (TaskRow | readonly [string, Group])[];
}

function isGroup(entry: Group['entries'][number]): entry is readonly [string, Group] {
  return Array.isArray(entry);
}

function grouped(tasks: readonly TaskRow[]): Group {
  const root: Group = { entries: [] };
  for (const row of tasks) {
    let group = root;
    for (const name of row.group?.split('.') ?? []) {
      const known = group.entries.find((entry) => isGroup(entry) && entry[0] === name);
      const inner: Group = known && isGroup(known) ? known[1] : { entries: [] };
      if (!known) group.entries.push([name, inner]);
      group = inner;
    }
    // Airflow may put the group before the id.
    const task = row.task.startsWith(`${row.group}.`) ? row.task.slice(`${row.group}.`.length) : row.task;
    group.entries.push({ ...row, task });
  }
  return root;
}

function branches(chalk: ChalkInstance, { entries }: Group): string[] {
  const width = Math.max(0, ...entries.map((entry) => (isGroup(entry) ? 0 : entry.task.length)));
  return entries.flatMap((entry, index) => {
    const last = index === entries.length - 1;
    const [stem, below] = last ? ['└─ ', '   '] : ['├─ ', '│  '];
    if (isGroup(entry)) {
      return [`${stem}${entry[0]}`, ...branches(chalk, entry[1]).map((line) => `${below}${line}`)];
    }
    const { task, state, attempt, seconds } = entry;
    const more = [
      ...(seconds === undefined ? [] : [duration(seconds)]),
      ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ].join(', ');
    return [`${stem}${task.padEnd(width)}  ${coloured(chalk, state)}${more === '' ? '' : `  ${more}`}`];
  });
}

const words: Readonly<Record<string, string>> = { none: 'waits', upstream_failed: 'not run' };

function coloured(chalk: ChalkInstance, state: string): string {
  const word = words[state] ?? state.replaceAll('_', ' ');
  if (state === 'success') return chalk.green(word);
  if (state === 'failed') return chalk.red(word);
  if (['upstream_failed', 'up_for_retry', 'skipped'].includes(state)) return chalk.yellow(word);
  return ['running', 'deferred', 'queued'].includes(state) ? chalk.cyan(word) : chalk.dim(word);
}

/** Draws the tasks of a run below its step, where its events say how far they are. */
export async function* withTaskTree<Result>(
  chalk: ChalkInstance,
  title: string,
  operation: AsyncIterable<OperationEvent<Result>>,
): AsyncGenerator<OperationEvent<Result>, void, void> {
  for await (const event of operation) {
    const tasks = event.type === 'progress' ? event.data?.['tasks'] : undefined;
    if (event.type !== 'progress' || tasks === undefined) yield event;
    else yield { ...event, block: taskTree(chalk, title, tasks as TaskRow[]) };
  }
}

function minute(time: string | undefined): string {
  return time === undefined ? '' : `${time.slice(0, 16).replace('T', ' ')}Z`;
}
