import type { Dataset } from './dataset.js';
import type { SourceDocument } from './document.js';
import type { Problem } from './errors.js';
import { sourceIdOf, type Job } from './lineage.js';

/** How what sources deliver can be written, by the mode of the job that reads them: `jobs/common/ingest.py`, `stream.py`. */
const strategies: Partial<Record<Job['mode'], readonly Dataset['write'][]>> = {
  batch: ['replace-partition', 'merge'],
  stream: ['append-stream'],
};

/** Datasets of bronze that are to be written as no job that ingests them can: else the run would be the first to say so. */
export function writeProblems(
  documents: ReadonlyMap<string, SourceDocument>,
  jobs: readonly Job[],
  datasets: readonly Dataset[],
): Problem[] {
  const written = new Map(datasets.filter(({ layer }) => layer === 'bronze').map((one) => [one.id, one]));
  return jobs
    .filter(({ inputs }) => inputs.some((input) => sourceIdOf(input) !== undefined))
    .flatMap(({ id: job, mode, outputs }) =>
      outputs.flatMap((output): Problem[] => {
        const write = written.get(output)?.write;
        const document = documents.get(output);
        const known = strategies[mode];
        if (!write || !document || !known || known.includes(write)) return [];
        return [
          {
            code: 'DP2005',
            location: document.locateValue(['x-dataplat', 'write']),
            message: `"x-dataplat.write" is "${write}", and ${job} ingests it`,
            hint: `expected ${known.join(' or ')}: what a job of mode ${mode} writes of a source by`,
          },
        ];
      }),
    );
}
