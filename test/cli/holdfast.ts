// Runs the real program as people do, in a world of its own: state, cache and files lie in a temporary folder.

import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const project = resolve(import.meta.dirname, '../..');
export const password = 'correct horse battery staple';

export interface Ran {
  /** -1 when it was killed. */
  readonly exit: number;
  readonly output: string;
  readonly errors: string;
  /** The JSON lines of standard output. */
  readonly events: readonly Event[];
  /** The last of them. */
  readonly end: Event;
}
export type Event = Readonly<Record<string, unknown>>;

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Buffer;
  readonly uid?: number;
  /** In place of ours. */
  readonly program?: string;
  /** A program and its words that runs ours, such as strace. */
  readonly under?: readonly string[];
}

export class World implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
  readonly repository = join(this.folder, 'repository');
  readonly passwordFile = join(this.folder, 'password');
  readonly #keyFile: string | undefined;

  /** With a key file every run is spared the work that a passphrase is made slow by. */
  constructor({ secret = 'password' }: { readonly secret?: 'password' | 'key-file' } = {}) {
    if (secret === 'key-file') this.#keyFile = join(this.folder, 'key');
    else writeFileSync(this.passwordFile, `${password}\n`, { mode: 0o600 });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** PBKDF2, because the tests prove something else and shall not wait for Argon2. */
  init(words: readonly string[] = [], options: RunOptions = {}): this {
    const kind = this.#keyFile === undefined ? ['--kdf', 'pbkdf2-sha256'] : ['--key-file', this.#keyFile];
    const made = this.run(['init', ...kind, ...words], options);
    if (made.exit !== 0) throw new Error(made.errors);
    return this;
  }

  run(words: readonly string[], options: RunOptions = {}): Ran {
    return this.#spawn(options.program ?? join(project, 'bin/holdfast'), words, options);
  }

  /** A line for the shell, in which "$0" is the program. */
  shell(line: string): Ran {
    return this.#spawn('/bin/sh', ['-c', line, join(project, 'bin/holdfast')], {});
  }

  #spawn(program: string, words: readonly string[], options: RunOptions): Ran {
    const [first, ...others] = [...(options.under ?? []), program, ...words] as [string, ...string[]];
    const done = spawnSync(first, others, {
      cwd: this.folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      input: options.input ?? '',
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
      env: {
        PATH: process.env.PATH,
        HOME: this.folder,
        TZ: 'UTC',
        XDG_STATE_HOME: this.path('state'),
        XDG_CACHE_HOME: sharedCache(options.uid),
        HOLDFAST_REPOSITORY: this.repository,
        ...(this.#keyFile === undefined
          ? { HOLDFAST_PASSWORD_FILE: this.passwordFile }
          : { HOLDFAST_KEY_FILE: this.#keyFile }),
        ...options.environment,
      },
    });
    const events = done.stdout
      .split('\n')
      .filter((line) => line.startsWith('{"'))
      .map((line) => JSON.parse(line) as Event);
    return {
      exit: done.status ?? -1,
      output: done.stdout,
      errors: done.stderr,
      events,
      end: events.at(-1) ?? {},
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** Shared on purpose: compiled code of the program, nothing of a test. Who may not write there would compile it in every run. */
function sharedCache(uid: number | undefined): string {
  if (uid === undefined) return join(tmpdir(), 'holdfast-test-cache');
  const folder = join(tmpdir(), `holdfast-test-cache-${uid}`);
  mkdirSync(folder, { recursive: true });
  chownSync(folder, uid, uid);
  return folder;
}
