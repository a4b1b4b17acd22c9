import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { packageDirectory } from '../../src/project/project-directory.js';

/**
 * Keeps what is synthesized beside the sources, so that a change of a construct is read as a change of infrastructure.
 * UPDATE_GOLDEN=1 writes it anew.
 */
const folder = join(packageDirectory, 'test', 'stacks', 'golden');

/** A stack's JSON for people: policies spelled out, keys in order, nothing that only CDKTF reads. */
export function readable(text: string): string {
  return stringify(unfolded(JSON.parse(text)), {
    sortMapEntries: true,
    aliasDuplicateObjects: false,
    lineWidth: 0,
  });
}

function unfolded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unfolded);
  if (typeof value === 'string') {
    // A policy or a dashboard; the word tells it from a map that is written as one.
    const document = /^[{[]/.test(value) ? parsed(value) : undefined;
    return document === undefined ? value : { 'JSON of': unfolded(document) };
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === '//' ? [] : [[key, unfolded(inner)]])),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The lines by which a text differs from another one, each group under the line of the first text that it stands at. */
export function unlike(text: string, other: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-golden-'));
  try {
    const file = join(directory, 'text');
    writeFileSync(file, text);
    const { stdout } = spawnSync('diff', ['-U', '0', '--show-function-line=^  [a-z_0-9]*:$', file, '-'], {
      input: other,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    // Line numbers move with every change; names of what a line belongs to do not.
    return stdout
      .split('\n')
      .slice(2)
      .join('\n')
      .replaceAll(/^@@ .* @@ ?/gm, '@@ ');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** @throws Error that shows the difference to the golden text of a name */
export function compareWithGolden(name: string, actual: string, within = folder): void {
  const golden = join(within, name);
  if (process.env['UPDATE_GOLDEN']) {
    mkdirSync(dirname(golden), { recursive: true });
    writeFileSync(golden, actual);
  }
  if (existsSync(golden) && readFileSync(golden, 'utf8') === actual) return;
  const { stdout } = spawnSync(
    'diff',
    ['-u', '-N', '--label', `golden/${name}`, golden, '--label', 'now', '-'],
    {
      input: actual,
      encoding: 'utf8',
    },
  );
  const lines = stdout.trimEnd().split('\n');
  const most = 150;
  throw new Error(
    [
      `${name} is synthesized differently. Where that is meant: UPDATE_GOLDEN=1 node bin/test.js --only ts -g reviewed`,
      ...lines.slice(0, most),
      ...(lines.length > most ? [`… and ${lines.length - most} lines more`] : []),
    ].join('\n'),
  );
}

/** The names of all golden texts. */
export function goldenNames(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(yaml|diff)$/.test(name),
  );
}
