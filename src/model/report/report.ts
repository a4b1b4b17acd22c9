import { dateOfMoment } from '../date.js';
import type { Environment } from '../environment.js';
import { regionalPrices } from '../cost/prices.js';
import { lineageGraph, type LineageGraph } from '../lineage-graph.js';
import type { Platform } from '../platform.js';
import { verdictsOf, type Observed, type ObservedCheck, type Verdict } from '../sla.js';
import { backfillCalendar, type BackfillCalendar, type ReportedBackfill } from './backfill-calendar.js';
import { durationsByJob, type JobDurations } from './durations.js';
import { costsByJob, type JobCost, type SparkRates } from './job-costs.js';
import { outcomesByDay, type DayOutcomes } from './outcomes.js';
import type { ReportedRun } from './reported-run.js';

/** What is known of a deployed environment. What could not be asked is absent, and `unknown` says why. */
export interface ReportSources {
  readonly release?: string;
  /** The newest first. */
  readonly runs: readonly ReportedRun[];
  /** Whether there may be earlier ones within the days, which were not looked at. */
  readonly earlierRuns: boolean;
  /** For promises: three days at the least, whatever is shown. */
  readonly observed: Observed;
  /** The newest first. */
  readonly backfills: readonly ReportedBackfill[];
  /** How many there are besides, which were not looked at. */
  readonly earlierBackfills: number;
  readonly unknown: Unknown;
}

/** Why something is not known, in words, by what it is. */
export interface Unknown {
  readonly data?: string;
  readonly backfills?: string;
}

/** Everything that the page of an environment shows. */
export interface Report {
  readonly environment: string;
  readonly prefix: string;
  /** In ISO 8601, UTC. */
  readonly at: string;
  /** The days that runs are told of, and the first of them. */
  readonly days: number;
  readonly first: string;
  /** False: all that is known is what is declared. */
  readonly deployed: boolean;
  readonly release?: string;
  readonly graph: LineageGraph;
  readonly runs: readonly ReportedRun[];
  /** Whether there may be earlier ones within the days: then every figure is of these alone. */
  readonly earlierRuns: boolean;
  readonly outcomes: readonly DayOutcomes[];
  readonly durations: readonly JobDurations[];
  readonly costs: readonly JobCost[];
  /** Whether the environment is on this machine, where nothing is billed. */
  readonly simulated: boolean;
  /** Broken ones first, then those that nothing is known of. */
  readonly promises: readonly Verdict[];
  readonly checks: readonly DatasetCheck[];
  readonly backfills: readonly ReportedBackfill[];
  /** How many there are besides: neither the list nor the calendar has them. */
  readonly earlierBackfills: number;
  readonly calendar: BackfillCalendar;
  readonly unknown: Unknown;
}

/** What the last check of a dataset found. */
export interface DatasetCheck extends ObservedCheck {
  readonly dataset: string;
}

/**
 * What a page shows of an environment at a moment.
 * @param days as many days before it are told of
 * @param sources undefined where it is not deployed
 */
export function reportOf(platform: Platform, at: Date, days: number, sources?: ReportSources): Report {
  const { environment } = platform;
  const begin = new Date(at.getTime() - days * 86_400_000);
  const first = dateOfMoment(begin.getTime());
  const runs = (sources?.runs ?? []).filter(({ startedAt }) => Date.parse(startedAt) >= begin.getTime());
  const backfills = sources?.backfills ?? [];
  return {
    ...{ environment: environment.name, prefix: environment.prefix, at: at.toISOString(), days, first },
    deployed: sources !== undefined,
    ...(sources?.release !== undefined && { release: sources.release }),
    graph: lineageGraph(platform),
    runs,
    earlierRuns: sources?.earlierRuns ?? false,
    outcomes: outcomesByDay(runs, first, dateOfMoment(at.getTime())),
    durations: durationsByJob(runs),
    costs: costsByJob(runs, ratesOf(environment)),
    simulated: environment.endpoint !== undefined,
    promises: verdictsOf(platform, sources?.observed ?? nothingObserved(at))
      .map((verdict) => (sources?.unknown.data === undefined ? verdict : notAsked(verdict)))
      .sort((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state)),
    checks: [...(sources?.observed.checks ?? [])]
      .map(([dataset, check]) => ({ dataset, ...check }))
      .sort((a, b) => b.errors - a.errors || b.warnings - a.warnings),
    backfills,
    earlierBackfills: sources?.earlierBackfills ?? 0,
    calendar: backfillCalendar(
      backfills,
      platform.graph.order.map(({ id }) => id),
    ),
    unknown: sources?.unknown ?? {},
  };
}

const urgency: readonly Verdict['state'][] = ['broken', 'unmeasured', 'kept'];

/** Without an answer of the data there is nothing to say of promises about it, not that there is no data. */
function notAsked(verdict: Verdict): Verdict {
  if (verdict.kind === 'duration' || verdict.kind === 'completion') return verdict;
  const { kind, subject, job, promised } = verdict;
  const found = 'the data could not be asked';
  return { kind, subject, ...(job !== undefined && { job }), promised, state: 'unmeasured', found };
}

function nothingObserved(at: Date): Observed {
  return { at, runs: [], newestData: new Map(), checks: new Map() };
}

function ratesOf({ endpoint, region, emr }: Environment): SparkRates | undefined {
  return endpoint ? undefined : regionalPrices[region]?.spark[emr.architecture];
}
