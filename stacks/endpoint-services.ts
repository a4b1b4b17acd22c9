import type { Statement } from './policy.js';

/** What MWAA asks for where it has no way to the internet. Source: AWS, "Amazon MWAA: VPC endpoints required". */
const ofAirflow = [
  'airflow.api',
  'airflow.env',
  'airflow.ops',
  'ecr.api',
  'ecr.dkr',
  'kms',
  'logs',
  'monitoring',
  'sqs',
];

/** A job takes on roles that Lake Formation lends it, and Airflow those of its connections. */
const ofRoles = ['sts'];

/** Where a service is not reached under the name that its actions have. */
const endpointsOfPrefix: Readonly<Record<string, readonly string[]>> = {
  cloudwatch: ['monitoring'],
  airflow: ['airflow.api', 'airflow.env', 'airflow.ops'],
  ecr: ['ecr.api', 'ecr.dkr'],
  // Has a gateway endpoint, which costs nothing.
  s3: [],
  // Only PassRole, which the service that the role is passed to checks.
  iam: [],
};

/**
 * The services that need an interface endpoint: those that the roles of the workers may call, and what MWAA itself
 * needs. So a permission brings its way with it, and there is none that nobody uses: each costs in every zone.
 */
export function endpointServices(statements: readonly Statement[]): string[] {
  const called = statements.flatMap(({ Action }) =>
    (Action ?? []).flatMap((action) => {
      const prefix = prefixOf(action);
      return endpointsOfPrefix[prefix] ?? [prefix];
    }),
  );
  return [...new Set([...ofAirflow, ...ofRoles, ...called])].sort();
}

/** The prefix that a service's actions have in policies. */
export function actionPrefix(service: string): string {
  const [prefix] =
    Object.entries(endpointsOfPrefix).find(([, endpoints]) => endpoints.includes(service)) ?? [];
  return prefix ?? service;
}

function prefixOf(action: string): string {
  return action.slice(0, action.indexOf(':'));
}
