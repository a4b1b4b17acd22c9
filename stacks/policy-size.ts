import { policy, type Statement } from './policy.js';

/** The most that IAM takes, by what bears the policy, in characters. Source: AWS, "IAM and AWS STS quotas". */
export const sizeLimits = { inline: 10_240, managed: 6144, key: 32_768, bucket: 20_480 } as const;

/** About as long as the ARN of a KMS key, which is what a token mostly stands for. */
const tokenLength = 76;

/** How long a policy will be when Terraform has put in what it does not know yet. */
export function lengthOf(statements: readonly Statement[]): number {
  return policy(statements).replaceAll(/\$\{[^}]+\}/g, 'x'.repeat(tokenLength)).length;
}

/**
 * The same statements in several documents, each shorter than a limit. A statement that is too long by its resources is
 * split, which changes nothing: what one allows, two allow.
 */
export function packed(statements: readonly Statement[], limit: number): Statement[][] {
  const documents: Statement[][] = [];
  for (const statement of statements.flatMap((one) => split(one, limit / 2))) {
    const roomy = documents.find((document) => lengthOf([...document, statement]) <= limit);
    if (roomy) roomy.push(statement);
    else documents.push([statement]);
  }
  return documents;
}

function split(statement: Statement, limit: number): Statement[] {
  const { Resource } = statement;
  if (lengthOf([statement]) <= limit || Resource === undefined || typeof Resource === 'string') {
    return [statement];
  }
  const half = Math.ceil(Resource.length / 2);
  return [Resource.slice(0, half), Resource.slice(half)].flatMap((part, index) =>
    split({ ...statement, Sid: `${statement.Sid}${'AB'.charAt(index)}`, Resource: part }, limit),
  );
}
