import { createRequire } from 'node:module';
import type { Ajv2020, Options, ValidateFunction } from 'ajv/dist/2020.js';
import type addFormats from 'ajv-formats';
import { contractSchema } from './contract-schema.js';

export interface ContractValidators {
  /** Whether it is a contract as we want it. */
  readonly contract: ValidateFunction;
  /** Whether it is a JSON Schema. */
  readonly jsonSchema: ValidateFunction;
}

/** The schemas of the validators, by the names of these. */
export const schemaIds: Readonly<Record<keyof ContractValidators, string>> = {
  contract: contractSchema.$id,
  jsonSchema: contractSchema.$schema,
};

/** What built validators are made of: others are out of date. */
export const sourceOfValidators = JSON.stringify(contractSchema);

const load = createRequire(import.meta.url);
let validators: ContractValidators | undefined;

/** As the build made them, else compiled now: that costs more than all else a command does with the declaration. */
export function contractValidators(): ContractValidators {
  return (validators ??= builtValidators() ?? compiledValidators());
}

export function builtValidators(): ContractValidators | undefined {
  try {
    const built = load('./contract-validators.built.cjs') as ContractValidators & { madeOf: string };
    return built.madeOf === sourceOfValidators ? built : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

export function compiledValidators(): ContractValidators {
  const ajv = compiler();
  const compiled = (id: string): ValidateFunction => ajv.getSchema(id) as ValidateFunction;
  return { contract: compiled(schemaIds.contract), jsonSchema: compiled(schemaIds.jsonSchema) };
}

/** Ajv with the schemas in it, loaded only where it is needed. */
export function compiler(code: Options['code'] = {}): Ajv2020 {
  const { Ajv2020: Ajv } = load('ajv/dist/2020.js') as { Ajv2020: typeof Ajv2020 };
  const formats = load('ajv-formats') as typeof addFormats;
  // Each schema is used a few times only: optimising the code made of it costs more than it saves.
  const options = { allErrors: true, strict: false, verbose: true, code: { optimize: false, ...code } };
  const ajv = new Ajv(options);
  formats.default(ajv);
  ajv.addSchema(contractSchema);
  return ajv;
}
