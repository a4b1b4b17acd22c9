import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';
import { pages } from './pages.js';

/** What operations need of Secrets Manager. */
export interface SecretValues {
  /** A secret's text. */
  get(name: string): Promise<string>;
  /** The names that begin so, in their order; no value is looked at. */
  names(prefix: string): Promise<string[]>;
}

export function secretValues(clients: AwsClients): SecretValues {
  return {
    get: async (name) => {
      const found = await (await clients.secretsManager()).getSecretValue({ SecretId: name });
      return found.SecretString ?? '';
    },
    names: async (prefix) => {
      const secretsManager = await clients.secretsManager();
      const found: string[] = [];
      for await (const page of pages((NextToken) =>
        secretsManager.listSecrets({ Filters: [{ Key: 'name', Values: [prefix] }], NextToken }),
      )) {
        found.push(...(page.SecretList ?? []).map(({ Name }) => Name ?? ''));
      }
      return found.filter((name) => name.startsWith(prefix)).sort();
    },
  };
}

/** The ARN of a secret; nothing where there is none of that name, or one that is being deleted. */
export async function secretArn(clients: AwsClients, name: string): Promise<string | undefined> {
  try {
    const found = await (await clients.secretsManager()).describeSecret({ SecretId: name });
    return found.DeletedDate === undefined ? found.ARN : undefined;
  } catch (error) {
    if (isAws(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}
