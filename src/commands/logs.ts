import type { LogsOptions } from '../operations/logs.js';
import { invoke } from './invocation.js';
import { wholeNumber } from './numbers.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly follow?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly tail?: number;
}

export const logs: DefineVerb = (command) => {
  command
    .description("Prints the output of a run's driver: stdout and stderr, or one of them.")
    .argument('<run>', 'id of the run, or a beginning or end of it that no other run has')
    .option('-f, --follow', 'go on until the run ends')
    .option('--stdout', 'only stdout')
    .option('--stderr', 'only stderr')
    .option('--tail <lines>', 'only the last so many lines', wholeNumber(0))
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat logs 00g1k2 --stderr --tail 50\n  dataplat logs 00g1k2 --follow',
    )
    .action((run: string, flags: Flags) =>
      invoke(command, async (invocation) => {
        const { ui, signal } = invocation;
        const { environment } = await invocation.platform();
        const streams = (['stdout', 'stderr'] as const).filter((stream) => flags[stream] === true);
        const options: LogsOptions = {
          run,
          signal,
          ...(streams.length > 0 && { streams }),
          ...(flags.follow !== undefined && { follow: flags.follow }),
          ...(flags.tail !== undefined && { tail: flags.tail }),
        };
        const operation = await onAccount(invocation, async function* ({ aws }) {
          const { readLogs } = await import('../operations/logs.js');
          yield* readLogs(environment, aws, options);
        });
        let shown: unknown;
        const result = await ui.follow(
          (async function* () {
            for await (const event of operation) {
              if (event.type !== 'message' || typeof event.data?.['stream'] !== 'string' || ui.json)
                yield event;
              else {
                const stream = event.data['stream'];
                // Which of the two comes is for people; the lines alone are for a pipe.
                if (streams.length !== 1 && stream !== shown) ui.say(`==> ${stream} <==`);
                shown = stream;
                ui.line(event.text);
              }
            }
          })(),
        );
        ui.result({ ...result }, () => '');
        ui.say(`      ${result.state}, ${result.logs}`);
      }),
    );
};
