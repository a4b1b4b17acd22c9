import { InvalidArgumentError, Option, type Command } from 'commander';
import { DataplatError } from '../model/errors.js';
import type { ShownLineage } from '../operations/lineage/show-lineage.js';
import { lineageMermaid, lineageTree, observedText } from '../ui/lineage.js';
import { invoke, type Invocation } from './invocation.js';
import { pointInTime } from './numbers.js';
import { answerOf, onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface ShowFlags {
  readonly format: 'tree' | 'mermaid' | 'html';
  readonly observed?: boolean;
  readonly out?: string;
}

interface EmitFlags {
  readonly url?: string;
  readonly file?: string;
  readonly since: Date;
}

export const lineage: DefineVerb = (command) => {
  command.description("The data's way: what is made of what.");
  defineShow(command.command('show'));
  defineEmit(command.command('emit'));
};

function defineShow(show: Command): void {
  show
    .description(
      'Draws the graph of sources, jobs and datasets as it is declared, or the part that leads to a name and from it. --observed adds where each column comes from, as the newest runs have shown it, and where that disagrees with config/shared/lineage.yaml.',
    )
    .argument('[job|dataset|source]', 'default: everything')
    .addOption(
      new Option('--format <format>', 'how it is drawn').choices(['tree', 'mermaid', 'html']).default('tree'),
    )
    .option('--observed', 'ask the runs too; only this needs the environment')
    .option('--out <file>', 'write it there')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat lineage show crm_accounts_bronze\n  dataplat lineage show --format mermaid\n  dataplat lineage show --observed --format html --out lineage.html --env prod',
    )
    .action((name: string | undefined, flags: ShowFlags) =>
      invoke(show, async (invocation) => {
        const { ui } = invocation;
        const shown = await lookedUp(invocation, name, flags.observed === true);
        const text = await drawn(invocation, shown, flags);
        if (flags.out === undefined) ui.document(shown, () => text.trimEnd());
        else {
          await (await import('node:fs/promises')).writeFile(flags.out, `${text.trimEnd()}\n`);
          ui.say(`      wrote ${flags.out}`);
        }
      }),
    );
}

async function lookedUp(
  invocation: Invocation,
  name: string | undefined,
  observed: boolean,
): Promise<ShownLineage> {
  const platform = await invocation.platform();
  const { declaredLineage, showLineage } = await import('../operations/lineage/show-lineage.js');
  const graph = declaredLineage(platform, name);
  if (!observed) return { graph, observed: [] };
  return answerOf(invocation, ({ aws }) => showLineage(platform, aws, name));
}

async function drawn(
  { ui, platform }: Invocation,
  { graph, observed }: ShownLineage,
  flags: ShowFlags,
): Promise<string> {
  switch (flags.format) {
    case 'mermaid':
      return lineageMermaid(graph);
    case 'html': {
      const { lineagePage } = await import('../ui/lineage-page.js');
      return lineagePage(`Lineage of ${(await platform()).environment.prefix}`, graph, observed);
    }
    case 'tree': {
      const tree = lineageTree(ui.chalk, graph);
      return flags.observed === true ? `${tree}\n\n${observedText(ui.chalk, observed)}` : tree;
    }
  }
}

function defineEmit(emit: Command): void {
  emit
    .description(
      'Sends the OpenLineage events that runs have kept in the logs bucket, once more or for the first time: to a receiver over HTTP, or into a file, an event a line. Runs that ended without telling, as those that were killed, get their end from EMR.',
    )
    .argument('[job]', 'default: every job')
    .option('--url <url>', "the receiver (default: the environment's)", receiverAddress)
    .option('--file <file>', 'a file instead')
    .option('--since <when>', 'a date, or how long ago, such as 12h or 7d', pointInTime, pointInTime('7d'))
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat lineage emit --file lineage.jsonl\n  dataplat lineage emit --url https://marquez.example.com/api/v1/lineage --since 2d --env prod',
    )
    .action((name: string | undefined, flags: EmitFlags) =>
      invoke(emit, async (invocation) => {
        const { ui } = invocation;
        const platform = await invocation.platform();
        const to = receiver(flags, platform.environment.lineage.url);
        const { findJob } = await import('../model/find.js');
        const result = await ui.follow(
          await onAccount(invocation, async function* ({ aws }) {
            const { emitLineage } = await import('../operations/lineage/emit-lineage.js');
            yield* emitLineage(platform, aws, {
              to,
              since: flags.since,
              ...(name !== undefined && { job: findJob(platform, name) }),
            });
          }),
        );
        ui.result(
          { ...result },
          () => `${result.events} events of ${result.runs} runs; of ${result.completed} EMR told the end`,
        );
      }),
    );
}

function receiver(
  { url, file }: EmitFlags,
  declared: string | undefined,
): { readonly url: string } | { readonly file: string } {
  if (file !== undefined && url === undefined) return { file };
  const named = url ?? declared;
  if (named !== undefined && file === undefined) return { url: named };
  throw new DataplatError(
    'DP1001',
    file === undefined
      ? 'nobody is named who receives the events'
      : '--url and --file: the events go to one of them',
    { next: ['dataplat lineage emit --file lineage.jsonl', 'dataplat lineage emit --url <url>'] },
  );
}

function receiverAddress(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('expected an address that begins with https:// or http://.');
  return text;
}
