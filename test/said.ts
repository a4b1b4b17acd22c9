import { main } from '../src/cli.js';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process, and keeps what it says. */
export async function said(argv: readonly string[]): Promise<Said> {
  process.exitCode = undefined;
  const [out, err] = [kept(process.stdout), kept(process.stderr)];
  try {
    const code = await main(argv);
    return { code, out: out.text(), err: err.text() };
  } finally {
    out.restore();
    err.restore();
    process.exitCode = undefined;
  }
}

/** Keeps what is written to a stream, and afterwards leaves it as it was. */
function kept(stream: NodeJS.WriteStream): { text: () => string; restore: () => void } {
  const before = Object.getOwnPropertyDescriptor(stream, 'write');
  const listeners = stream.listeners('error');
  let text = '';
  const write = (chunk: string | Uint8Array, ...more: unknown[]): boolean => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    for (const one of more) if (typeof one === 'function') (one as () => void)();
    return true;
  };
  Object.defineProperty(stream, 'write', { value: write, configurable: true, writable: true });
  return {
    text: () => text,
    restore: () => {
      if (before) Object.defineProperty(stream, 'write', before);
      // Else it has one by its class.
      else Reflect.deleteProperty(stream, 'write');
      for (const listener of stream.listeners('error'))
        if (!listeners.includes(listener)) stream.off('error', listener as () => void);
    },
  };
}
