import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

/** Who listens on a port, as far as this user may know. */
export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

/** Whether a loopback port can be listened on at this moment. */
export async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Who holds a port: from /proc where there is one, else by `lsof`; undefined if neither tells. */
export function holderOfPort(port: number): PortHolder | undefined {
  return fromProc(port) ?? fromLsof(port);
}

function fromProc(port: number): PortHolder | undefined {
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listening(file, port)));
  if (sockets.size === 0) return undefined;
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of list(`/proc/${pid}/fd`)) {
      try {
        if (!sockets.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))) continue;
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return { pid: Number(pid), command };
      } catch {
        // Closed or ended in between, or another user's.
      }
    }
  }
  return undefined;
}

/** The links by which processes hold the sockets that listen on a port. */
function listening(file: string, port: number): string[] {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => local?.endsWith(`:${hexadecimal}`) && state === '0A')
      .map((fields) => `socket:[${fields[9] ?? ''}]`);
  } catch {
    return [];
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function fromLsof(port: number): PortHolder | undefined {
  const found = spawnSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp'], { encoding: 'utf8' });
  const pid = /^p(\d+)$/m.exec(found.stdout ?? '')?.[1];
  if (pid === undefined) return undefined;
  const shown = spawnSync('ps', ['-o', 'args=', '-p', pid], { encoding: 'utf8' });
  return { pid: Number(pid), command: shown.stdout?.trim() ?? '' };
}
