import {
  Construct,
  IamPolicy,
  IamRole,
  IamRolePolicy,
  IamRolePolicyAttachment,
  type ITerraformDependable,
} from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { names } from '../src/model/names.js';
import { lengthOf, packed } from './policy-size.js';
import { policy, trust, type Statement } from './policy.js';

export interface ServiceRoleProps {
  readonly environment: Environment;
  readonly name: string;
  readonly description: string;
  /** Who takes the role on, where that is no service: its trust policy. */
  readonly assumeRolePolicy?: string;
  readonly services?: readonly string[];
  /** For what of ours the services may take the role on: patterns of ARNs. */
  readonly sourceArns?: readonly string[];
  readonly statements: readonly Statement[];
  /** By which other policies know what it is for. Default: none. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Where the boundary is made in the same stack: its ARN as that resource gives it. */
  readonly boundaryArn?: string;
}

/**
 * A role that services take on: for our things alone, inside the boundary, with what it may do. A policy that is too
 * long for the role itself stands in as many managed policies as it takes.
 */
export class ServiceRole extends Construct {
  readonly role: IamRole;
  /** What must be there before the role is of use. */
  readonly policies: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ServiceRoleProps) {
    super(scope, id);
    const { environment, name, statements, services = [], sourceArns = [] } = props;
    this.role = new IamRole(this, 'role', {
      name,
      description: props.description,
      assumeRolePolicy: props.assumeRolePolicy ?? trust(services, environment, sourceArns),
      permissionsBoundary: props.boundaryArn ?? boundaryArn(environment),
      ...(props.tags && { tags: { ...props.tags } }),
    });
    this.policies =
      lengthOf(statements) <= 10_000
        ? [
            new IamRolePolicy(this, 'policy', {
              name: 'permissions',
              role: this.role.name,
              policy: policy(statements),
            }),
          ]
        : packed(statements, 6000).map((part, index) => this.attached(part, index + 1, name));
  }

  private attached(
    statements: readonly Statement[],
    number: number,
    roleName: string,
  ): IamRolePolicyAttachment {
    const part = new IamPolicy(this, `policy_${number}`, {
      name: `${roleName}-${number}`,
      policy: policy(statements),
    });
    return new IamRolePolicyAttachment(this, `attached_${number}`, {
      role: this.role.name,
      policyArn: part.arn,
    });
  }
}

/** The boundary that the account prescribes, else the environment's own. */
export function boundaryArn(environment: Environment): string {
  return environment.access.permissionsBoundary ?? names.boundaryArn(environment);
}
