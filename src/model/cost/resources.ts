import { airflowDatabaseGbMonth, airflowPrices, hoursPerMonth, type PriceList } from './prices.js';

/** A resource as Terraform writes it, in the JSON of a stack or of a plan: blocks are maps in the one, lists in the other. */
export interface PricedResource {
  readonly address: string;
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What a resource costs a month whether it is used or not. */
export interface FixedCost {
  readonly component: string;
  readonly units: number;
  /** What one unit costs a month. */
  readonly unitMonthly: number;
}

/** What a resource costs by its use: nobody knows how much of it there will be, so that only the rate is told. */
export interface UsageCost {
  readonly component: string;
  readonly rate: string;
}

type Values = PricedResource['values'];

interface Pricing {
  readonly fixed?: (values: Values, prices: PriceList) => readonly FixedCost[];
  readonly usage?: (values: Values, prices: PriceList) => readonly UsageCost[];
}

const priced: Readonly<Record<string, Pricing>> = {
  aws_nat_gateway: {
    fixed: (_, { natGatewayHour }) => [hourly('NAT gateways', 1, natGatewayHour)],
    usage: (_, { natGatewayGb }) => [{ component: 'NAT gateways', rate: `${usd(natGatewayGb)} a GB` }],
  },
  aws_eip: {
    fixed: (_, { publicAddressHour }) => [hourly('Public IPv4 addresses', 1, publicAddressHour)],
  },
  aws_vpc_endpoint: {
    fixed: (values, { endpointHour }) =>
      isInterface(values)
        ? [
            hourly(
              'Interface endpoints x zones',
              Math.max(1, list(values['subnet_ids']).length),
              endpointHour,
            ),
          ]
        : [],
    usage: (values, { endpointGb }) =>
      isInterface(values) ? [{ component: 'Interface endpoints', rate: `${usd(endpointGb)} a GB` }] : [],
  },
  aws_kms_key: { fixed: key, usage: keyUse },
  aws_kms_replica_key: { fixed: key, usage: keyUse },
  aws_secretsmanager_secret: {
    fixed: (values, { secretMonth }) => [
      { component: 'Secrets', units: 1 + list(values['replica']).length, unitMonthly: secretMonth },
    ],
    usage: () => [{ component: 'Secrets', rate: '0.05 USD per 10,000 calls' }],
  },
  aws_mwaa_environment: { fixed: airflow, usage: airflowUse },
  aws_cloudwatch_metric_alarm: {
    fixed: (values, { alarmMetricMonth }) => [
      { component: 'Alarms', units: alarmMetrics(values), unitMonthly: alarmMetricMonth },
    ],
  },
  aws_cloudwatch_composite_alarm: {
    fixed: (_, { compositeAlarmMonth }) => [
      { component: 'Composite alarms', units: 1, unitMonthly: compositeAlarmMonth },
    ],
  },
  aws_cloudwatch_dashboard: {
    fixed: (_, { dashboardMonth }) => [{ component: 'Dashboards', units: 1, unitMonthly: dashboardMonth }],
  },
  aws_emrserverless_application: { usage: sparkUse },
  aws_cloudwatch_log_group: {
    usage: (_, { logsIngestedGb, logsStoredGbMonth }) => [
      {
        component: 'CloudWatch logs',
        rate: `${usd(logsIngestedGb)} a GB taken in, ${usd(logsStoredGbMonth)} a GB kept a month`,
      },
    ],
  },
  aws_flow_log: {
    usage: (values, { logsIngestedGb }) => [
      {
        component: 'Flow log',
        rate: `${usd(logsIngestedGb)} a GB taken in, ${values['traffic_type'] === 'REJECT' ? 'of connections that are turned away' : "of every connection, Spark's own among them"}`,
      },
    ],
  },
  aws_s3_bucket: {
    usage: (_, { standardStorageGbMonth }) => [
      {
        component: 'S3 storage',
        rate: `${usd(standardStorageGbMonth)} a GB a month (standard class), and requests`,
      },
    ],
  },
  aws_s3_bucket_replication_configuration: {
    usage: (_, { transferGb }) => [
      { component: 'S3 replication', rate: `${usd(transferGb)} a GB sent, and its storage there` },
    ],
  },
  aws_s3_bucket_inventory: {
    usage: () => [{ component: 'S3 inventory', rate: '0.0025 USD per million objects listed' }],
  },
  aws_athena_workgroup: {
    usage: (_, { scannedTb }) => [{ component: 'Athena', rate: `${usd(scannedTb)} a TB scanned` }],
  },
  aws_lambda_function: {
    usage: () => [{ component: 'Lambda', rate: '0.20 USD per million calls, 0.0000167 USD a GB-second' }],
  },
  aws_sqs_queue: { usage: () => [{ component: 'SQS', rate: '0.40 USD per million requests' }] },
  aws_sns_topic_subscription: {
    usage: () => [{ component: 'SNS', rate: '2.00 USD per 100,000 e-mails' }],
  },
};

/** Types that AWS asks nothing for: they configure another resource, or are free. */
const free: readonly RegExp[] = [
  /^aws_(iam|lakeformation|ssm_parameter|glue_(catalog|schema|registry|resource_policy|data_catalog)|cloudwatch_event)(_|$)/,
  /^aws_(vpc|subnet|route|route_table|route_table_association|internet_gateway|default_security_group)$/,
  /^aws_(security_group|vpc_security_group_.+|vpc_endpoint_policy|network_acl.*|default_network_acl)$/,
  /^aws_(kms_alias|kms_key_policy|athena_named_query|cloudwatch_log_resource_policy)$/,
  /^aws_s3_(bucket_(?!inventory|replication).+|account_public_access_block|object)$/,
  /^aws_(secretsmanager_secret_(policy|rotation)|sns_topic|sns_topic_policy|sqs_queue_redrive_.+)$/,
  /^aws_(budgets_budget|ce_anomaly_monitor|ce_anomaly_subscription|lambda_permission)$/,
  /^aws_cloudwatch_log_(metric_filter|subscription_filter|stream)$/,
  /^aws_cloudwatch_query_definition$/,
];

/** What of a resource has no known price, in words; undefined where its price is known, be it nothing. */
export function unknownPrice({ type, values }: PricedResource): string | undefined {
  if (type === 'aws_mwaa_environment') {
    const environmentClass = classOf(values);
    return environmentClass in airflowPrices ? undefined : `Airflow ${environmentClass}`;
  }
  return type in priced || free.some((pattern) => pattern.test(type)) ? undefined : type;
}

export function fixedCosts({ type, values }: PricedResource, prices: PriceList): readonly FixedCost[] {
  return priced[type]?.fixed?.(values, prices) ?? [];
}

export function usageCosts({ type, values }: PricedResource, prices: PriceList): readonly UsageCost[] {
  return priced[type]?.usage?.(values, prices) ?? [];
}

function hourly(component: string, units: number, hour: number): FixedCost {
  return { component, units, unitMonthly: hour * hoursPerMonth };
}

function isInterface(values: Values): boolean {
  return values['vpc_endpoint_type'] === 'Interface';
}

function key(_: Values, { keyMonth }: PriceList): readonly FixedCost[] {
  return [{ component: 'KMS keys', units: 1, unitMonthly: keyMonth }];
}

function keyUse(values: Values, { keyMonth }: PriceList): readonly UsageCost[] {
  const rotated = values['enable_key_rotation'] === true;
  return [
    {
      component: 'KMS keys',
      rate: `0.03 USD per 10,000 requests${rotated ? `; ${usd(keyMonth)} a month more after each of a key's first two rotations` : ''}`,
    },
  ];
}

/** An alarm on an expression costs by the metrics in it; one on an anomaly by its metric and the two ends of the band. */
function alarmMetrics(values: Values): number {
  const metrics = list(values['metric_query']).filter((query) => list(record(query)['metric']).length > 0);
  const band = typeof values['threshold_metric_id'] === 'string' && values['threshold_metric_id'] !== '';
  return Math.max(1, metrics.length) * (band ? 3 : 1);
}

function airflow(values: Values): readonly FixedCost[] {
  const environmentClass = classOf(values);
  const rates = airflowPrices[environmentClass];
  if (!rates) return [];
  const more = (key: string, included: number): number =>
    Math.max(0, number(values[key], included) - included);
  return [
    hourly(`Airflow ${environmentClass}`, 1, rates.environmentHour),
    hourly('Airflow workers beside the first', more('min_workers', 1), rates.workerHour),
    hourly('Airflow schedulers beside the first two', more('schedulers', 2), rates.schedulerHour),
    hourly('Airflow web servers beside the first two', more('min_webservers', 2), rates.webServerHour),
  ].filter(({ units }) => units > 0);
}

function airflowUse(values: Values): readonly UsageCost[] {
  const rates = airflowPrices[classOf(values)];
  const further = number(values['max_workers'], 1) - number(values['min_workers'], 1);
  return [
    ...(rates && further > 0
      ? [
          {
            component: 'Airflow workers under load',
            rate: `${usd(rates.workerHour)} an hour each, up to ${further} more`,
          },
        ]
      : []),
    { component: "Airflow's database", rate: `${usd(airflowDatabaseGbMonth)} a GB a month` },
  ];
}

function classOf(values: Values): string {
  return text(values['environment_class'], 'mw1.small');
}

function sparkUse(values: Values, { spark }: PriceList): readonly UsageCost[] {
  const architecture = values['architecture'] === 'ARM64' ? 'ARM64' : 'X86_64';
  const { cpuHour, gbHour } = spark[architecture];
  const ready = list(values['initial_capacity']).map((one) => {
    const [config] = list(record(one)['initial_capacity_config']).map(record);
    const [worker] = list(config?.['worker_configuration']).map(record);
    const workers = number(config?.['worker_count'], 0);
    return { cpu: workers * amount(worker?.['cpu']), gb: workers * amount(worker?.['memory']) };
  });
  const cpu = ready.reduce((sum, one) => sum + one.cpu, 0);
  const gb = ready.reduce((sum, one) => sum + one.gb, 0);
  return [
    {
      component: `Job runs (${architecture})`,
      rate: `${usd(cpuHour)} a vCPU-hour, ${usd(gbHour)} a GB-hour`,
    },
    ...(cpu > 0
      ? [
          {
            component: 'Workers kept ready',
            rate: `${usd(Math.round((cpu * cpuHour + gb * gbHour) * 100) / 100)} an hour while the application is started (${cpu} vCPU, ${gb} GB)`,
          },
        ]
      : []),
  ];
}

/** `4 vCPU`, `16 GB` */
function amount(value: unknown): number {
  return Number.parseFloat(text(value, '0'));
}

function usd(price: number): string {
  const digits = String(price);
  return `${digits.split('.')[1]?.length === 1 || !digits.includes('.') ? price.toFixed(2) : digits} USD`;
}

function list(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
