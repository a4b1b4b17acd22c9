import { Option, type Command } from 'commander';

/** The flags that every verb takes, before it or behind it. */
export interface GlobalOptions {
  readonly env?: string;
  readonly projectDir?: string;
  readonly output?: 'text' | 'json';
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** `--no-color` makes it false. */
  readonly color?: boolean;
  readonly profile?: string;
  readonly region?: string;
}

export const globalOptionsWithValue = [
  '-e',
  '--env',
  '-t',
  '--target',
  '-C',
  '--project-dir',
  '-o',
  '--output',
  '--profile',
  '--region',
];

export function addGlobalOptions(command: Command): void {
  const group = 'Everywhere:';
  for (const option of [
    new Option('-e, --env <name>', 'environment (default: $DATAPLAT_ENV, else local)'),
    new Option('-t, --target <name>', 'the same as --env').hideHelp(),
    new Option(
      '-C, --project-dir <directory>',
      'the project (default: the nearest parent with a cdktf.json)',
    ),
    new Option('-o, --output <format>', 'how the result is printed').choices(['text', 'json']),
    new Option('--json', 'the same as --output json'),
    new Option('-q, --quiet', 'no progress'),
    new Option('-v, --verbose', 'more detail, and the stack trace of a failure'),
    new Option('--no-color', 'no colour').default(undefined),
    new Option('--profile <name>', 'AWS profile'),
    new Option('--region <name>', "AWS region (default: the environment's)"),
  ]) {
    command.addOption(option.helpGroup(group));
  }
  command.on('option:target', (value: string) => {
    command.setOptionValueWithSource('env', value, 'cli');
  });
}
