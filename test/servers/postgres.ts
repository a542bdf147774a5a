// A real PostgreSQL server with a cluster of its own, on a free port of loopback. The server refuses to run as root, so it runs as the account
// of its Debian package.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import {
  descendantsOf,
  freePort,
  type ServerProcess,
  serverFolder,
  startServer,
  untilGone,
} from './process.ts';

export const postgresPackages = 'postgresql';

export interface Postgres extends AsyncDisposable {
  readonly port: number;
  /** A new empty database: its URL, as a catalog takes it. */
  newDatabase(): Promise<string>;
  /** Runs statements in the database of the URL, as another program would. */
  run(url: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]>;
  /** SIGKILL for the server. Its children leave by themselves: until all have, its data cannot be opened again. */
  kill(): Promise<void>;
  /** Again, on the same port and data. */
  start(): Promise<void>;
}

/** Undefined where Debian's package is not installed. */
export function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const newest = readdirSync(root)
    .filter((name) => existsSync(join(root, name, 'bin/postgres')))
    .sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(root, newest, 'bin');
}

export async function startPostgres(): Promise<Postgres> {
  const programs = findPostgres();
  if (programs === undefined) throw new Error(`PostgreSQL is missing: apt-get install ${postgresPackages}`);
  const folder = serverFolder();
  const data = join(folder.path, 'data');
  mkdirSync(data);
  const user = accountOf();
  if (user !== undefined) {
    chownSync(folder.path, user.uid, user.gid);
    chownSync(data, user.uid, user.gid);
  }
  chmodSync(folder.path, 0o755);
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'catalog', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale', 'C.UTF-8'],
    { ...user, cwd: folder.path, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const port = await freePort();
  const urlOf = (database: string) => `postgres://catalog@127.0.0.1:${port}/${database}`;
  let server: ServerProcess | undefined;
  const startOnce = () =>
    startServer({
      program: join(programs, 'postgres'),
      // A killed process loses nothing without fsync, only a machine does.
      arguments: ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder.path, '-F'],
      folder: folder.path,
      isReady: async () => (await run(urlOf('postgres'), 'select 1')).length === 1,
      stopSignal: 'SIGINT',
      ...(user === undefined ? {} : { user }),
    });
  const start = async () => {
    for (;;) {
      try {
        server = await startOnce();
        return;
      } catch (error) {
        // A child of one that was killed, begun in its last moment, still holds the memory they share.
        if (!/pre-existing shared memory/.test(String(error))) throw error;
        await pause(20);
      }
    }
  };
  let databases = 0;
  await start();
  return {
    port,
    run,
    start,
    async newDatabase() {
      databases += 1;
      await run(urlOf('postgres'), `create database d${databases}`);
      return urlOf(`d${databases}`);
    },
    kill: async () => {
      const children = server === undefined ? [] : descendantsOf(server.pid);
      await server?.kill();
      server = undefined;
      await untilGone(children);
    },
    async [Symbol.asyncDispose]() {
      await server?.stop();
      folder[Symbol.dispose]();
    },
  };
}

async function run(url: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

function accountOf(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString());
  return { uid: id('-u'), gid: id('-g') };
}
