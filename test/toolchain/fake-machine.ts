import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A machine of its own: a home, a cache and a PATH with nothing on it but what a test puts there. */
export class FakeMachine {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'dataplat-machine-')));
  readonly cache = join(this.root, 'cache');
  readonly path = join(this.root, 'bin');
  readonly variables: NodeJS.ProcessEnv = {
    HOME: this.root,
    PATH: this.path,
    PYENV_ROOT: join(this.root, 'pyenv'),
    XDG_DATA_DIRS: join(this.root, 'share'),
    DATAPLAT_CACHE_DIR: this.cache,
  };

  constructor() {
    mkdirSync(this.path);
  }

  /** A program that prints a text (to stdout; `sh` is started by its absolute path). */
  program(name: string, prints: string, exitCode = 0): string {
    return this.script(join(this.path, name), `cat <<'END'\n${prints}\nEND\nexit ${exitCode}`);
  }

  script(file: string, body: string): string {
    this.file(file, `#!/bin/sh\nPATH=/usr/bin:/bin\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  /** @param file absolute, or below the machine's root */
  file(file: string, content = ''): string {
    const path = file.startsWith('/') ? file : join(this.root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  python(name: string, version: string): string {
    const command = join(this.path, name);
    return this.program(name, JSON.stringify([command, version, 'cpython']));
  }

  java(home: string, release: string): string {
    const says = `    java.home = ${home}\n    java.specification.version = ${release}\n    java.version = ${release}.0.1`;
    return this.script(join(home, 'bin', 'java'), `cat >&2 <<'END'\n${says}\nEND`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
