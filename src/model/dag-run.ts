/** A task of a DAG run, as far as it is. */
export interface TaskRow {
  /** Its id; its number behind it where it is one of many. */
  readonly task: string;
  /** The group that it is in, a group's own groups before it: `silver.checks`. */
  readonly group?: string;
  /** As Airflow says it; `none` before it is looked at. */
  readonly state: string;
  readonly attempt: number;
  readonly seconds?: number;
}

/** States of a DAG run that it does not leave by itself. */
export const endedRun: readonly string[] = ['success', 'failed'];

/** States of a task that say that the run did not do what it should. */
export const failedTask: readonly string[] = ['failed', 'upstream_failed'];

/** Tasks in an order in which each comes behind what it waits for; of several that could come, in their given order. */
export function inOrder(
  tasks: readonly { readonly id: string; readonly downstream: readonly string[] }[],
): string[] {
  const waiting = new Map(tasks.map(({ id }) => [id, 0]));
  for (const { downstream } of tasks) {
    for (const id of downstream) waiting.set(id, (waiting.get(id) ?? 0) + 1);
  }
  const left = [...tasks];
  const ordered: string[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ id }) => waiting.get(id) === 0);
    // Airflow refuses cycles; should there be one, its tasks are shown all the same.
    const [task] = left.splice(Math.max(next, 0), 1);
    if (!task) break;
    ordered.push(task.id);
    for (const id of task.downstream) waiting.set(id, (waiting.get(id) ?? 1) - 1);
  }
  return ordered;
}

/** A DAG file that Airflow could not read. */
export interface ImportProblem {
  /** Path in the project. */
  readonly file: string;
  readonly line?: number;
  readonly message: string;
}

/** Finds in a stack trace what a person needs: the line of the file itself (or, failing that, the last one), and what is wrong. */
export function importProblem(file: string, trace: string): ImportProblem {
  const frames = [...trace.matchAll(/File "([^"]+)", line (\d+)/g)];
  const relative = file.replace(/^dags\//, '');
  const own = frames.filter(([, path = '']) => path === relative || path.endsWith(`/${relative}`)).at(-1);
  const line = (own ?? frames.at(-1))?.[2];
  const message = trace.trim().split('\n').at(-1)?.trim() ?? '';
  return { file, ...(line !== undefined && { line: Number(line) }), message: message || 'it cannot be read' };
}

/** `dags/daily_dag.py:12  NameError: name 'x' is not defined`. */
export function problemText({ file, line, message }: ImportProblem): string {
  return `${file}${line === undefined ? '' : `:${line}`}  ${message}`;
}
