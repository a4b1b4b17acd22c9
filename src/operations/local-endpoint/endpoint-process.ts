/** The endpoint's process as seen from outside: its record on disk, what it answers, whether it lives. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import type { EndpointRecord, EndpointStatus } from '../../local/status.js';

export function localDirectory(projectDirectory: string): string {
  return resolve(projectDirectory, '.dataplat', 'local');
}

export function readRecord(directory: string): EndpointRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'endpoint.json'), 'utf8')) as EndpointRecord;
  } catch {
    return undefined;
  }
}

/** Whether the process lives and is an endpoint: numbers of ended processes are given away again. */
export function isEndpointProcess(pid: number): boolean {
  const shown = spawnSync('ps', ['-o', 'stat=,args=', '-p', String(pid)], { encoding: 'utf8' });
  const [state, ...command] = shown.stdout?.trim().split(/\s+/) ?? [];
  return state !== undefined && !state.startsWith('Z') && command.join(' ').includes('local/server.js');
}

/** What the endpoint on a port says about itself; undefined if nothing that answers so is there. */
export async function askStatus(port: number, timeoutSeconds = 5): Promise<EndpointStatus | undefined> {
  const answer = await ask(port, 'GET', '/_dataplat/status', {}, timeoutSeconds);
  if (answer === undefined) return undefined;
  try {
    const status = JSON.parse(answer) as EndpointStatus;
    return typeof status.pid === 'number' && typeof status.phase === 'string' ? status : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Asks the endpoint to end cleanly; with `if-idle` only if nothing is under way there.
 * @returns what is under way, where that keeps it from stopping
 */
export async function askToStop(port: number, when: 'yes' | 'if-idle' = 'yes'): Promise<readonly string[]> {
  const answer = await ask(port, 'POST', '/_dataplat/stop', { 'x-dataplat-stop': when }, 5);
  const { active = [] } = JSON.parse(answer ?? '{}') as { active?: readonly string[] };
  return active;
}

async function ask(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  timeoutSeconds: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port, method, path, headers, agent: false, timeout: timeoutSeconds * 1000 },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (body += chunk));
        answer.once('end', () => resolve(body));
        answer.once('error', () => resolve(undefined));
      },
    );
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(undefined));
    asked.end();
  });
}
