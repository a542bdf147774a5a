// Backups of Vault and AWS by the real program, against our doubles of both: what comes back is what was there, what could not be read makes
// the backup partial, and no secret is on any disk or in any message.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { startAwsJsonDouble } from '../servers/aws-json-double.ts';
import { secretAccessKey } from '../servers/kms-double.ts';
import { appRole, raftSnapshot, startVaultDouble, vaultToken } from '../servers/vault-double.ts';
import { awsEnvironment } from '../sources/aws-world.ts';
import { noise } from '../world.ts';
import { project, World } from './holdfast.ts';

interface Done {
  readonly exit: number;
  readonly output: string;
  readonly errors: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Not waiting in the way of the doubles, which live in this process. */
async function run(world: World, words: readonly string[], environment: Environment): Promise<Done> {
  const child = spawn(join(project, 'bin/holdfast'), words, {
    cwd: world.folder,
    env: {
      PATH: process.env.PATH,
      HOME: world.folder,
      TZ: 'UTC',
      XDG_STATE_HOME: world.path('state'),
      XDG_CACHE_HOME: world.path('cache'),
      HOLDFAST_REPOSITORY: world.repository,
      HOLDFAST_KEY_FILE: world.path('key'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[exit], output, errors] = await Promise.all([
    once(child, 'close') as Promise<[number]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exit, output, errors };
}

function makeWorld(t: TestContext): World {
  const world = new World({ secret: 'key-file' }).init();
  t.after(() => world[Symbol.dispose]());
  return world;
}

async function startVault(t: TestContext) {
  const world = makeWorld(t);
  const double = await startVaultDouble();
  t.after(() => double[Symbol.asyncDispose]());
  writeFileSync(world.path('token'), `${vaultToken}\n`, { mode: 0o600 });
  const environment = { HOLDFAST_VAULT_TOKEN_FILE: world.path('token') };
  const backup = (...words: string[]) => run(world, ['backup', ...words], environment);
  return { world, double, environment, backup };
}

function nowhereOnDisk(world: World, secrets: readonly string[]): void {
  for (const entry of readdirSync(world.folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'token' || entry.name === 'secret-id') continue;
    if (entry.parentPath.includes('back')) continue;
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    for (const secret of secrets) assert.ok(!bytes.includes(secret), `${entry.name} holds "${secret}"`);
  }
}

test('a Vault snapshot longer than the ring comes back byte for byte, also through a standby and a rate limit', async (t) => {
  const { world, double, environment, backup } = await startVault(t);
  double.snapshot = raftSnapshot(noise('state', 12 * 1024 * 1024));
  double.throttled = 1;
  const saved = await backup('--vault', double.standby);
  assert.equal(saved.exit, 0, saved.errors);
  assert.equal(double.calls.filter((call) => call === 'GET sys/storage/raft/snapshot').length, 2);
  const target = world.path('back');
  const restored = await run(world, ['restore', 'latest', '--target', target, '--verify'], environment);
  assert.equal(restored.exit, 0, restored.errors);
  assert.deepEqual(readFileSync(join(target, 'raft.snap')), double.snapshot);
  const about = JSON.parse(readFileSync(join(target, 'about.json'), 'utf8'));
  assert.equal(about.clusterName, 'vault-cluster-1');
  assert.match(about.note, /unseal keys/);
  assert.ok(!(saved.output + saved.errors).includes(vaultToken));
  nowhereOnDisk(world, [vaultToken]);
});

test('a snapshot that breaks off, in the open or with a good-looking end, is saved by no snapshot of ours', async (t) => {
  const { world, double, environment, backup } = await startVault(t);
  const table = [
    { cut: { bytes: 50_000, endsWell: false }, exit: 6, code: 'VAULT_SNAPSHOT_CUT' },
    { cut: { bytes: 50_000, endsWell: true }, exit: 8, code: 'VAULT_SNAPSHOT_BROKEN' },
  ];
  for (const { cut, exit, code } of table) {
    double.cut = cut;
    const failed = await backup('--vault', double.address);
    assert.equal(failed.exit, exit, failed.errors);
    assert.match(failed.errors, new RegExp(code));
  }
  const listed = await run(world, ['snapshots', '--json'], environment);
  assert.deepEqual(JSON.parse(listed.output.trim().split('\n').at(-1)!).snapshots ?? [], []);
});

test('expired and powerless tokens, and a way out of TLS, are told apart', async (t) => {
  const { double, backup } = await startVault(t);
  double.tokens.set(vaultToken, ['mute']);
  const powerless = await backup('--vault', double.address);
  assert.match(powerless.errors, /VAULT_DENIED/);
  double.tokens.delete(vaultToken);
  const expired = await backup('--vault', double.address);
  assert.equal(expired.exit, 3);
  assert.match(expired.errors, /VAULT_TOKEN_REFUSED/);
  double.redirectTo = 'http://192.0.2.1:8200';
  const away = await backup('--vault', double.standby);
  assert.equal(away.exit, 6);
  assert.match(away.errors, /VAULT_REDIRECT/);
  for (const { errors } of [powerless, expired, away]) assert.ok(!errors.includes(vaultToken));
});

test('an AppRole leaves no token behind, neither after a backup nor after a dry run, which reads no snapshot', async (t) => {
  const { world, double } = await startVault(t);
  writeFileSync(world.path('secret-id'), appRole.secretId, { mode: 0o600 });
  const environment = { HOLDFAST_VAULT_SECRET_ID_COMMAND: `cat ${world.path('secret-id')}` };
  const words = ['backup', '--vault', double.address, '--vault-role-id', appRole.roleId];
  const dry = await run(world, [...words, '--dry-run'], environment);
  assert.equal(dry.exit, 0, dry.errors);
  assert.ok(!double.calls.includes('GET sys/storage/raft/snapshot'));
  const saved = await run(world, words, environment);
  assert.equal(saved.exit, 0, saved.errors);
  assert.deepEqual([...double.tokens.keys()], [vaultToken]);
  nowhereOnDisk(world, [appRole.secretId]);
});

test('secrets of AWS come back through worker threads, a refused one makes the backup partial, and none is left on the disk', async (t) => {
  const world = makeWorld(t);
  const double = await startAwsJsonDouble();
  t.after(() => double[Symbol.asyncDispose]());
  const environment = awsEnvironment(double.endpoint);
  // Beyond what the main thread reads alone.
  for (let index = 0; index < 6; index += 1) {
    const value = noise(`secret ${index}`, 1024 * 1024);
    double.secrets.push({ name: `large/${index}`, versions: { v1: { stages: ['AWSCURRENT'], value } } });
  }
  const plain = 'the-password-of-the-shop';
  double.secrets.push({ name: 'db', versions: { v1: { stages: ['AWSCURRENT'], value: plain } } });
  double.secrets.push({ name: 'closed', versions: { v1: { stages: ['AWSCURRENT'], value: 'x' } } });
  double.denied.add('GetSecretValue closed');
  const saved = await run(world, ['backup', '--secrets-manager', 'eu-central-1', '--json'], environment);
  assert.equal(saved.exit, 1, saved.errors);
  const end = JSON.parse(saved.output.trim().split('\n').at(-1)!);
  assert.equal(end.outcome, 'partial');
  assert.match(saved.output, /SECRET_DENIED/);
  const target = world.path('back');
  const restored = await run(world, ['restore', 'latest', '--target', target], environment);
  assert.ok(restored.exit <= 1, restored.errors);
  assert.equal(readFileSync(join(target, 'db~v1.value'), 'utf8'), plain);
  for (let index = 0; index < 6; index += 1) {
    assert.deepEqual(
      readFileSync(join(target, `large/${index}~v1.value`)),
      noise(`secret ${index}`, 1024 * 1024),
    );
  }
  assert.ok(!(saved.output + saved.errors).includes(plain));
  assert.ok(!(saved.output + saved.errors).includes(secretAccessKey));
  nowhereOnDisk(world, [plain, secretAccessKey]);
});

test('parameters and policies are sources of their own, and one backup has one source', async (t) => {
  const world = makeWorld(t);
  const double = await startAwsJsonDouble();
  t.after(() => double[Symbol.asyncDispose]());
  const environment = awsEnvironment(double.endpoint);
  double.parameters.push({ name: '/shop/db', type: 'SecureString', value: 'pw' });
  double.keys.push({ id: 'k1' });
  const regional = ['--aws-region', 'eu-central-1'];
  for (const words of [['--ssm', '/shop'], ['--kms-policies']]) {
    const saved = await run(world, ['backup', ...words, ...regional], environment);
    assert.equal(saved.exit, 0, saved.errors);
  }
  const found = await run(world, ['find', 'db~value'], environment);
  assert.match(found.output, /\/ssm\/eu-central-1\/shop\/db~value/);
  const mixtures = [
    ['--ssm', '/shop', '--kms-policies'],
    ['--ssm', '/shop', 'folder'],
    ['--ssm', 'shop'],
    ['--kms-policies', '--exclude', 'x'],
    ['--vault-role-id', 'x', '.'],
  ];
  for (const words of mixtures) {
    const refused = await run(world, ['backup', ...words, ...regional], environment);
    assert.equal(refused.exit, 2, words.join(' '));
    assert.match(refused.errors, /SOURCES_MIXED/, words.join(' '));
  }
});

test('a snapshot goes back into a Vault whole, proven, and only when its host is named twice', async (t) => {
  const { world, double, environment, backup } = await startVault(t);
  assert.equal((await backup('--vault', double.address)).exit, 0);
  double.tokens.set(vaultToken, ['read', 'update']);
  const { host } = new URL(double.address);
  const vault = (...words: string[]) => run(world, ['vault', 'restore', 'latest', ...words], environment);
  const dry = await vault('--vault', double.address, '--dry-run');
  assert.equal(dry.exit, 0, dry.errors);
  const unconfirmed = await vault('--vault', double.address);
  assert.match(unconfirmed.errors, /VAULT_RESTORE_NOT_CONFIRMED/);
  const wrong = await vault('--vault', double.address, '--confirm', 'another:8200');
  assert.equal(wrong.exit, 3);
  const standby = await vault('--vault', double.standby, '--confirm', new URL(double.standby).host);
  assert.match(standby.errors, /VAULT_NOT_ACTIVE/);
  assert.equal(double.restored.length, 0);
  const done = await vault('--vault', double.address, '--confirm', host);
  assert.equal(done.exit, 0, done.errors);
  double.otherKeys = true;
  const other = await vault('--vault', double.address, '--confirm', host);
  assert.equal(other.exit, 5, other.errors);
  assert.match(other.errors, /VAULT_OTHER_KEYS/);
  const forced = await vault('--vault', double.address, '--confirm', host, '--force');
  assert.equal(forced.exit, 0, forced.errors);
  assert.deepEqual(
    double.restored.map(({ path, bytes }) => [path, bytes.equals(double.snapshot)]),
    [
      ['sys/storage/raft/snapshot', true],
      ['sys/storage/raft/snapshot-force', true],
    ],
  );
  double.tokens.set(vaultToken, ['read']);
  const powerless = await vault('--vault', double.address, '--confirm', host);
  assert.match(powerless.errors, /VAULT_RESTORE_DENIED/);
  const inPlace = await run(world, ['restore', 'latest', '--in-place'], environment);
  assert.match(inPlace.errors, /RESTORE_NO_FOLDER/);
});
