import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { builtValidators, compiledValidators, schemaIds } from '../../src/model/contract-validators.js';
import { smallPlatform } from '../small-platform.js';

type Contract = Record<string, unknown> & {
  properties: Record<string, Record<string, unknown>>;
  'x-dataplat': Record<string, unknown>;
};

describe('validators of contracts', () => {
  const sound = (): Contract =>
    JSON.parse(readFileSync(join(smallPlatform, 'config/schemas/shops_bronze.json'), 'utf8')) as Contract;
  const contracts: Record<string, () => unknown> = {
    'a sound one': sound,
    'one with an unknown key': () => ({ ...sound(), extra: 1 }),
    'one without its block': () => ({ ...sound(), 'x-dataplat': undefined }),
    'one with a layer that there is not': () => ({
      ...sound(),
      'x-dataplat': { ...sound()['x-dataplat'], layer: 'platinum' },
    }),
    'one with a column that is no JSON Schema': () => {
      const contract = sound();
      contract.properties['account_id'] = { type: 'text', description: 'x', minLength: -1 };
      return contract;
    },
    'a list': () => [],
  };

  for (const [title, make] of Object.entries(contracts)) {
    it(`that the build makes say of ${title} what Ajv says`, () => {
      const built = builtValidators();
      const compiled = compiledValidators();
      expect(built, 'npm run build makes it').not.to.equal(undefined);
      for (const name of Object.keys(schemaIds) as (keyof typeof schemaIds)[]) {
        const contract = make();
        const valid = compiled[name](contract);
        expect(built?.[name](contract), name).to.equal(valid);
        expect(built?.[name].errors ?? [], name).to.deep.equal(compiled[name].errors ?? []);
        if (title === 'a sound one') expect(valid).to.equal(true);
      }
    });
  }
});
