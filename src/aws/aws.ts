import type { Environment } from '../model/environment.js';
import { mwaaAirflow, type Airflow } from './airflow.js';
import { glueCatalog, type Catalog } from './catalog.js';
import { awsClients, type AwsClients } from './clients.js';
import { cloudWatchMetrics, type CloudMetrics } from './cloud-metrics.js';
import { emrJobRuns, type JobRuns } from './job-runs.js';
import { lakeFormationTags, type LakeTags } from './lake-tags.js';
import { s3Copies, type Copies } from './object-copies.js';
import { s3Objects, type Objects } from './objects.js';
import { ssmParameters, type Parameters } from './parameters.js';
import { athenaQueries, type Queries } from './queries.js';
import { secretValues, type SecretValues } from './secret-values.js';
import { awsSettings } from './settings.js';
import { glueTableDefinitions, type TableDefinitions } from './table-definitions.js';
import { snsTopics, type Topics } from './topics.js';

/** An environment's AWS, as operations are handed it: a gateway a service, each loading its SDK client at first use. */
export interface Aws {
  readonly clients: AwsClients;
  readonly objects: Objects;
  readonly copies: Copies;
  readonly runs: JobRuns;
  readonly catalog: Catalog;
  readonly definitions: TableDefinitions;
  readonly tags: LakeTags;
  readonly parameters: Parameters;
  readonly queries: Queries;
  readonly metrics: CloudMetrics;
  readonly topics: Topics;
  readonly secrets: SecretValues;
  readonly airflow: Airflow;
}

/** Opens nothing yet: no client is loaded and no call is made before a gateway is used. */
export function openAws(environment: Environment, profile?: string): Aws {
  return awsOf(awsClients(awsSettings(environment, profile)));
}

/** The gateways of clients that are there. */
export function awsOf(clients: AwsClients): Aws {
  return {
    clients,
    objects: s3Objects(clients),
    copies: s3Copies(clients),
    runs: emrJobRuns(clients),
    catalog: glueCatalog(clients),
    definitions: glueTableDefinitions(clients),
    tags: lakeFormationTags(clients),
    parameters: ssmParameters(clients),
    queries: athenaQueries(clients),
    metrics: cloudWatchMetrics(clients),
    topics: snsTopics(clients),
    secrets: secretValues(clients),
    airflow: mwaaAirflow(clients),
  };
}
