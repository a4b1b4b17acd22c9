import { gunzipSync } from 'node:zlib';
import { placeOf, type Objects } from '../aws/objects.js';

export const logStreams = ['stdout', 'stderr'] as const;
export type LogStream = (typeof logStreams)[number];

/**
 * Where a run's driver logs are, ending with `/`. A batch run writes below its own folder; a streaming run, which EMR may
 * start again, below one for each attempt (EMR Serverless User Guide, "Job resiliency").
 */
export function driverLogsUri(
  logUri: string,
  applicationId: string,
  run: { readonly id: string; readonly streaming: boolean; readonly attempt: number },
): string {
  const attempt = run.streaming ? `attempts/${run.attempt}/` : '';
  return `${logUri.replace(/\/*$/, '/')}applications/${applicationId}/jobs/${run.id}/${attempt}SPARK_DRIVER/`;
}

/** A driver's output so far, or undefined where EMR has not written any yet. */
export async function readDriverLog(
  objects: Objects,
  folder: string,
  stream: LogStream,
): Promise<string | undefined> {
  const packed = await objects.get(placeOf(`${folder}${stream}.gz`));
  return packed && (packed.length === 0 ? '' : gunzipSync(packed).toString('utf8'));
}

/** Follows a driver's output: each look returns the lines that have come since the last one. */
export class LogFollower {
  private readonly seen = { stdout: 0, stderr: 0 };
  private readonly tags: { stdout?: string; stderr?: string } = {};

  constructor(
    private readonly objects: Objects,
    private readonly folder: string,
  ) {}

  /** @param last whether the driver has ended, so that a line without an end is a whole one */
  async look(stream: LogStream, last = false): Promise<string[]> {
    const head = await this.objects.head(placeOf(`${this.folder}${stream}.gz`));
    if (!head || (head.etag === this.tags[stream] && !last)) return [];
    this.tags[stream] = head.etag;
    const text = (await readDriverLog(this.objects, this.folder, stream)) ?? '';
    const end = last ? text.length : text.lastIndexOf('\n') + 1;
    const fresh = text.slice(this.seen[stream], end);
    this.seen[stream] = Math.max(this.seen[stream], end);
    return fresh === '' ? [] : linesOf(fresh);
  }
}

export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * The end of a failed driver's output that tells most. Spark passes on what Python prints, tracebacks included, as the
 * driver's stdout; stderr is the JVM's. So the end of stdout, and of stderr what is neither Spark's routine nor its
 * remark that Python ended.
 */
export function failureExcerpt(stderr: string, stdout: string, most = 20): string[] {
  const routine = /^\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d (INFO|WARN|DEBUG) |^\[local endpoint\] |^\s*$/;
  const ofPython = /SparkUserAppException|^\s+at org\.apache\.spark\.deploy\./;
  const jvm = linesOf(stderr).filter((line) => !routine.test(line) && !ofPython.test(line));
  const python = linesOf(stdout).filter((line) => !routine.test(line) && jobReport(line) === undefined);
  const fromJvm = python.length > 0 ? jvm.slice(-Math.floor(most / 2)) : jvm.slice(-most);
  return [...python.slice(fromJvm.length - most), ...fromJvm];
}

/** What a job says of itself: the last line of its stdout that is a result. */
export function jobReport(stdout: string): Readonly<Record<string, unknown>> | undefined {
  for (const line of linesOf(stdout).reverse()) {
    if (!line.startsWith('{')) continue;
    try {
      const value = JSON.parse(line) as Record<string, unknown>;
      if (value['type'] === 'result') return value;
    } catch {
      // Something else that begins with a brace.
    }
  }
  return undefined;
}
