import { expect } from 'chai';
import { estimateCost, type DeclaredResource, type KnownCost } from '../../../src/model/cost/estimate.js';

let made = 0;
function resource(type: string, values: Readonly<Record<string, unknown>> = {}, region = 'eu-central-1') {
  made += 1;
  return { address: `${type}.one_${made}`, type, values, region } satisfies DeclaredResource;
}

function known(declared: readonly DeclaredResource[], deployed?: readonly DeclaredResource[]): KnownCost {
  const cost = estimateCost(declared, deployed);
  if (cost.kind !== 'estimate') throw new Error(`the prices of ${cost.regions.join()} are unknown`);
  return cost;
}

const monthly = (declared: readonly DeclaredResource[]): [string, number, number][] =>
  known(declared).components.map((line) => [line.component, line.units, line.monthly]);

const rates = (...declared: DeclaredResource[]): string[] =>
  known(declared).byUse.map(({ component, rate }) => `${component}: ${rate}`);

describe('the cost of an environment', () => {
  it('of NAT gateways is by the hour of 730 a month, and an address each', () => {
    // 0.052 x 730 = 37.96 and 0.005 x 730 = 3.65, of each three.
    const zones = [1, 2, 3].flatMap(() => [resource('aws_nat_gateway'), resource('aws_eip')]);
    expect(monthly(zones)).to.deep.equal([
      ['NAT gateways', 3, 113.88],
      ['Public IPv4 addresses', 3, 10.95],
    ]);
  });

  it('of interface endpoints is by the zone; a gateway endpoint is free', () => {
    // 15 endpoints x 3 zones x 0.012 x 730
    const endpoints = Array.from({ length: 15 }, () =>
      resource('aws_vpc_endpoint', { vpc_endpoint_type: 'Interface', subnet_ids: ['a', 'b', 'c'] }),
    );
    const gateway = resource('aws_vpc_endpoint', { vpc_endpoint_type: 'Gateway', route_table_ids: ['a'] });
    expect(monthly([...endpoints, gateway])).to.deep.equal([['Interface endpoints x zones', 45, 394.2]]);
  });

  it('of Airflow is its class and the workers that are always there beside the first', () => {
    const airflow = resource('aws_mwaa_environment', {
      environment_class: 'mw1.medium',
      min_workers: 3,
      max_workers: 10,
      schedulers: 3,
    });
    // 0.74 x 730; two further workers and one further scheduler at 0.11 x 730 = 80.30
    expect(monthly([airflow])).to.deep.equal([
      ['Airflow mw1.medium', 1, 540.2],
      ['Airflow workers beside the first', 2, 160.6],
      ['Airflow schedulers beside the first two', 1, 80.3],
    ]);
    expect(rates(airflow)).to.include('Airflow workers under load: 0.11 USD an hour each, up to 7 more');
  });

  it('of Spark is nothing before it runs: workers kept ready are told as a rate', () => {
    const worker = (type: string, count: number) => ({
      initial_capacity_type: type,
      initial_capacity_config: {
        worker_count: count,
        worker_configuration: { cpu: '4 vCPU', memory: '16 GB', disk: '20 GB' },
      },
    });
    const application = resource('aws_emrserverless_application', {
      architecture: 'ARM64',
      initial_capacity: [worker('Driver', 2), worker('Executor', 4)],
    });
    expect(monthly([application])).to.deep.equal([]);
    // 24 x 0.048425 + 96 x 0.005317 = 1.1622 + 0.510432
    expect(rates(application)).to.deep.equal([
      'Job runs (ARM64): 0.048425 USD a vCPU-hour, 0.005317 USD a GB-hour',
      'Workers kept ready: 1.67 USD an hour while the application is started (24 vCPU, 96 GB)',
    ]);
  });

  it('of a flow log is by what it takes in, which is much where it tells of every connection', () => {
    const log = (traffic: string) => rates(resource('aws_flow_log', { traffic_type: traffic }));
    expect(log('REJECT')).to.deep.equal([
      'Flow log: 0.63 USD a GB taken in, of connections that are turned away',
    ]);
    expect(log('ALL')).to.deep.equal([
      "Flow log: 0.63 USD a GB taken in, of every connection, Spark's own among them",
    ]);
  });

  it('of an alarm is by its metrics, of an anomaly three times; a composite costs 0.50, a dashboard 3', () => {
    const metric = { metric: { metric_name: 'FailedJobs' } };
    expect(
      monthly([
        resource('aws_cloudwatch_metric_alarm', { metric_name: 'FailedJobs' }),
        resource('aws_cloudwatch_metric_alarm', { metric_query: [metric, metric, { expression: 'a/b' }] }),
        resource('aws_cloudwatch_metric_alarm', { metric_query: [metric], threshold_metric_id: 'band' }),
        resource('aws_cloudwatch_composite_alarm'),
        resource('aws_cloudwatch_dashboard'),
      ]),
    ).to.deep.equal([
      ['Dashboards', 1, 3],
      ['Alarms', 6, 0.6],
      ['Composite alarms', 1, 0.5],
    ]);
  });

  it('of keys and secrets is by the piece, a replica as much as the first', () => {
    expect(
      monthly([
        resource('aws_kms_key', { enable_key_rotation: true }),
        resource('aws_kms_replica_key', {}, 'eu-west-1'),
        resource('aws_secretsmanager_secret', { replica: [{ region: 'eu-west-1' }] }),
      ]),
    ).to.deep.equal([
      ['KMS keys', 2, 2],
      ['Secrets', 2, 0.8],
    ]);
  });

  it('is summed and compared with what is deployed', () => {
    const cost = known(
      [resource('aws_nat_gateway'), resource('aws_kms_key')],
      [resource('aws_nat_gateway'), resource('aws_nat_gateway')],
    );
    expect([cost.monthly, cost.deployed, cost.change]).to.deep.equal([38.96, 75.92, -36.96]);
    expect(known([resource('aws_kms_key')])).not.to.have.any.keys('deployed', 'change');
  });

  it('is by the prices of the region', () => {
    const each = (region: string) => known([resource('aws_nat_gateway', {}, region)]).monthly;
    expect([each('us-east-1'), each('eu-west-1')]).to.deep.equal([32.85, 35.04]);
  });

  it('is not guessed for a region without prices, nor for a type or class without one', () => {
    expect(estimateCost([resource('aws_kms_key', {}, 'ap-southeast-2')])).to.deep.equal({
      kind: 'unknown',
      regions: ['ap-southeast-2'],
      knownRegions: ['eu-central-1', 'eu-west-1', 'us-east-1'],
    });
    const cost = known([
      resource('aws_redshift_cluster'),
      resource('aws_mwaa_environment', { environment_class: 'mw1.micro' }),
      resource('aws_iam_role'),
    ]);
    expect(cost.unpriced).to.deep.equal(['Airflow mw1.micro', 'aws_redshift_cluster']);
    expect(cost.monthly).to.equal(0);
  });

  it('says when its prices were looked at, and where', () => {
    const { asOf, source } = known([resource('aws_kms_key')]);
    expect(asOf).to.match(/^\d{4}-\d{2}$/);
    expect(source).to.include('public price lists');
  });
});
