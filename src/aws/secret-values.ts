import type { AwsClients } from './clients.js';
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
