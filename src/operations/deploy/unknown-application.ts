import { DataplatError } from '../../model/errors.js';
import { names } from '../../model/names.js';
import type { EnvironmentAccess } from '../environment-access.js';
import type { StackPlan } from '../stacks/plan-stacks.js';

/**
 * EMR Serverless takes two applications of one name. Where one is there that Terraform's state does not know, it was made
 * by a change that was killed before it could write its state; a second one beside it would go unnoticed, and cost.
 * @throws DataplatError DP5010
 */
export async function refuseUnknownApplication(access: EnvironmentAccess, plan: StackPlan): Promise<void> {
  const added = plan.changes.find(
    ({ address, action }) => action === 'add' && address.startsWith('aws_emrserverless_application.'),
  );
  const name = names.application(access.platform.environment);
  const found = added && (await access.aws.runs.findApplication(name));
  if (!added || !found) return;
  const { stack } = plan;
  throw new DataplatError(
    'DP5010',
    `an EMR application ${name} (${found.id}) is there that Terraform's state does not know`,
    {
      left: `${stack.name} as it was`,
      next: [
        `aws emr-serverless delete-application --application-id ${found.id}`,
        `or let Terraform know it: TF_DATA_DIR=${stack.terraform.dataDirectory} terraform -chdir=${stack.terraform.directory} import ${added.address} ${found.id}`,
      ],
    },
  );
}
