import type { SourceDocument } from './document.js';
import type { Environment } from './environment.js';
import type { Problem } from './errors.js';
import type { Job } from './lineage.js';

/**
 * Workers that are kept ready must be of a size that jobs ask for: a smaller one is never taken, and of a larger one more
 * is paid for than any job uses, for as long as the application is started.
 */
export function readyWorkerProblems(
  document: SourceDocument,
  { emr }: Environment,
  jobs: readonly Job[],
): Problem[] {
  const ready = emr.initialCapacity;
  if (!ready || jobs.length === 0) return [];
  return (['drivers', 'executors'] as const).flatMap((kind): Problem[] => {
    const { cpu, memoryGb } = ready[kind];
    const asked = jobs.map(({ spark }) => (kind === 'drivers' ? spark.driver : spark.executor));
    if (asked.some((one) => one.cpu === cpu && one.memoryGb === memoryGb)) return [];
    const sizes = [...new Set(asked.map((one) => `{ cpu: ${one.cpu}, memoryGb: ${one.memoryGb} }`))];
    return [
      {
        code: 'DP2005',
        location: document.locateValue(['emr', 'initialCapacity', kind, 'cpu']),
        message: `no job's ${kind} are of ${cpu} vCPU and ${memoryGb} GB, so that these are kept ready for nobody`,
        hint: `jobs ask for ${sizes.sort().join(', ')}; or leave "emr.initialCapacity" out`,
      },
    ];
  });
}
