import type { Check, FailOn } from '../model/checks.js';
import type { Environment } from '../model/environment.js';
import { DataplatError } from '../model/errors.js';
import { info, type Operation } from './events.js';
import { submit, type SubmitOptions, type SubmitResult } from './submit.js';

export interface CheckQualityOptions extends Pick<
  SubmitOptions,
  'date' | 'release' | 'follow' | 'signal' | 'pause'
> {
  readonly checks: readonly Check[];
  /** The severity that fails the check. */
  readonly failOn: FailOn;
}

/** An expectation that is not met, as the job tells it. */
export interface Unmet {
  readonly expectation: string;
  readonly severity: 'warn' | 'error';
  readonly observed: number | null;
  readonly found: string;
  readonly threshold: string;
}

/** A dataset that was checked, as the job tells it. */
export interface CheckedDataset {
  readonly dataset: string;
  readonly rows: number;
  readonly expectations: number;
  readonly passed: number;
  /** Measured, and not judged: too little is known of earlier days. */
  readonly measured: number;
  readonly errors: number;
  readonly warnings: number;
  readonly failed: readonly Unmet[];
}

export interface CheckQualityResult {
  readonly environment: string;
  readonly date: string;
  readonly failOn: CheckQualityOptions['failOn'];
  readonly passed: boolean;
  readonly datasets: readonly CheckedDataset[];
  /** The pages that show everything that was found. */
  readonly docs: readonly string[];
  readonly runs: readonly string[];
}

interface Details {
  readonly docs?: string;
  readonly checks?: readonly CheckedDataset[];
}

/**
 * Runs the jobs that check, each to its end, and tells what all of them found: a gate that one closes hides nothing of
 * the next. @throws DataplatError as `submit` does, for a run that failed for another reason than the data
 */
export async function* checkQuality(
  environment: Environment,
  files: Parameters<typeof submit>[1],
  aws: Parameters<typeof submit>[2],
  { checks, failOn: severity, ...options }: CheckQualityOptions,
): Operation<CheckQualityResult> {
  const found: Details[] = [];
  const runs: string[] = [];
  let passed = true;
  for (const { job, datasets } of checks) {
    const words = ['--fail-on', severity, ...datasets.flatMap((id) => ['--dataset', id])];
    try {
      for await (const event of submit(environment, files, aws, { ...options, job, arguments: words })) {
        if (event.type !== 'result') yield event;
        else {
          runs.push(event.result.runId);
          found.push(detailsOf(event.result.report));
        }
      }
    } catch (error) {
      const closed = gateOf(error);
      if (!closed) throw error;
      passed = false;
      runs.push(closed.runId);
      found.push(detailsOf(closed.report));
      yield info(`the gate ${job.id} is closed`);
    }
  }
  yield {
    type: 'result',
    result: {
      environment: environment.name,
      date: options.date,
      failOn: severity,
      passed,
      datasets: found.flatMap((one) => one.checks ?? []),
      docs: found.flatMap((one) => one.docs ?? []),
      runs,
    },
  };
}

/** What a run told that failed for the data and nothing else. */
function gateOf(error: unknown): { runId: string; report: SubmitResult['report'] } | undefined {
  if (!(error instanceof DataplatError) || error.code !== 'DP6001' || !error.details.data) return undefined;
  const { runId, report } = error.details.data as { runId?: string; report?: SubmitResult['report'] };
  const told = report?.['error'] as { kind?: string } | undefined;
  return told?.kind === 'gate' && runId !== undefined ? { runId, report } : undefined;
}

function detailsOf(report: SubmitResult['report']): Details {
  const details = report?.['details'] as Details | undefined;
  return details ?? {};
}

/** The failure that a closed gate is, for who asked for the check. */
export function unmet(result: CheckQualityResult): DataplatError {
  const closing = result.datasets.flatMap(({ dataset, failed }) =>
    failed
      .filter(({ severity }) => severity === 'error' || result.failOn === 'warn')
      .map((one) => ({ dataset, ...one })),
  );
  const one = closing.length === 1 ? '1 expectation is' : `${closing.length} expectations are`;
  return new DataplatError('DP6006', `${one} not met on ${result.date}`, {
    left: 'the data is as it was; what was found is in dq_results and the data docs',
    next: [
      ...result.docs.map((page) => `aws s3 cp ${page} -`),
      ...(closing[0]
        ? [`dataplat dq run ${closing[0].dataset} --date ${result.date} --env ${result.environment}`]
        : []),
    ],
    data: { runs: result.runs },
  });
}
