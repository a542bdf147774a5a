// The object server through the program, and a repository's whole life on it.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { project, type Ran, World } from './holdfast.ts';

interface Serving extends AsyncDisposable {
  readonly url: string;
  readonly child: ChildProcess;
  /** Asks it to stop; returns its exit code. */
  stop(): Promise<number | null>;
}

async function serve(world: World, ...words: string[]): Promise<Serving> {
  const child = spawn(
    join(project, 'bin/holdfast'),
    ['storage', 'serve', world.path('served'), '--json', ...words],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, HOME: world.folder, TZ: 'UTC' },
    },
  );
  const lines = createInterface({ input: child.stdout! });
  for await (const line of lines) {
    const event = JSON.parse(line) as { type: string; url?: string };
    if (event.type !== 'listening') continue;
    const stop = async () => {
      if (child.exitCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    };
    child.stdout!.resume();
    return { url: event.url!, child, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
  }
  throw new Error('the server ended before it listened');
}

function account(world: World, name: string, ...words: string[]): string {
  const made = world.run(['storage', 'account', name, '--new-password-file', world.passwordFile, ...words]);
  assert.equal(made.exit, 0, made.errors);
  return made.output;
}

function ok(ran: Ran): Ran {
  assert.equal(ran.exit, 0, ran.output + ran.errors);
  return ran;
}

test('a repository lives on the object server: init, backup, check, restore, and nobody else sees it', async () => {
  using world = new World();
  mkdirSync(world.path('served'));
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files/a.txt'), 'one\n');
  writeFileSync(world.path('accounts'), account(world, 'alice') + account(world, 'bob'));
  await using server = await serve(world, '--accounts', world.path('accounts'), '--listen', '127.0.0.1:0');
  const at = (user: string) => ({
    environment: {
      HOLDFAST_REPOSITORY: `${server.url.replace('://', `://${user}@`)}/files`,
      HOLDFAST_STORAGE_PASSWORD_FILE: world.passwordFile,
    },
  });
  ok(world.run(['init', '--kdf', 'pbkdf2-sha256'], at('alice')));
  ok(world.run(['backup', 'files'], at('alice')));
  ok(world.run(['backup', 'files'], at('alice')));
  ok(world.run(['check', '--read-data'], at('alice')));
  ok(world.run(['restore', 'latest', '--target', world.path('out')], at('alice')));
  assert.equal(readFileSync(world.path('out/a.txt'), 'utf8'), 'one\n');
  assert.equal(world.run(['snapshots'], at('bob')).exit, 4);
  const wrong = at('alice');
  writeFileSync(world.path('wrong'), 'not this one', { mode: 0o600 });
  const denied = world.run(['snapshots'], {
    environment: { ...wrong.environment, HOLDFAST_STORAGE_PASSWORD_FILE: world.path('wrong') },
  });
  assert.equal(denied.exit, 3, denied.errors);
  assert.ok(!denied.errors.includes('not this one'));
  // Accounts are read anew while it runs.
  writeFileSync(world.path('accounts'), account(world, 'bob'));
  server.child.kill('SIGHUP');
  for (;;) if (world.run(['snapshots'], at('alice')).exit === 3) break;
  assert.equal(await server.stop(), 0);
  assert.deepEqual(readdirSync(world.path('served')), ['alice']);
});

test('bad input to the server is told apart', () => {
  using world = new World();
  mkdirSync(world.path('served'));
  writeFileSync(world.path('accounts'), account(world, 'alice', '--access', 'append-only'));
  writeFileSync(world.path('broken'), 'alice:secret\n');
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[], 2, /ACCOUNTS_NOT_NAMED/],
    [['--accounts', world.path('none')], 4, /SERVER_FILE_UNREADABLE/],
    [['--accounts', world.path('broken')], 2, /line 1/],
    [['--accounts', world.path('accounts'), '--listen', 'here'], 2, /--listen/],
    [['--accounts', world.path('accounts'), '--listen', '0.0.0.0:0'], 2, /STORAGE_PLAINTEXT/],
    [
      ['--accounts', world.path('accounts'), '--certificate', world.path('accounts')],
      2,
      /CERTIFICATE_HALF_NAMED/,
    ],
  ];
  const missing = world.run([
    'storage',
    'serve',
    world.path('nowhere'),
    '--accounts',
    world.path('accounts'),
  ]);
  assert.equal(missing.exit, 4, missing.errors);
  assert.match(missing.errors, /SERVER_FOLDER_MISSING/);
  for (const [words, exit, errors] of cases) {
    const ran = world.run(['storage', 'serve', world.path('served'), ...words]);
    assert.equal(ran.exit, exit, `${words.join(' ')}: ${ran.errors}`);
    assert.match(ran.errors, errors);
    assert.ok(!ran.errors.includes(':secret'));
  }
  const token = world.run(['storage', 'account', 'laptop', '--token', '--json']);
  const { line, token: shown } = token.end.result as { line: string; token: string };
  assert.match(line, /^laptop:sha256\$/);
  assert.ok(!line.includes(shown));
  assert.equal(world.run(['storage', 'account', 'Über', '--token']).exit, 2);
  const limited = ['storage', 'account', 'phone', '--token', '--access', 'append-only', '--folder', 'alice'];
  assert.match(
    world.run([...limited, '--quota', '5G']).output,
    /^phone:sha256\$.*:append-only,folder=alice,quota=5G$/m,
  );
  assert.equal(world.run([...limited, '--quota', '5X']).exit, 2);
});
