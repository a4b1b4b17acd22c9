/** What the workers of a run are asked to be. */
export interface WorkerSize {
  readonly vCpu: number;
  readonly memoryGb: number;
  readonly diskGb: number;
}

export interface ResourceUtilization {
  readonly vCPUHour: number;
  readonly memoryGBHour: number;
  readonly storageGBHour: number;
}

/** Storage of a worker that AWS does not bill. */
const freeDiskGb = 20;
/** AWS bills a worker for at least this long. */
const shortestBilledSeconds = 60;

/**
 * The workers that a run's properties ask for: the driver first. What is not said is EMR's own default: 4 vCPU and
 * 14 GB with 10 % overhead, 20 GB of disk, three executors. Here everything runs in the driver's process; these are
 * the workers that the same request would get on AWS, so utilisation is measured time times requested size.
 */
export function requestedWorkers(properties: ReadonlyMap<string, string>): WorkerSize[] {
  const size = (kind: 'driver' | 'executor'): WorkerSize => {
    const memory = gigabytes(properties.get(`spark.${kind}.memory`)) ?? 14;
    const overhead =
      gigabytes(properties.get(`spark.${kind}.memoryOverhead`)) ?? Math.max(memory * 0.1, 0.375);
    return {
      vCpu: positive(properties.get(`spark.${kind}.cores`)) ?? 4,
      memoryGb: Math.ceil(memory + overhead),
      diskGb: gigabytes(properties.get(`spark.emr-serverless.${kind}.disk`)) ?? freeDiskGb,
    };
  };
  const executors =
    positive(properties.get('spark.executor.instances')) ??
    Math.min(
      positive(properties.get('spark.dynamicAllocation.initialExecutors')) ?? 3,
      positive(properties.get('spark.dynamicAllocation.maxExecutors')) ?? Infinity,
    );
  return [size('driver'), ...Array.from({ length: executors }, () => size('executor'))];
}

/** What these workers used in so many seconds; with `billed`, as AWS would bill it. */
export function utilization(
  workers: readonly WorkerSize[],
  seconds: number,
  billed: boolean,
): ResourceUtilization {
  const hours = (billed ? Math.max(Math.ceil(seconds), shortestBilledSeconds) : seconds) / 3600;
  const total = (amount: (worker: WorkerSize) => number): number =>
    round(workers.reduce((sum, worker) => sum + amount(worker), 0) * hours);
  return {
    vCPUHour: total((worker) => worker.vCpu),
    memoryGBHour: total((worker) => worker.memoryGb),
    storageGBHour: total((worker) => (billed ? Math.max(0, worker.diskGb - freeDiskGb) : worker.diskGb)),
  };
}

/** Reads Spark's sizes (`4g`, `512m`, `2048` MiB, `20G`) as gigabytes. */
export function gigabytes(size: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(size?.trim() ?? '');
  if (match === null) return undefined;
  const perGigabyte = { k: 1024 * 1024, m: 1024, '': 1024, g: 1, t: 1 / 1024 }[
    (match[2] ?? '').toLowerCase()
  ];
  return perGigabyte === undefined ? undefined : Number(match[1]) / perGigabyte;
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text ?? '');
  return Number.isInteger(number) && number > 0 ? number : undefined;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
