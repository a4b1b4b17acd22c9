import { InvalidArgumentError, Option, type Command } from 'commander';
import { DataplatError } from '../model/errors.js';
import type { Layer } from '../model/layers.js';
import type { AnswerFormat } from '../ui/query-result.js';
import { exitCodeOf } from '../ui/show-error.js';
import { bytes, count, duration } from '../ui/text.js';
import { invoke } from './invocation.js';
import { wholeNumber } from './numbers.js';
import { answerOf } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly execute?: string;
  readonly database?: string;
  readonly limit: number;
  readonly param?: Readonly<Record<string, string>>;
  readonly format?: AnswerFormat;
}

export const query: DefineVerb = (command) => {
  takeSqlFromEnv(command);
  command
    .description(
      'Asks Athena: a query of the project (queries/<name>.sql), a file, or SQL. Ctrl-C stops the query.',
    )
    .argument('[query]', 'name of a query, or a file')
    .option(
      '-x, --execute <sql>',
      'the SQL itself; -e takes it too, for no name of an environment has a blank in it',
    )
    .option(
      '--database <name>',
      "of tables without one (default: the layer's that the query names, else bronze)",
    )
    .option('--limit <rows>', 'fetch at most so many rows; 0 for all', wholeNumber(0), 1000)
    .option(
      '--param <key=value>',
      'value of {{key}} in the query, or of {{key:text}}, which keeps digits a text; may be repeated',
      parameter,
    )
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'csv', 'json']))
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat query crm_accounts_by_country\n  dataplat query crm_contacts_without_account --param date=2026-01-05 --format csv\n  dataplat query --execute "SELECT count(*) FROM crm_accounts"',
    )
    .action((named: string | undefined, flags: Flags) =>
      invoke(command, async (invocation) => {
        const { ui, signal } = invocation;
        const { environment } = await invocation.platform();
        const asked = await questionOf(await invocation.projectDirectory(), named, flags.execute);
        const { names } = await import('../model/names.js');
        const { bindParameters } = await import('../operations/sql-parameters.js');
        const sql = bindParameters(asked.sql, flags.param ?? {});
        const format = flags.format ?? (ui.json ? 'json' : 'table');
        const { answerWriter } = await import('../ui/query-result.js');
        const writer = answerWriter(format, { chalk: ui.chalk, onTerminal: process.stdout.isTTY });
        try {
          const end = await answerOf(invocation, async function* ({ aws }) {
            const operation = await import('../operations/query.js');
            yield* operation.query(environment, aws, {
              ...{ sql, title: asked.title, limit: flags.limit, signal },
              database: flags.database ?? names.database(environment, asked.layer),
              take: (columns, rows) => ui.piece(writer.page(columns, rows)),
            });
          });
          ui.piece(writer.end(end));
          const more = end.truncated ? ` (there are more: --limit)` : '';
          ui.say(
            `      ${count(end.rowCount, 'row')}${more} in ${duration(end.seconds)}, ${bytes(end.scannedBytes)} scanned`,
          );
        } catch (error) {
          const ending = writer.brokenOff(error);
          ui.piece(ending ?? '');
          // With --json there is one document, and the error is in it.
          if (ending === undefined || !ui.json) throw error;
          return exitCodeOf(error);
        }
        return 0;
      }),
    );
};

/**
 * `-e` is --env everywhere, and what users of other SQL programs type for the query itself: no name of an environment
 * has a blank in it, so the value tells which is meant, and both may be given.
 */
function takeSqlFromEnv(command: Command): void {
  const named = new Map<Command, string>();
  const owners = [command, ...(command.parent ? [command.parent] : [])];
  for (const owner of owners) {
    for (const event of ['option:env', 'option:target']) {
      owner.on(event, (value: string) => {
        if (/\s/.test(value)) command.setOptionValue('execute', value);
        else named.set(owner, value);
      });
    }
  }
  command.hook('preAction', () => {
    for (const owner of owners) {
      const { env } = owner.opts<{ env?: string }>();
      if (env === undefined || !/\s/.test(env)) continue;
      owner.setOptionValue('env', named.get(owner));
    }
  });
}

/** @throws DataplatError DP1001, DP7002 */
async function questionOf(
  projectDirectory: string,
  named: string | undefined,
  sql: string | undefined,
): Promise<{ sql: string; layer: Layer; title: string }> {
  const { findQuery } = await import('../project/find-query.js');
  if (sql !== undefined && named === undefined) return { sql, layer: 'bronze', title: 'query' };
  if (named !== undefined && sql === undefined) return findQuery(projectDirectory, named);
  throw new DataplatError('DP1001', 'name a query or a file, or give SQL with --execute: one of them', {
    next: ['dataplat query --help'],
  });
}

function parameter(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const parts = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text);
  if (parts?.[1] === undefined || parts[2] === undefined)
    throw new InvalidArgumentError('expected key=value.');
  return { ...before, [parts[1]]: parts[2] };
}
