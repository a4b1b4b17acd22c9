import { CloudwatchDashboard, Construct } from './constructs.cjs';
import { type Alarm, alarmScopes, type AlarmScope, type Statistic } from '../src/model/alarm.js';
import type { Environment } from '../src/model/environment.js';
import { jobScopes } from '../src/model/job-alarms.js';
import { datasetMetric, jobMetric, type Metric } from '../src/model/metrics.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import {
  airflowMetric,
  allocatedCpu,
  applicationMetric,
  type Deployed,
} from '../src/model/platform-alarms.js';

export interface DashboardsProps {
  readonly platform: Platform;
  readonly deployed: Deployed;
  readonly alarms: readonly Alarm[];
}

interface Widget {
  readonly type: 'alarm' | 'metric';
  readonly height: number;
  readonly width: number;
  readonly properties: object;
}

const gridWidth = 24;
const alarmsAWidget = 100;

/** A page a layer, and one of what they share: what is wrong, and how jobs and datasets fare. */
export class Dashboards extends Construct {
  readonly dashboards: readonly CloudwatchDashboard[];
  private readonly props: DashboardsProps;
  private readonly environment: Environment;
  private readonly scopeOf: ReturnType<typeof jobScopes>;

  constructor(scope: Construct, id: string, props: DashboardsProps) {
    super(scope, id);
    this.props = props;
    this.environment = props.platform.environment;
    this.scopeOf = jobScopes(props.platform);
    const shown = alarmScopes.filter((part) => props.alarms.some((alarm) => alarm.scope === part));
    this.dashboards = shown.map(
      (part) =>
        new CloudwatchDashboard(this, part, {
          dashboardName: names.scope(this.environment, part),
          dashboardBody: JSON.stringify({
            widgets: placed([
              ...this.alarmWidgets(part),
              ...this.jobWidgets(part),
              ...this.datasetWidgets(part),
              ...(part === 'platform' ? this.platformWidgets() : []),
            ]),
          }),
        }),
    );
  }

  private alarmWidgets(part: AlarmScope): Widget[] {
    const { account, region } = this.environment;
    const arns = this.props.alarms
      .filter((alarm) => alarm.scope === part)
      .map(
        (alarm) => `arn:aws:cloudwatch:${region}:${account}:alarm:${names.alarm(this.environment, alarm)}`,
      );
    const count = Math.ceil(arns.length / alarmsAWidget);
    return Array.from({ length: count }, (_, index) => {
      const some = arns.slice(index * alarmsAWidget, (index + 1) * alarmsAWidget);
      return {
        type: 'alarm',
        width: gridWidth,
        height: 1 + Math.ceil(some.length / 6),
        properties: { title: 'Alarms', alarms: some },
      };
    });
  }

  private jobWidgets(part: AlarmScope): Widget[] {
    const here = this.props.platform.jobs.filter((job) => this.scopeOf(job) === part);
    if (here.length === 0) return [];
    const of = (name: Parameters<typeof jobMetric>[2]) =>
      here.map((job) => this.line(jobMetric(this.environment, job, name), `${job.id} ${name}`));
    return [
      this.graph('Runs', 'Sum', [...of('RunsSucceeded'), ...of('RunsFailed')]),
      this.graph('Duration', 'Maximum', of('RunSeconds')),
      this.graph('Behind the SLA', 'Maximum', of('SecondsLate')),
      this.graph('Waiting', 'Maximum', of('QueuedSeconds')),
    ];
  }

  private datasetWidgets(part: AlarmScope): Widget[] {
    const here = this.props.platform.datasets.filter(({ layer }) => layer === part);
    if (here.length === 0) return [];
    const of = (name: Parameters<typeof datasetMetric>[2]) =>
      here.map((dataset) => this.line(datasetMetric(this.environment, dataset, name), dataset.id));
    return [
      this.graph('Rows written', 'Sum', of('RowsWritten')),
      this.graph('Rows in quarantine', 'Sum', of('RowsQuarantined')),
      this.graph('Age of the newest data', 'Maximum', of('FreshnessSeconds')),
      this.graph('Checks that did not hold', 'Maximum', of('QualityErrors')),
    ];
  }

  private platformWidgets(): Widget[] {
    const { deployed } = this.props;
    const spark = (name: string) => this.line(applicationMetric(this.environment, deployed, name), name);
    const airflow = (part: string, name: string) =>
      this.line(airflowMetric(this.environment, part, name), name);
    const cpu = allocatedCpu(this.environment, deployed);
    return [
      this.graph('Job runs', 'Sum', ['SubmittedJobs', 'SuccessJobs', 'FailedJobs'].map(spark)),
      this.graph('Waiting and running', 'Maximum', ['PendingJobs', 'RunningJobs'].map(spark)),
      this.graph(
        'Capacity in use',
        cpu.statistic,
        [
          [{ expression: cpu.expression, label: cpu.label, id: 'all' }],
          ...Object.entries(cpu.metrics).map(([id, metric]) => [...path(metric), { id, visible: false }]),
        ],
        60,
      ),
      this.graph('Airflow', 'Sum', [
        airflow('Scheduler', 'SchedulerHeartbeat'),
        airflow('Executor', 'QueuedTasks'),
        airflow('Executor', 'RunningTasks'),
      ]),
    ];
  }

  private line(metric: Metric, label: string): unknown[] {
    return [...path(metric), { label }];
  }

  private graph(title: string, stat: Statistic, metrics: readonly unknown[], period = 300): Widget {
    return {
      type: 'metric',
      width: gridWidth / 2,
      height: 6,
      properties: { title, stat, period, region: this.environment.region, view: 'timeSeries', metrics },
    };
  }
}

/** A metric as dashboards name it: namespace, name, then dimensions one after another. */
function path({ namespace, name, dimensions }: Metric): string[] {
  return [namespace, name, ...Object.entries(dimensions).flat()];
}

/** Widgets from left to right, row by row. */
function placed(widgets: readonly Widget[]): object[] {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return widgets.map((widget) => {
    if (x + widget.width > gridWidth) {
      x = 0;
      y += rowHeight;
      rowHeight = 0;
    }
    const at = { ...widget, x, y };
    x += widget.width;
    rowHeight = Math.max(rowHeight, widget.height);
    return at;
  });
}
