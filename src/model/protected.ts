import type { Path, SourceDocument } from './document.js';
import type { Environment } from './environment.js';
import type { Problem } from './errors.js';

/** Something that a protected environment must never be without. */
interface Demand {
  readonly path: Path;
  readonly met: (environment: Environment) => boolean;
  readonly expected: string;
}

const demands: readonly Demand[] = [
  {
    path: ['alarms', 'emails'],
    met: ({ alarms }) => alarms.emails.length > 0,
    expected: 'expected at least one address: an alarm that reaches nobody is none',
  },
  {
    path: ['network', 'nat'],
    met: ({ network }) => network.nat !== 'single',
    expected: 'expected none or per-zone: one NAT gateway is lost with its zone',
  },
  {
    path: ['lake', 'lifecycleRules'],
    met: ({ lake }) => lake.lifecycleRules,
    expected: 'expected true: without rules nothing expires, and broken uploads stay for ever',
  },
  {
    path: ['lake', 'landingRetentionDays'],
    met: ({ lake }) => lake.landingRetentionDays >= 30,
    expected: 'expected at least 30: what was delivered must be there for a backfill',
  },
  {
    path: ['lake', 'noncurrentVersionDays'],
    met: ({ lake }) => lake.noncurrentVersionDays >= 30,
    expected: 'expected at least 30: for so long what was overwritten or deleted can be had back',
  },
  {
    path: ['logs', 'retentionDays'],
    met: ({ logs }) => logs.retentionDays >= 90,
    expected: 'expected at least 90: what happened must still be found when it is noticed late',
  },
  {
    path: ['airflow', 'environmentClass'],
    met: ({ airflow }) => airflow.environmentClass !== 'mw1.micro',
    expected: 'expected mw1.small or larger: a micro environment has one scheduler, in one zone',
  },
  {
    path: ['secrets', 'recoveryDays'],
    met: ({ secrets }) => secrets.recoveryDays >= 7,
    expected: 'expected 7 to 30: for so long a deleted secret can be had back',
  },
  {
    path: ['state', 'backend'],
    met: ({ state }) => state.backend === 's3',
    expected: 'expected s3: a state on one machine is lost with it, and locks nobody out',
  },
];

/**
 * What a protected environment lacks that it must never be without. Nothing where the environment lives on this machine:
 * there, `protected` only tries out the guards.
 */
export function protectedProblems(document: SourceDocument, environment: Environment): Problem[] {
  if (!environment.protected || environment.endpoint) return [];
  return demands
    .filter(({ met }) => !met(environment))
    .map(({ path, expected }) => ({
      code: 'DP2010',
      location: document.locateValue(path),
      message: `"${path.join('.')}" does not do for a protected environment`,
      hint: expected,
    }));
}
