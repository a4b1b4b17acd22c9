import type { LocalEndpointRequest } from '../operations/local-endpoint.js';
import type { Invocation } from './invocation.js';

/** What it takes to start the endpoint of the environment that is asked for. @throws DataplatError DP1007 it has none */
export async function localEndpointRequest(invocation: Invocation): Promise<LocalEndpointRequest> {
  const { locateRuntime } = await import('../toolchain/locate-toolchain.js');
  const { DataplatError } = await import('../model/errors.js');
  const { environment } = await invocation.platform();
  if (!environment.endpoint) {
    throw new DataplatError(
      'DP1007',
      `${environment.name} has no endpoint of its own: it lives in account ${environment.account}`,
      {
        next: ['dataplat local up --env local'],
      },
    );
  }
  const { account, region, endpoint } = environment;
  const vcpus = Number(process.env['DATAPLAT_LOCAL_VCPUS']);
  return {
    projectDirectory: await invocation.projectDirectory(),
    port: endpoint.port,
    account,
    region,
    // As an account would have it whose quota is so small.
    ...(vcpus > 0 && { vcpuQuota: vcpus }),
    ...(await locateRuntime()),
  };
}
