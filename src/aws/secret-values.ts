import type { AwsClients } from './clients.js';

/** What operations need of Secrets Manager. */
export interface SecretValues {
  /** A secret's text. */
  get(name: string): Promise<string>;
}

export function secretValues(clients: AwsClients): SecretValues {
  return {
    get: async (name) => {
      const found = await (await clients.secretsManager()).getSecretValue({ SecretId: name });
      return found.SecretString ?? '';
    },
  };
}
