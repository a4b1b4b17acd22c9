import { Option } from 'commander';
import { table } from '../ui/table.js';
import { invoke } from './invocation.js';
import { answerOfTerraform } from './with-access.js';
import type { DefineVerb } from './verbs.js';

export const outputs: DefineVerb = (command) => {
  command
    .description(
      'Prints what the deployed stacks tell of themselves: bucket names, application id, role ARNs …',
    )
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json', 'env']))
    .addHelpText('after', '\nExamples:\n  dataplat outputs\n  eval "$(dataplat outputs --format env)"')
    .action((flags: { format?: 'table' | 'json' | 'env' }) =>
      invoke(command, async (invocation) => {
        const { ui } = invocation;
        const operation = await import('../operations/outputs.js');
        const found = await answerOfTerraform(invocation, operation.outputs);
        const shown = found.filter((output) => !output.sensitive);
        const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
        const values = Object.fromEntries(shown.map(({ name, value }) => [name, value]));
        if (flags.format === 'json') ui.raw(JSON.stringify(values, null, 2));
        else if (flags.format === 'env') {
          const quoted = (value: unknown): string => `'${text(value).replaceAll("'", `'\\''`)}'`;
          ui.raw(
            shown
              .map(({ name, value }) => `export DATAPLAT_${name.toUpperCase()}=${quoted(value)}`)
              .join('\n'),
          );
        } else {
          ui.document(values, () =>
            table(
              ui.chalk,
              [
                { title: 'stack', value: (output) => output.stack },
                { title: 'name', value: (output) => output.name },
                { title: 'value', value: (output) => text(output.value) },
              ],
              shown,
            ),
          );
        }
      }),
    );
};
