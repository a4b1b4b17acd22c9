/** The secret key that presigned S3 addresses must be signed with. */
export const secretKey = 'local';

/** What the endpoint only pretends, by topic; shown wherever its status is. */
export const simulated: Readonly<Record<string, string>> = {
  credentials:
    'Signatures are not checked: any access key is good, and one of twelve digits is the account. ' +
    `Only presigned S3 addresses must be signed with the secret key "${secretKey}".`,
  'access control': 'IAM policies and Lake Formation grants are kept and answered, but refuse nobody.',
  network: 'VPCs, subnets, security groups and endpoints are records; no traffic passes through them.',
  encryption: 'KMS keys and bucket encryption are recorded; data on disk is in the clear.',
  airflow:
    'Behind an MWAA environment runs one Airflow of this machine (LocalExecutor, SQLite), once it is called; its class, ' +
    'workers, requirements and plugins are recorded.',
  'athena statistics':
    'Scanned bytes are the sizes of the files that a query leaves after its partitions; columns do not count.',
  alarms:
    'Alarms over one metric, and over others by ALARM("…") OR …, change their state and tell topics and the event bus, from ' +
    'the first use of CloudWatch or EC2 on. Metrics are those that are put, and AWS/Events TriggeredRules: an alarm over ' +
    'the silence of another metric of AWS waits for its first datapoint. Alarms over percentiles, expressions and other ' +
    'rules keep their state; so do budgets and cost anomalies.',
  events:
    'EventBridge has the events of alarms and of job runs of EMR Serverless; CloudTrail, and so what is told of calls, ' +
    'is a record.',
  cost: 'Nothing is billed; billed utilisation of job runs comes from measured time.',
  consistency: 'Changes are visible at once; AWS may take seconds or minutes.',
};
