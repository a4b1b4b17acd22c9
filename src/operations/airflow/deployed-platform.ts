import { projectFiles } from '../../project/project-files.js';
import type { AccountAccess } from '../account-access.js';
import { airflowPlatform, type AirflowNode, type AirflowPlatform } from '../airflow-platform.js';
import { logKeyArn, readEmrConfiguration } from '../spark-run.js';
import { broughtBy, requireApplication } from '../submit.js';

/** What DAGs are made from, for a release of an environment that is deployed. @throws DataplatError DP4004 */
export async function deployedPlatform(
  { platform, projectDirectory, aws }: Pick<AccountAccess, 'platform' | 'projectDirectory' | 'aws'>,
  release: string,
  node?: AirflowNode,
): Promise<AirflowPlatform> {
  const { environment } = platform;
  const [application, keyArn, configuration, brought] = await Promise.all([
    requireApplication(environment, aws.runs),
    logKeyArn(environment, aws.parameters),
    readEmrConfiguration(projectFiles(projectDirectory)),
    broughtBy(environment, aws.objects, release),
  ]);
  const applicationId = application.id;
  const deployed = { release, ...brought, applicationId, logKeyArn: keyArn, configuration, node };
  return airflowPlatform(platform, deployed);
}
