import type { Construct } from './constructs.cjs';
import { JobsAccess } from '../src/model/access.js';
import { keyNames } from '../src/model/keys.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import type { AirflowFiles } from '../src/project/airflow-files.js';
import type { NamedQuery } from '../src/project/named-queries.js';
import { Athena } from './athena.js';
import { Compute } from './compute.js';
import type { KeyArns } from './encryption.js';
import { endpointServices } from './endpoint-services.js';
import { AirflowRole, airflowStatements, JobRoles, jobStatements } from './iam.js';
import { LifecycleStack } from './lifecycle-stack.js';
import { Networking } from './networking.js';
import { Orchestration } from './orchestration.js';
import { Secrets } from './secrets.js';
import { snapshotStatements } from './snapshots-role.js';

/** What works on the data and can be made again: network, roles, Spark, Airflow, Athena. */
export class PlatformStack extends LifecycleStack {
  constructor(
    scope: Construct,
    platform: Platform,
    queries: readonly NamedQuery[],
    airflowFiles: AirflowFiles,
  ) {
    super(scope, { platform, kind: 'platform' });
    const { environment } = platform;
    const keyArns = Object.fromEntries(
      keyNames.map((name) => [name, this.published('data', `kms/${name}-key-arn`)]),
    ) as KeyArns;
    const operationsKeyArn = keyArns.operations;

    const access = new JobsAccess(platform);
    const jobsMay = new Map(
      platform.graph.order.map((job) => [job.id, jobStatements(environment, job, access, keyArns)]),
    );
    const networking = new Networking(this, 'network', {
      environment,
      operationsKeyArn,
      services: endpointServices([
        ...[...jobsMay.values()].flat(),
        // Which services, not which application: that one is made behind the network.
        ...airflowStatements({ platform, applicationArn: '', operationsKeyArn }),
        ...snapshotStatements(environment, keyArns),
      ]),
    });
    const secrets = new Secrets(this, 'secret', { platform, operationsKeyArn });
    const jobRoles = new JobRoles(this, 'job', { platform, access, statements: jobsMay });
    const compute = new Compute(this, 'emr', { environment, networking, operationsKeyArn });
    const execution = new AirflowRole(this, 'airflow_execution', {
      platform,
      applicationArn: compute.application.arn,
      operationsKeyArn,
    });
    const orchestration = new Orchestration(this, 'airflow', {
      environment,
      networking,
      execution,
      operationsKeyArn,
      files: airflowFiles,
    });
    const athena = new Athena(this, 'athena', { environment, queries, operationsKeyArn });

    this.publish('emr/application-id', compute.application.id);
    this.publish('emr/logs-key-arn', operationsKeyArn);
    networking.nats.forEach((nat, index) => this.publish(`network/nat-${index}-id`, nat.id));
    this.publish('airflow/name', orchestration.airflow.name);
    this.publish('athena/workgroup', athena.workgroup.name);
    for (const [id, role] of jobRoles.roles) this.publish(`jobs/${id}/role-arn`, role.arn);

    this.output('vpc_id', networking.vpc.id);
    this.output(
      'private_subnet_ids',
      networking.privateSubnets.map((subnet) => subnet.id),
    );
    this.output('emr_application_id', compute.application.id);
    this.output('emr_application_arn', compute.application.arn);
    this.output('job_log_group', names.jobLogGroup(environment));
    this.output('job_role_arns', Object.fromEntries([...jobRoles.roles].map(([id, role]) => [id, role.arn])));
    this.output('airflow_name', orchestration.airflow.name);
    this.output('airflow_url', orchestration.airflow.webserverUrl);
    this.output('airflow_role_arn', execution.role.arn);
    this.output('athena_workgroup', athena.workgroup.name);
    this.output(
      'secrets',
      [...secrets.places.values()].map((place) => place.name),
    );
  }
}
