import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { said, type Said } from '../said.js';
import { restoreVariables } from '../variables.js';
import { smallPlatform } from '../small-platform.js';

/** The verbs that are tried, what can stand behind each, and whether something in it must be wrong: it would start something. */
const tried: Readonly<Record<string, { readonly words: readonly string[]; readonly wrong?: true }>> = {
  validate: { words: ['--against', 'HEAD'] },
  synth: { words: ['dev', 'prod'] },
  contract: {
    words: [
      ...[
        'infer',
        'export',
        'samples/till/shops/2026-01-05/shops.csv',
        'samples/queue/orders/2026-01-05/orders.jsonl',
      ],
      ...[
        '--name',
        '--system',
        '--path',
        '--owner',
        '--key',
        'shop_id',
        '--delimiter',
        '--header',
        '--no-header',
      ],
      ...['--columns', '--timezone', 'Europe/Berlin', '--dry-run', '--force', '--out', 'made'],
    ],
  },
  lineage: {
    words: [
      'show',
      'shops',
      'members_silver',
      'shops_bronze',
      '--format',
      'tree',
      'mermaid',
      'html',
      '--out',
    ],
  },
  completion: { words: ['bash', 'zsh', 'fish', 'candidates'] },
  help: { words: ['help', 'validate'] },
  init: { words: ['new', 'other', '--name', '--account', '111122223333', '--force'] },
  query: {
    words: ['shops_by_country', '-e', 'SELECT 1', '--limit', '--format', 'csv', '--timeout'],
    wrong: true,
  },
  submit: {
    words: [
      ...[
        'ingest',
        'shops',
        '--date',
        '2026-01-05',
        '--arg',
        'a=b',
        '--no-wait',
        '--follow',
        '--timeout',
        '--retries',
      ],
      ...['--application-id', '--role-arn', '--entry-point'],
    ],
    wrong: true,
  },
  backfill: {
    words: [
      ...['silver', 'shops', '--date', '2026-01-05', '--from', '--to', '--downstream', '--max-active-runs'],
      ...['--reprocess', 'none', '--run-backwards', '--dry-run', '--resume', '--retries'],
    ],
    wrong: true,
  },
};

const hostile: readonly string[] = [
  ...[
    '',
    ' ',
    '--',
    '-',
    '--=',
    '---',
    '-=',
    '=',
    '--no-',
    '-x',
    '-1',
    '0',
    '1e999',
    '0x10',
    '9'.repeat(30),
    'NaN',
    '1.5',
  ],
  ...['2026-02-31', '2026-13-01', '0000-00-00', '+275760-09-13', '2026-1-5', '99999999999d', '-7d', 'P1D'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '--__proto__',
    '--constructor',
    '--constructor=x',
    'hasOwnProperty',
  ],
  ...[
    '\ud83d',
    '🙂',
    'é',
    '\u202e',
    '\u001b[2J',
    '\n',
    'a\nb',
    '\t',
    '\u2028',
    'x'.repeat(5000),
    '$(id)',
    '`id`',
    '${x}',
  ],
  ...[
    '/',
    '.',
    '..',
    '/dev/null',
    '/nowhere/at/all',
    'no such file',
    'made/../made',
    'config',
    '~',
    'C:\\',
    '*',
  ],
  ...[
    '{',
    '[]',
    '"',
    "'",
    '\\',
    '%s',
    '%d',
    '--env=',
    '--output=yaml',
    '-o',
    '-oj',
    '--json=1',
    '--quiet=no',
    '-qq',
  ],
];
const everywhere = [
  ...[
    '--env',
    'local',
    'dev',
    'nowhere',
    '-C',
    '.',
    '--json',
    '-q',
    '--output',
    'text',
    '--no-color',
    '--region',
  ],
  ...['--profile', '-t', '--help', '-h', '-V'],
];

const commandLines: fc.Arbitrary<readonly string[]> = fc
  .constantFrom(...Object.entries(tried))
  .chain(([verb, { words, wrong }]) =>
    fc
      .record({
        before: fc.array(fc.oneof(fc.constantFrom(...everywhere), fc.constantFrom(...hostile)), {
          maxLength: 1,
        }),
        verb: fc.oneof(
          { weight: 20, arbitrary: fc.constant(verb) },
          { weight: 1, arbitrary: fc.constantFrom('validat', 'Validate', ...hostile) },
        ),
        behind: fc.array(
          fc.oneof(
            { weight: 5, arbitrary: fc.constantFrom(...words) },
            { weight: 2, arbitrary: fc.constantFrom(...hostile) },
            { weight: 1, arbitrary: fc.constantFrom(...everywhere) },
            {
              weight: 1,
              arbitrary: fc
                .tuple(fc.constantFrom(...words), fc.constantFrom(...hostile))
                .map(([flag, value]) => `${flag}=${value}`),
            },
            { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }).map(withoutNul) },
          ),
          { maxLength: 7 },
        ),
      })
      .map((line) =>
        wrong ? [line.verb, '--no-such-flag', ...line.behind] : [...line.before, line.verb, ...line.behind],
      ),
  );

/** A process cannot be given one. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}

/** A small platform of one's own in `directory`, deep enough that what goes up stays in it. */
function projectIn(directory: string): string {
  const project = join(directory, 'a', 'b', 'project');
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  cpSync(smallPlatform, project, { recursive: true });
  // To read them takes a process of Python's.
  rmSync(join(project, 'queries'), { recursive: true });
  return project;
}

/** The property: every command line ends as docs/CLI.md says. No endpoint answers and nobody has credentials meanwhile. */
export async function linesEndAsDocumented(options: {
  readonly seed: number;
  readonly numRuns: number;
}): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-fuzz-'));
  const [cwd, variables] = [process.cwd(), { ...process.env }];
  for (const name of Object.keys(process.env)) if (/^(AWS|DATAPLAT)_/.test(name)) delete process.env[name];
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  let runs = 0;
  try {
    const property = fc.asyncProperty(commandLines, async (argv) => {
      if (runs++ % 100 === 0) process.chdir(projectIn(directory));
      expectDocumented(argv, await said(argv));
    });
    await fc.assert(property, options);
  } finally {
    process.chdir(cwd);
    restoreVariables(variables);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** That it ends as docs/CLI.md says: a code of its table, no stack trace nobody asked for, and no failure without a word. */
function expectDocumented(argv: readonly string[], { code, out, err }: Said): void {
  const what = `${JSON.stringify(argv)} ended with ${code}:\n${out.slice(0, 500)}\n${err.slice(0, 3000)}`;
  if (![0, 1, 2, 3, 4].includes(code)) expect.fail(`no such code: ${what}`);
  if (code !== 0 && (out + err).trim() === '') expect.fail(`no word: ${what}`);
  if (/this should not have happened|DP0000|MaxListeners/.test(out + err)) expect.fail(`a bug: ${what}`);
  if (code !== 0 && argv.includes('--json') && !isJson(out)) expect.fail(`no document: ${what}`);
  if (/^ {4}at /m.test(err) && !argv.some((word) => /^-\w*v|^--verb/.test(word)))
    expect.fail(`a trace: ${what}`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
