import type { ReportedRun } from './reported-run.js';

/** What the runs of a job were billed for. */
export interface JobCost {
  readonly job: string;
  /** Those that EMR has told the use of; it does so at their end. */
  readonly runs: number;
  readonly vcpuHours: number;
  readonly memoryGbHours: number;
  /** An estimate by list prices, of processors and memory; absent where no price is known. */
  readonly usd?: number;
}

/** List prices of Spark, in USD an hour. */
export interface SparkRates {
  readonly cpuHour: number;
  readonly gbHour: number;
}

/** The cost of each job, the dearest first. Without rates it is told in hours alone. */
export function costsByJob(runs: readonly ReportedRun[], rates?: SparkRates): JobCost[] {
  const byJob = new Map<string, { runs: number; vcpuHours: number; memoryGbHours: number }>();
  for (const { job, billed } of runs) {
    if (!billed) continue;
    const sum = byJob.get(job) ?? { runs: 0, vcpuHours: 0, memoryGbHours: 0 };
    sum.runs += 1;
    sum.vcpuHours += billed.vcpuHours;
    sum.memoryGbHours += billed.memoryGbHours;
    byJob.set(job, sum);
  }
  return [...byJob]
    .sort(([, a], [, b]) => b.vcpuHours - a.vcpuHours || b.memoryGbHours - a.memoryGbHours)
    .map(([job, sum]) => ({
      ...{ job, runs: sum.runs },
      ...{ vcpuHours: thousandths(sum.vcpuHours), memoryGbHours: thousandths(sum.memoryGbHours) },
      ...(rates && {
        usd: thousandths(sum.vcpuHours * rates.cpuHour + sum.memoryGbHours * rates.gbHour),
      }),
    }))
    .sort((a, b) => (b.usd ?? 0) - (a.usd ?? 0));
}

function thousandths(number: number): number {
  return Math.round(number * 1000) / 1000;
}
