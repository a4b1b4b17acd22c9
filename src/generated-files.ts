import { commandLineReference } from './commands/reference.js';
import { errorCodes } from './model/errors.js';
import { jsonSchemas } from './model/json-schemas.js';

/** Every committed file that is made from the program, by its path. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const schemas = Object.entries(jsonSchemas()).map(([name, schema]): [string, string] => [
    `config/editor/${name}`,
    `${JSON.stringify(schema, null, 2)}\n`,
  ]);
  return {
    ...Object.fromEntries(schemas),
    'docs/CLI.md': `${(await commandLineReference()).trimEnd()}\n`,
    'docs/ERRORS.md': errorReference(),
  };
}

function errorReference(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { title, exit }]) => `| ${code} | ${title} | ${exit} |`,
  );
  return [
    '# Error codes',
    '',
    'Made from the program by `npm run generate`. A code is stable: it stands in brackets behind a message, and in the field `code` with `--json`.',
    '1xxx usage and project, 2xxx declaration, 3xxx this machine and the local endpoint, 4xxx account and access, 5xxx Terraform, 6xxx job',
    'runs, 7xxx catalog and queries, 8xxx Airflow, 9xxx snapshots.',
    '',
    '| code | meaning | exit code |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
