import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';

/**
 * What the account may have of something in the environment's region: what was granted to it, else what every account has.
 * @returns undefined where Service Quotas does not know the quota there
 * @throws DataplatError DP4001, DP4003
 */
export async function quotaInForce(
  clients: AwsClients,
  { service, code }: { readonly service: string; readonly code: string },
): Promise<number | undefined> {
  const quotas = await clients.serviceQuotas();
  const asked = { ServiceCode: service, QuotaCode: code };
  const unlessUnknown = (error: unknown): { Quota?: { Value?: number | undefined } } => {
    if (isAws(error, 'NoSuchResourceException')) return {};
    throw error;
  };
  const granted = await quotas.getServiceQuota(asked).catch(unlessUnknown);
  const { Quota } = granted.Quota
    ? granted
    : await quotas.getAWSDefaultServiceQuota(asked).catch(unlessUnknown);
  return Quota?.Value;
}
