import type { Command } from 'commander';
import { deployedText } from '../ui/deployed.js';
import { table } from '../ui/table.js';
import { bytes } from '../ui/text.js';
import { consentToLoss } from './consent.js';
import { invoke, type Invocation } from './invocation.js';
import { localEndpointRequest } from './local-endpoint-request.js';

interface PlaceFlags {
  readonly checkpointsDir?: string;
}

/** The verbs of `local` that are about checkpoints. */
export function checkpointCommands(local: Command): void {
  save(
    withPlace(local.command('save'))
      .description('save all that it holds as a checkpoint; where it runs it is stopped for that')
      .argument('<name>', 'name of the checkpoint')
      .option('--force', 'save over the one that has this name'),
  );
  load(
    withPlace(local.command('load'))
      .description('replace all that it holds by a checkpoint, and start it; at any port')
      .argument('<name>', 'name of the checkpoint')
      .option('-y, --yes', 'do not ask, where it holds something that goes'),
  );
  list(withPlace(local.command('list')).description('checkpoints: when, how large, what is deployed'));
  remove(
    withPlace(local.command('remove'))
      .description('remove a checkpoint')
      .argument('<name>', 'name of the checkpoint'),
  );
}

function withPlace(command: Command): Command {
  return command.option(
    '--checkpoints-dir <directory>',
    'where checkpoints are kept (default: $DATAPLAT_CHECKPOINTS_DIR, else .dataplat/checkpoints of the project)',
  );
}

function save(command: Command): void {
  command
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat local save deployed\n  dataplat local save deployed --force',
    )
    .action((name: string, flags: PlaceFlags & { readonly force?: boolean }) =>
      invoke(command, async (invocation) => {
        const { saveCheckpoint } = await import('../operations/checkpoints.js');
        const { ui } = invocation;
        const saved = await ui.follow(
          saveCheckpoint({
            ...(await requestOf(invocation, flags)),
            name,
            ...(flags.force && { force: true }),
          }),
        );
        ui.result({ ...saved }, () =>
          [
            `Checkpoint ${name}: ${bytes(saved.bytes)}; deployed: ${deployedText(saved.deployed)}`,
            `dataplat local load ${name} brings it back.`,
          ].join('\n'),
        );
      }),
    );
}

function load(command: Command): void {
  command
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat local load deployed\n  DATAPLAT_LOCAL_PORT=5000 dataplat local load deployed --checkpoints-dir /srv/checkpoints',
    )
    .action((name: string, flags: PlaceFlags & { readonly yes?: boolean }) =>
      invoke(command, async (invocation) => {
        const { loadCheckpoint } = await import('../operations/checkpoints.js');
        const { ui } = invocation;
        const loaded = await ui.follow(
          loadCheckpoint({
            ...(await requestOf(invocation, flags)),
            name,
            consent: consentToLoss(
              ui,
              'What the local endpoint holds goes:',
              'Replace it?',
              flags.yes === true,
            ),
          }),
        );
        ui.result({ ...loaded }, () =>
          [
            `The local endpoint runs, with checkpoint ${name}: ${loaded.endpoint} (instance ${loaded.instanceId})`,
            `deployed: ${deployedText(loaded.deployed)}`,
          ].join('\n'),
        );
      }),
    );
}

function list(command: Command): void {
  command.action((flags: PlaceFlags) =>
    invoke(command, async (invocation) => {
      const { listCheckpoints } = await import('../operations/checkpoints.js');
      const { ui } = invocation;
      const store = await storeOf(invocation, flags);
      const checkpoints = await listCheckpoints(store, await invocation.platform());
      ui.document({ directory: store, checkpoints }, () =>
        checkpoints.length === 0
          ? `There is no checkpoint in ${store}.`
          : [
              table(
                ui.chalk,
                [
                  { title: 'checkpoint', value: (one) => one.name },
                  { title: 'saved', value: (one) => `${one.savedAt?.slice(0, 19).replace('T', ' ') ?? ''}Z` },
                  {
                    title: 'size',
                    value: (one) => (one.bytes === undefined ? '' : bytes(one.bytes)),
                    align: 'right',
                  },
                  { title: 'environment', value: (one) => one.environment ?? '' },
                  { title: 'deployed', value: (one) => (one.deployed ? deployedText(one.deployed) : '') },
                ],
                checkpoints,
              ),
              ...checkpoints.flatMap(({ name, problem }) =>
                problem === undefined ? [] : [`${name} cannot be loaded: ${problem}`],
              ),
            ].join('\n'),
      );
    }),
  );
}

function remove(command: Command): void {
  command.action((name: string, flags: PlaceFlags) =>
    invoke(command, async (invocation) => {
      const { removeCheckpoint } = await import('../operations/checkpoints.js');
      await removeCheckpoint(await storeOf(invocation, flags), name);
      invocation.ui.document({ removed: name }, () => `Checkpoint ${name} is removed.`);
    }),
  );
}

async function storeOf(invocation: Invocation, flags: PlaceFlags): Promise<string> {
  const { checkpointsDirectory } = await import('../operations/checkpoints/store.js');
  return checkpointsDirectory(await invocation.projectDirectory(), flags.checkpointsDir);
}

async function requestOf(invocation: Invocation, flags: PlaceFlags) {
  return {
    platform: await invocation.platform(),
    endpoint: await localEndpointRequest(invocation),
    store: await storeOf(invocation, flags),
  };
}
