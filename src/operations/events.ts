/**
 * What an operation reports while it works. An operation is an async generator of these; it prints nothing. The
 * terminal, `--json` and the tests are listeners of the same stream.
 *
 * A step is a piece of work with a beginning and an end (`id` ties the two together); `progress` tells how far a
 * step is; `message` is a remark; `result` comes last, once, and carries what the operation was asked for.
 */
export type OperationEvent<Result = unknown> =
  | StepStarted
  | StepProgress
  | StepSucceeded
  | StepFailed
  | Message
  | RunChanged
  | TaskChanged
  | ResultEvent<Result>;

export interface StepStarted {
  readonly type: 'started';
  readonly id: string;
  readonly title: string;
}

export interface StepProgress {
  readonly type: 'progress';
  readonly id: string;
  /** What is being done at this moment, for example the address of a resource. */
  readonly detail?: string;
  readonly done?: number;
  readonly total?: number;
  /** Lines that are drawn below the step while it runs, each time as a whole. */
  readonly block?: readonly string[];
  /** More fields for `--json`, and for whoever draws the progress. */
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface StepSucceeded {
  readonly type: 'succeeded';
  readonly id: string;
  readonly title: string;
  /** Wall-clock time of the step. */
  readonly seconds: number;
}

export interface StepFailed {
  readonly type: 'failed';
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
}

export interface Message {
  readonly type: 'message';
  readonly level: 'info' | 'warning';
  readonly text: string;
  /** More fields for `--json`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** One of many runs changed its state; told with `--json`, while people see counts. */
export interface RunChanged {
  readonly type: 'run';
  readonly job: string;
  readonly date: string;
  readonly attempt: number;
  readonly state: string;
  readonly runId?: string;
  readonly why?: string;
}

/** A task of a DAG run changed its state. */
export interface TaskChanged {
  readonly type: 'task';
  readonly dag: string;
  /** Its id; its number behind it where it is one of many. */
  readonly task: string;
  readonly group?: string;
  readonly state: string;
  readonly attempt: number;
  readonly seconds?: number;
}

export interface ResultEvent<Result> {
  readonly type: 'result';
  readonly result: Result;
}

/** An operation: its events, and at the end its result. */
export type Operation<Result> = AsyncGenerator<OperationEvent<Result>, void, void>;

export function info(text: string, data?: Readonly<Record<string, unknown>>): Message {
  return { type: 'message', level: 'info', text, ...(data && { data }) };
}

export function warning(text: string, data?: Readonly<Record<string, unknown>>): Message {
  return { type: 'message', level: 'warning', text, ...(data && { data }) };
}

/** Events without a result: what the parts of an operation yield, returning what they made. */
export type Steps<Made> = AsyncGenerator<Exclude<OperationEvent, ResultEvent<unknown>>, Made, void>;

/**
 * Runs one step: reports its start, its progress as `work` yields it, its end or failure and how long it took.
 * @returns what `work` returns
 */
export async function* step<Made>(
  id: string,
  title: string,
  work: () =>
    | AsyncGenerator<Omit<StepProgress, 'type' | 'id'> | Message | RunChanged | TaskChanged, Made, void>
    | Promise<Made>,
): Steps<Made> {
  const begun = performance.now();
  const seconds = (): number => Math.round(performance.now() - begun) / 1000;
  yield { type: 'started', id, title };
  try {
    const running = work();
    let made: Made;
    if (running instanceof Promise) {
      made = await running;
    } else {
      for (;;) {
        const next = await running.next();
        if (next.done) {
          made = next.value;
          break;
        }
        yield 'type' in next.value ? next.value : { type: 'progress', id, ...next.value };
      }
    }
    yield { type: 'succeeded', id, title, seconds: seconds() };
    return made;
  } catch (error) {
    yield { type: 'failed', id, title, seconds: seconds() };
    throw error;
  }
}

/** Runs several pieces of work at once and passes their events on as they come. @returns what each made, in order */
export async function* together<Made>(works: readonly Steps<Made>[]): Steps<Made[]> {
  const made: Made[] = [];
  const next = (index: number, work: Steps<Made>) => work.next().then((result) => ({ index, work, result }));
  const running = new Map(works.map((work, index) => [index, next(index, work)]));
  while (running.size > 0) {
    const { index, work, result } = await Promise.race(running.values());
    if (result.done) {
      made[index] = result.value;
      running.delete(index);
    } else {
      running.set(index, next(index, work));
      yield result.value;
    }
  }
  return made;
}
