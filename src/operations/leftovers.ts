import { names, stackKinds } from '../model/names.js';
import { layers } from '../model/layers.js';
import type { EnvironmentAccess } from './environment-access.js';
import { stacksOf } from './stacks/stacks.js';

/** Something of an environment that exists. */
export interface Leftover {
  readonly kind: 'resource' | 'bucket' | 'database' | 'application' | 'parameter';
  readonly name: string;
}

/**
 * What is left of an environment: what Terraform's state still names, and, asked of AWS itself, what carries one of the
 * environment's names although no state knows it.
 */
export async function leftovers(access: EnvironmentAccess): Promise<Leftover[]> {
  const { environment } = access.platform;
  const { aws } = access;
  const inState = (await Promise.all(stacksOf(access).map(({ terraform }) => terraform.resources()))).flat();
  const s3 = await aws.clients.s3();
  const buckets = ((await s3.listBuckets({})).Buckets ?? []).map((bucket) => bucket.Name ?? '');
  const glue = await aws.clients.glue();
  const databases = ((await glue.getDatabases({})).DatabaseList ?? []).map((database) => database.Name ?? '');
  const application = await aws.runs.findApplication(names.application(environment));
  const ssm = await aws.clients.ssm();
  const parameters = await Promise.all(
    stackKinds.map((kind) =>
      ssm.getParametersByPath({ Path: names.parameter(environment, kind, ''), Recursive: true }),
    ),
  );
  const named = (kind: Leftover['kind'], ours: readonly string[], there: readonly string[]): Leftover[] =>
    ours.filter((name) => there.includes(name)).map((name) => ({ kind, name }));
  return [
    ...inState.map((name) => ({ kind: 'resource' as const, name })),
    ...named('bucket', [...names.buckets(environment), ...names.replicaBuckets(environment)], buckets),
    ...named(
      'database',
      layers.map((layer) => names.database(environment, layer)),
      databases,
    ),
    ...(application
      ? [{ kind: 'application' as const, name: `${application.name} (${application.id})` }]
      : []),
    ...parameters.flatMap(({ Parameters }) =>
      (Parameters ?? []).map(({ Name }) => ({ kind: 'parameter' as const, name: Name ?? '' })),
    ),
  ];
}
