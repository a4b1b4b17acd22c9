/** What AWS asks in one region, in USD, before tax, discounts and free tiers. A rate is for an hour where it says so. */
export interface PriceList {
  readonly natGatewayHour: number;
  readonly natGatewayGb: number;
  readonly publicAddressHour: number;
  /** An interface endpoint in one zone. */
  readonly endpointHour: number;
  readonly endpointGb: number;
  readonly keyMonth: number;
  readonly secretMonth: number;
  readonly alarmMetricMonth: number;
  readonly compositeAlarmMonth: number;
  readonly dashboardMonth: number;
  readonly logsIngestedGb: number;
  readonly logsStoredGbMonth: number;
  readonly standardStorageGbMonth: number;
  /** Out of this region into another one of AWS. */
  readonly transferGb: number;
  readonly scannedTb: number;
  readonly spark: Readonly<Record<'ARM64' | 'X86_64', { readonly cpuHour: number; readonly gbHour: number }>>;
}

/** Airflow costs the same in all of these regions, by environment class. */
export interface AirflowPrices {
  /** With what comes with it: two schedulers, a worker, two web servers. */
  readonly environmentHour: number;
  readonly workerHour: number;
  readonly schedulerHour: number;
  readonly webServerHour: number;
}

/** When the prices below were looked at last; a price is not asked of AWS while planning. */
export const pricesAsOf = '2025-06';

/** Where the prices come from. */
export const pricesSource =
  "the public price lists on each service's pricing page, aws.amazon.com/<service>/pricing";

/** The same wherever dataplat knows prices. */
const everywhere = {
  publicAddressHour: 0.005,
  endpointGb: 0.01,
  keyMonth: 1,
  secretMonth: 0.4,
  alarmMetricMonth: 0.1,
  compositeAlarmMonth: 0.5,
  dashboardMonth: 3,
  transferGb: 0.02,
  scannedTb: 5,
} as const;

const cheapSpark = {
  ARM64: { cpuHour: 0.042094, gbHour: 0.004628 },
  X86_64: { cpuHour: 0.052624, gbHour: 0.0057785 },
} as const;

/** Regions whose prices are known. Another region has no estimate rather than a wrong one. */
export const regionalPrices: Readonly<Record<string, PriceList>> = {
  'eu-central-1': {
    ...everywhere,
    natGatewayHour: 0.052,
    natGatewayGb: 0.052,
    endpointHour: 0.012,
    logsIngestedGb: 0.63,
    logsStoredGbMonth: 0.0324,
    standardStorageGbMonth: 0.0245,
    spark: {
      ARM64: { cpuHour: 0.048425, gbHour: 0.005317 },
      X86_64: { cpuHour: 0.060528, gbHour: 0.006643 },
    },
  },
  'eu-west-1': {
    ...everywhere,
    natGatewayHour: 0.048,
    natGatewayGb: 0.048,
    endpointHour: 0.011,
    logsIngestedGb: 0.57,
    logsStoredGbMonth: 0.03,
    standardStorageGbMonth: 0.023,
    spark: cheapSpark,
  },
  'us-east-1': {
    ...everywhere,
    natGatewayHour: 0.045,
    natGatewayGb: 0.045,
    endpointHour: 0.01,
    logsIngestedGb: 0.5,
    logsStoredGbMonth: 0.03,
    standardStorageGbMonth: 0.023,
    spark: cheapSpark,
  },
};

/** Managed Airflow, by environment class; the price of mw1.micro is not known here. */
export const airflowPrices: Readonly<Record<string, AirflowPrices>> = {
  'mw1.small': { environmentHour: 0.49, workerHour: 0.055, schedulerHour: 0.055, webServerHour: 0.028 },
  'mw1.medium': { environmentHour: 0.74, workerHour: 0.11, schedulerHour: 0.11, webServerHour: 0.055 },
  'mw1.large': { environmentHour: 0.99, workerHour: 0.22, schedulerHour: 0.22, webServerHour: 0.11 },
  'mw1.xlarge': { environmentHour: 1.98, workerHour: 0.44, schedulerHour: 0.44, webServerHour: 0.22 },
  'mw1.2xlarge': { environmentHour: 3.96, workerHour: 0.88, schedulerHour: 0.88, webServerHour: 0.44 },
};

/** Airflow's metadata database, a GB-month, in any class. */
export const airflowDatabaseGbMonth = 0.1;

/** AWS's own average of a month, 365 days / 12. */
export const hoursPerMonth = 730;
