#!/usr/bin/env node
// Runs the linters side by side; what each says is shown in one piece, once it has ended.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const codes = await Promise.all(
  ['ts', 'format', 'py'].map(
    (part) =>
      new Promise((resolve, reject) => {
        const stdio = ['ignore', 'pipe', 'pipe'];
        const child = spawn('npm', ['run', '--silent', `lint:${part}`], { cwd: root, stdio });
        let said = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
        child.on('error', reject);
        child.on('close', (code) => {
          process.stdout.write(said);
          resolve(code ?? 1);
        });
      }),
  ),
);
process.exitCode = codes.some((code) => code !== 0) ? 1 : 0;
