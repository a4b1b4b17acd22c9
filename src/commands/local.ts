import type { Command } from 'commander';
import type { LocalStatus } from '../operations/local-endpoint.js';
import { invoke } from './invocation.js';
import { checkpointCommands } from './local-checkpoints.js';
import { localEndpointRequest } from './local-endpoint-request.js';
import type { DefineVerb } from './verbs.js';

export const local: DefineVerb = (command) => {
  command.description(
    'The endpoint on this machine that stands in for AWS. `--env local` starts it by itself; these say so by hand.',
  );
  up(command.command('up').description('start it; what it held before is there again'));
  down(command.command('down').description('stop it; what it holds stays for the next start'));
  status(
    command.command('status').description('whether it runs, what answers there, and what is only simulated'),
  );
  reset(command.command('reset').description('stop it and remove everything that it holds'));
  checkpointCommands(command);
};

function up(command: Command): void {
  command
    .addHelpText('after', '\nExamples:\n  dataplat local up\n  DATAPLAT_LOCAL_PORT=5000 dataplat local up')
    .action(() =>
      invoke(command, async (invocation) => {
        const { localUp } = await import('../operations/local-endpoint.js');
        const { ui } = invocation;
        const endpoint = await ui.follow(localUp(await localEndpointRequest(invocation)));
        const began = {
          running: 'runs already',
          resumed: 'runs, with what it held before',
          new: 'runs, new and empty',
        };
        ui.result({ ...endpoint }, () =>
          [
            ...(endpoint.note === undefined ? [] : [endpoint.note]),
            `The local endpoint ${began[endpoint.began]}: ${endpoint.endpoint} (instance ${endpoint.instanceId})`,
          ].join('\n'),
        );
      }),
    );
}

function down(command: Command): void {
  command.action(() =>
    invoke(command, async ({ ui, projectDirectory }) => {
      const { localDown } = await import('../operations/local-endpoint.js');
      const { stopped } = await ui.follow(localDown({ projectDirectory: await projectDirectory() }));
      ui.result({ stopped }, () =>
        stopped ? 'The local endpoint has stopped.' : 'The local endpoint was not running.',
      );
    }),
  );
}

function status(command: Command): void {
  command.action(() =>
    invoke(command, async ({ ui, projectDirectory }) => {
      const { localStatus } = await import('../operations/local-endpoint.js');
      const found = await localStatus({ projectDirectory: await projectDirectory() });
      ui.document(found, () => statusText(found));
      return found.running ? 0 : 1;
    }),
  );
}

function reset(command: Command): void {
  command.action(() =>
    invoke(command, async ({ ui, projectDirectory }) => {
      const { localReset } = await import('../operations/local-endpoint.js');
      const { removed } = await ui.follow(localReset({ projectDirectory: await projectDirectory() }));
      ui.result({ removed }, () =>
        removed ? 'Removed: the next start begins anew.' : 'There was nothing to remove.',
      );
    }),
  );
}

function statusText({ running, status: said, instanceId, note }: LocalStatus): string {
  if (!running || !said) {
    return [
      'The local endpoint does not run.',
      ...(note === undefined ? [] : [note]),
      ...(instanceId === undefined
        ? []
        : [`Instance ${instanceId} is there for the next start: dataplat local up`]),
    ].join('\n');
  }
  const lines = [
    `The local endpoint runs: ${said.endpoint} (process ${said.pid}, since ${said.startedAt})`,
    ...(said.instance
      ? [`Instance ${said.instance.id}, of ${said.instance.createdAt}, in ${said.instance.directory}`]
      : []),
    `Answered by us: ${said.services.ours.join(', ')}; by moto: ${said.services.moto.join(', ')}; the rest by ${said.services.ministack}`,
    'Only simulated:',
    ...Object.entries(said.simulated).map(([topic, what]) => `  ${topic}: ${what}`),
  ];
  return lines.join('\n');
}
