// A machine of its own for `holdfast up`: configuration, repository, source and catalog in a temporary folder, and the real program.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeTree } from '../../world.ts';
import { type Event, project, type Ran, type RunOptions, World } from '../holdfast.ts';

const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2', '--v8-pool-size=1'];

export interface UpOptions {
  /** Beside or in place of what the configuration has. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly policy?: Readonly<Record<string, unknown>>;
}

export class UpWorld extends World {
  readonly source = this.path('source');
  readonly configurationFile = this.path('holdfast.yaml');
  readonly #options: UpOptions;

  constructor(options: UpOptions = {}) {
    super({ secret: 'key-file' });
    this.#options = options;
    writeTree(this.source, { 'a.txt': 'one', 'inner/b.txt': 'two' });
    this.init();
    this.configure();
  }

  /** JSON is YAML, too. */
  configure(more: UpOptions = {}): void {
    const { configuration, policy } = { ...this.#options, ...more };
    const document = {
      node: 'test',
      catalog: { place: this.path('catalog') },
      repositories: { main: { place: this.repository, unlock: { keyFile: this.path('key') } } },
      policies: {
        documents: {
          sources: [{ kind: 'files', paths: [this.source] }],
          repositories: ['main'],
          schedule: 'manual',
          retention: 'none',
          ...policy,
        },
      },
      logs: { directory: this.path('logs') },
      api: { enabled: false },
      ...configuration,
    };
    writeFileSync(this.configurationFile, JSON.stringify(document));
  }

  get environment(): Record<string, string | undefined> {
    return {
      PATH: process.env['PATH'],
      HOME: this.folder,
      TZ: 'UTC',
      XDG_STATE_HOME: this.path('state'),
      XDG_CACHE_HOME: join('/tmp', 'holdfast-test-cache'),
      HOLDFAST_CONFIG: this.configurationFile,
    };
  }

  /** A command beside `up`; it finds the catalog by the configuration. */
  ask(words: readonly string[], options: RunOptions = {}): Ran {
    const environment = {
      HOLDFAST_CONFIG: this.configurationFile,
      HOLDFAST_REPOSITORY: undefined,
      HOLDFAST_KEY_FILE: undefined,
      ...options.environment,
    };
    return this.run([...words, '--json'], { ...options, environment });
  }

  /** Does not wait for it: `ready` of the result does. */
  up(
    words: readonly string[] = [],
    environment: Record<string, string> = {},
    under: readonly string[] = [],
  ): RunningUp {
    return this.start(['up', ...words], environment, under);
  }

  /** Any command that goes on until it is stopped. */
  start(
    words: readonly string[],
    environment: Record<string, string> = {},
    under: readonly string[] = [],
  ): RunningUp {
    const main = join(project, 'src/cli/main.ts');
    const all = [...under, process.execPath, ...flags, main, ...words, '--json'];
    const child = spawn(all[0] ?? '', all.slice(1), {
      cwd: this.folder,
      env: { ...this.environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new RunningUp(child);
  }
}

export class RunningUp implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly events: Event[] = [];
  readonly ended: Promise<number | null>;
  errors = '';
  readonly #waiting = new Set<{ readonly fits: (event: Event) => boolean; take(event: Event): void }>();

  constructor(child: ChildProcess) {
    this.child = child;
    this.ended = once(child, 'close').then(([status]) => status as number | null);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const event = JSON.parse(line) as Event;
      this.events.push(event);
      for (const one of [...this.#waiting]) if (one.fits(event)) one.take(event);
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
  }

  /** The first event of this type, also one of the past; fails when the program ends without one. */
  async event(type: string, fits: (event: Event) => boolean = () => true): Promise<Event> {
    const isWanted = (event: Event) => event['type'] === type && fits(event);
    const known = this.events.find(isWanted);
    if (known !== undefined) return known;
    const found = Promise.withResolvers<Event>();
    const wish = { fits: isWanted, take: found.resolve };
    this.#waiting.add(wish);
    const gone = this.ended.then((status) => {
      throw new Error(
        `ended (${status}) without "${type}": ${this.errors} ${JSON.stringify(this.events.at(-1))}`,
      );
    });
    gone.catch(() => undefined);
    try {
      return await Promise.race([found.promise, gone]);
    } finally {
      this.#waiting.delete(wish);
    }
  }

  get ready(): Promise<Event> {
    return this.event('ready');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
