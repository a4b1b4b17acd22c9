import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';

/** What stacks tell each other and the command line. */
export interface Parameters {
  /** The value of a parameter, or undefined where there is none. */
  get(name: string): Promise<string | undefined>;
}

export function ssmParameters(clients: AwsClients): Parameters {
  return {
    get: async (name) => {
      try {
        return (await (await clients.ssm()).getParameter({ Name: name })).Parameter?.Value;
      } catch (error) {
        if (isAws(error, 'ParameterNotFound')) return undefined;
        throw error;
      }
    },
  };
}
