// ls, find, diff, cat, check, stats, status, key and forget through the program.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Event, project, type Ran, World } from './holdfast.ts';

const bin = join(project, 'bin/holdfast');

let world: World;

/** Two snapshots: a.txt changes, b.txt goes, c.txt comes, big stays. */
before(() => {
  world = new World().init();
  mkdirSync(world.path('files/sub'), { recursive: true });
  writeFileSync(world.path('files/a.txt'), 'one\n');
  writeFileSync(world.path('files/b.txt'), 'bee');
  writeFileSync(world.path('files/sub/big'), Buffer.alloc(300_000, 'big '));
  ok(world.run(['backup', 'files']));
  appendFileSync(world.path('files/a.txt'), 'two\n');
  rmSync(world.path('files/b.txt'));
  writeFileSync(world.path('files/c.txt'), 'sea');
  ok(world.run(['backup', 'files']));
});
after(() => world[Symbol.dispose]());

function ok(ran: Ran): Ran {
  assert.equal(ran.exit, 0, ran.output + ran.errors);
  return ran;
}

function result({ end }: Ran): Record<string, unknown> {
  assert.equal(end.type, 'result');
  return end.result as Record<string, unknown>;
}

function ids(where: World = world): string[] {
  const { snapshots } = result(where.run(['snapshots', '--json'])) as { snapshots: { id: string }[] };
  return snapshots.map(({ id }) => id);
}

function typed({ events }: Ran, type: string): Event[] {
  return events.filter((event) => event.type === type);
}

test('ls lists one level, all levels, a part, and modes', () => {
  const root = world.path('files');
  const names = (...words: string[]) =>
    typed(ok(world.run(['ls', ...words, '--json'])), 'entry').map((entry) =>
      String(entry.path).slice(root.length),
    );
  assert.deepEqual(names('latest'), ['/a.txt', '/c.txt', '/sub']);
  assert.deepEqual(names('latest', '-R'), ['/a.txt', '/c.txt', '/sub', '/sub/big']);
  assert.deepEqual(names(`latest:${root}/sub`), ['/sub/big']);
  assert.match(ok(world.run(['ls', 'latest', '--long'])).output, /^-rw-r--r-- .* 8 B .*a\.txt$/m);
});

test('find shows every path with its versions by time', () => {
  const found = typed(ok(world.run(['find', '*.txt', '--json'])), 'match');
  assert.deepEqual(
    found.map(({ path, versions }) => [String(path).split('/').at(-1), (versions as unknown[]).length]),
    [
      ['a.txt', 2],
      ['b.txt', 1],
      ['c.txt', 1],
    ],
  );
  const [unchanged] = typed(world.run(['find', 'big', '--json']), 'match');
  assert.deepEqual(
    (unchanged!.versions as { sameAsPrevious: boolean }[]).map((version) => version.sameAsPrevious),
    [false, true],
  );
});

test('diff tells what was added, removed and changed, with bytes', () => {
  const [older = '', newer = ''] = ids();
  const changes = typed(ok(world.run(['diff', older, newer, '--json'])), 'change');
  assert.deepEqual(
    changes.map(({ change, path, bytes }) => [change, String(path).split('/').at(-1), bytes]),
    [
      ['content', 'a.txt', 8],
      ['removed', 'b.txt', 3],
      ['added', 'c.txt', 3],
    ],
  );
  assert.match(
    ok(world.run(['diff', older, newer])).output,
    /^1 added \(3 B\), 1 removed \(3 B\), 1 changed/m,
  );
});

test('cat prints exactly the bytes, in each version, and its failures go to standard error', () => {
  const [older = ''] = ids();
  const file = world.path('files/a.txt');
  assert.equal(ok(world.run(['cat', `latest:${file}`])).output, 'one\ntwo\n');
  assert.equal(ok(world.run(['cat', older, file])).output, 'one\n');
  assert.equal(ok(world.run(['cat', `latest:${world.path('files/sub/big')}`])).output, 'big '.repeat(75_000));
  const missing = world.run(['cat', `latest:${file}x`, '--json']);
  assert.equal(missing.exit, 4);
  assert.equal(missing.output, '');
  assert.match(missing.errors, /"code":"SNAPSHOT_PATH_MISSING"/);
});

test('cat into a program that has read enough ends without a word', () => {
  const told = spawnSync(
    'sh',
    [
      '-c',
      '{ "$0" cat "$1"; echo "exit $?" >&2; } | head -c 4',
      bin,
      `latest:${world.path('files/sub/big')}`,
    ],
    {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        XDG_STATE_HOME: world.path('state'),
        XDG_CACHE_HOME: world.path('cache'),
        HOLDFAST_REPOSITORY: world.repository,
        HOLDFAST_PASSWORD_FILE: world.passwordFile,
      },
    },
  );
  assert.equal(told.stdout, 'big ');
  assert.equal(told.stderr, 'exit 0\n');
});

test('status says how much of it was read, until all was', () => {
  using other = new World().init();
  const said = () => ok(other.run(['status'])).output;
  mkdirSync(other.path('files'));
  const save = (name: string) => {
    writeFileSync(other.path('files', name), name);
    ok(other.run(['backup', 'files']));
  };
  save('a');
  assert.match(said(), /^Last verified: never$/m);
  ok(other.run(['check', '--read-data']));
  assert.match(said(), /^Last verified: \d{4}-/m);
  save('b');
  assert.match(said(), /^Last verified: 2 of 4 packs$/m);
});

test('status and stats tell numbers that fit together', () => {
  const status = result(ok(world.run(['status', '--json']))) as { snapshots: number; perSource: unknown[] };
  assert.equal(status.snapshots, 2);
  assert.equal(status.perSource.length, 1);
  const stats = result(ok(world.run(['stats', '--json']))) as { snapshots: number; storedBytes: number };
  assert.equal(stats.snapshots, 2);
  assert.ok(stats.storedBytes > 0);
});

test('check passes on a sound repository and exits 8 on a damaged one', () => {
  using other = new World().init();
  mkdirSync(other.path('files'));
  writeFileSync(other.path('files/a'), Buffer.alloc(100_000, 'abc'));
  ok(other.run(['backup', 'files']));
  assert.match(ok(other.run(['check', '--read-data'])).output, /^Sound: 1 snapshot,/m);
  const packs = join(other.repository, 'packs');
  const name = readdirSync(packs, { recursive: true, encoding: 'utf8' }).find((one) => one.length > 60) ?? '';
  const bytes = readFileSync(join(packs, name));
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  chmodSync(join(packs, name), 0o600);
  writeFileSync(join(packs, name), bytes);
  const found = other.run(['check', '--read-data', '--json']);
  assert.equal(found.exit, 8, found.output);
  const { findings } = result(found) as { findings: { severity: string; snapshots: string[] }[] };
  assert.ok(findings.some(({ severity }) => severity === 'error'));
});

test('keys are added, tested, changed and removed, but never the last one', () => {
  using other = new World().init();
  const list = () =>
    (result(ok(other.run(['key', 'list', '--json']))) as { keys: { id: string; label: string }[] }).keys;
  const key = other.path('second.key');
  ok(other.run(['key', 'add', '--new-key-file', key, '--label', 'in the safe']));
  assert.equal(list().length, 2);
  assert.ok(list().some(({ label }) => label === 'in the safe'));
  ok(other.run(['snapshots', '--key-file', key]));
  writeFileSync(other.path('new'), 'another passphrase\n', { mode: 0o600 });
  ok(other.run(['key', 'passwd', '--new-password-file', 'new', '--kdf', 'pbkdf2-sha256']));
  assert.equal(other.run(['key', 'test']).exit, 3, 'the old passphrase');
  const words = ['--password-file', 'new'];
  const { id } = result(ok(other.run(['key', 'test', ...words, '--json']))) as { id: string };
  ok(other.run(['key', 'remove', id.slice(0, 8), '--key-file', key]));
  const last = (
    result(ok(other.run(['key', 'list', '--key-file', key, '--json']))) as { keys: { id: string }[] }
  ).keys;
  assert.equal(last.length, 1);
  const refused = other.run(['key', 'remove', last[0]?.id ?? '', '--key-file', key, '--json']);
  assert.deepEqual([refused.exit, refused.end.code], [5, 'LAST_KEY']);
  assert.equal(other.run(['key', 'remove', 'ffff', '--key-file', key, '--json']).end.code, 'KEY_UNKNOWN');
});

test('a new key generation changes nothing for what is stored', () => {
  using other = new World().init();
  mkdirSync(other.path('files'));
  writeFileSync(other.path('files/a'), 'a');
  ok(other.run(['backup', 'files']));
  ok(other.run(['key', 'rotate']));
  writeFileSync(other.path('files/b'), 'b');
  ok(other.run(['backup', 'files']));
  ok(other.run(['restore', 'latest', '-t', 'back', '--verify']));
  ok(other.run(['check', '--read-data']));
});

test('the cipher is shown and changed, and what an older one sealed is still restored', () => {
  using other = new World().init(['--cipher', 'cascade']);
  mkdirSync(other.path('files'));
  writeFileSync(other.path('files/a'), 'a');
  ok(other.run(['backup', 'files']));
  assert.deepEqual(result(ok(other.run(['key', 'cipher', '--json']))), { cipher: 'cascade' });
  const changed = result(ok(other.run(['key', 'cipher', 'aes-256-gcm', '--json'])));
  assert.deepEqual(changed, { cipher: 'aes-256-gcm', before: 'cascade' });
  assert.equal(other.run(['key', 'cipher', 'rot13']).exit, 2);
  writeFileSync(other.path('files/b'), 'b');
  ok(other.run(['backup', 'files']));
  ok(other.run(['restore', 'latest', '-t', 'back', '--verify']));
  ok(other.run(['check', '--read-data']));
});

test('forget tells a reason for each snapshot that stays, and --prune gives the space back', () => {
  using other = new World().init();
  mkdirSync(other.path('files'));
  for (const [index, name] of ['x', 'y', 'z'].entries()) {
    rmSync(other.path('files', String(index - 1)), { force: true });
    writeFileSync(other.path('files', String(index)), Buffer.alloc(200_000, name));
    ok(other.run(['backup', 'files']));
  }
  const dry = result(ok(other.run(['forget', '--keep-last', '1', '--dry-run', '--json'])));
  assert.equal((dry.forgotten as unknown[]).length, 2);
  assert.equal(ids(other).length, 3);
  const done = ok(other.run(['forget', '--keep-last', '1', '--prune', '--max-unused', '0']));
  assert.match(done.output, /^= [0-9a-f]{12} .*\(last #1\)$/m);
  assert.match(done.output, /^1 snapshot stays, 2 forgotten\.$/m);
  assert.equal(ids(other).length, 1);
  ok(other.run(['check', '--read-data']));
  ok(other.run(['restore', 'latest', '-t', 'back', '--verify']));
  const [only = ''] = ids(other);
  ok(other.run(['forget', only.slice(0, 10)]));
  assert.deepEqual(ids(other), []);
});
