// What the program writes, a reader that shares no line with it restores: the format page tells the truth.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { project, World } from '../cli/holdfast.ts';
import { noise } from '../world.ts';
import { differencesOf, listTree, setEvenTimes } from './tree-list.ts';

const reader = join(project, 'test/interop/reader.mjs');

function readWith(words: readonly string[]): Record<string, unknown> {
  const done = spawnSync(process.execPath, [reader, ...words], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout) as Record<string, unknown>;
}

function refusalOf(words: readonly string[]): string {
  const done = spawnSync(process.execPath, [reader, ...words], { encoding: 'utf8' });
  assert.equal(done.status, 1, done.stdout);
  return done.stderr;
}

function run(world: World, words: readonly string[]): string {
  const done = world.run(words);
  assert.equal(done.exit, 0, done.errors);
  return done.output;
}

function makeFiles(folder: string): void {
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'a.txt'), 'a');
  writeFileSync(join(folder, 'nothing'), '');
  writeFileSync(join(folder, 'large'), noise('large', 3_000_000));
  writeFileSync(join(folder, 'deep/er/words'), 'the same words again and again '.repeat(20_000));
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/l`), Buffer.of(0xe4, 0x0a, 0x22)]), 'an old name');
  writeFileSync(join(folder, 'e\u0301'), 'decomposed');
  symlinkSync('deep/er/words', join(folder, 'link'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  linkSync(join(folder, 'a.txt'), join(folder, 'deep/second name'));
  const sparse = openSync(join(folder, 'sparse'), 'wx');
  ftruncateSync(sparse, 8_000_000);
  writeSync(sparse, noise('island', 70_000), 0, 70_000, 4_000_000);
  closeSync(sparse);
  chmodSync(join(folder, 'a.txt'), 0o4751);
  chmodSync(join(folder, 'empty'), 0o1700);
}

interface Variant {
  readonly cipher: string;
  /** From the third backup on. */
  readonly laterCipher: string;
  /** Of each of three backups. */
  readonly compression: readonly [string, string, string];
  readonly kdf: string;
  readonly chunks: readonly string[];
}

const [aes, chacha, cascade] = ['aes-256-gcm', 'chacha20-poly1305', 'cascade'] as const;
const small = ['--chunk-size', '16K'];
const variants: readonly Variant[] = [
  { cipher: aes, laterCipher: aes, compression: ['zstd', 'zstd', 'gzip:1'], kdf: 'argon2id', chunks: small },
  {
    cipher: chacha,
    laterCipher: cascade,
    compression: ['none', 'brotli:4', 'xz:1'],
    kdf: 'scrypt',
    chunks: [],
  },
  { cipher: cascade, laterCipher: aes, compression: ['gzip', 'bzip2:2', 'none'], kdf: 'scrypt', chunks: [] },
];

for (const { cipher, compression, kdf, chunks, laterCipher } of variants) {
  test(`a repository with ${cipher}, ${compression.join(', ')} and ${kdf} is restored by the other reader`, () => {
    using world = new World();
    const files = world.path('files');
    makeFiles(files);
    setEvenTimes(files);
    run(world, ['init', '--cipher', cipher, '--kdf', kdf, ...chunks]);
    const saved = world.run(['backup', 'files', '--compression', compression[0], '--json']);
    const first = saved.end.result as { readonly snapshotId?: string };
    writeFileSync(join(files, 'large'), noise('changed', 2_000_000));
    rmSync(join(files, 'nothing'));
    setEvenTimes(files, 1_650_000_000);
    const second = listTree(files);
    run(world, ['key', 'add', '--new-key-file', world.path('key')]);
    run(world, ['backup', 'files', '--compression', compression[1]]);
    run(world, ['forget', String(first.snapshotId), '--prune', '--max-unused', '0']);
    run(world, ['key', 'rotate']);
    run(world, ['key', 'cipher', laterCipher]);
    appendFileSync(join(files, 'deep/er/words'), 'and these');
    setEvenTimes(files, 1_700_000_000);
    const third = listTree(files);
    run(world, ['backup', 'files', '--compression', compression[2]]);

    const listed = readWith([world.repository, world.passwordFile, 'list']);
    assert.deepEqual([listed.missing, listed.forgotten], [[], 1]);
    const ids = (listed.snapshots as { id: string }[]).map(({ id }) => id);
    assert.equal(ids.length, 2);
    const ways = [
      ['both', world.passwordFile, ids[0]!, second],
      ['index', world.path('key'), ids[1]!, third],
      ['packs', world.passwordFile, 'latest', third],
    ] as const;
    for (const [from, secret, snapshot, expected] of ways) {
      const target = world.path(`back-${from}`);
      readWith([world.repository, secret, 'restore', snapshot, target, `--from=${from}`]);
      const differences = differencesOf(listTree(join(target, files)), expected);
      assert.deepEqual(differences, [], `restored from ${from}`);
    }
    const blocks = statSync(join(world.path('back-both'), files, 'sparse')).blocks;
    assert.ok(blocks * 512 < 1_000_000, `the hole was filled: ${blocks} blocks`);
  });
}

test('private keys and the opened recovery kit give everything back through the other reader', () => {
  using world = new World({ secret: 'key-file' }).init();
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files/a'), 'a');
  setEvenTimes(world.path('files'));
  const expected = listTree(world.path('files'));
  run(world, ['backup', 'files']);
  for (const type of ['rsa', 'x25519', 'mlkem768-x25519', 'age']) {
    run(world, ['key', 'generate', '--type', type, '--to', type]);
    run(world, ['key', 'add', '--new-recipient', `${type}.pub`]);
  }
  run(world, ['key', 'kit', '--to', 'kit', '--recipient', 'age.pub']);
  const kit = world.path('kit/master-key.age');
  const master = spawnSync('age', ['-d', '-i', world.path('age'), '-o', world.path('master'), kit]);
  assert.equal(master.status, 0, String(master.stderr));
  for (const secret of ['rsa', 'x25519', 'mlkem768-x25519', 'master']) {
    const back = world.path(`back-${secret}`);
    readWith([world.repository, world.path(secret), 'restore', 'latest', back]);
    assert.deepEqual(differencesOf(listTree(join(back, world.path('files'))), expected), [], secret);
  }
  assert.match(refusalOf([world.repository, world.path('age'), 'list']), /opens no key slot/);
});

test('with every index gone the packs alone give everything back', () => {
  using world = new World().init();
  const files = world.path('files');
  makeFiles(files);
  setEvenTimes(files);
  const expected = listTree(files);
  run(world, ['backup', 'files']);
  rmSync(join(world.repository, 'index'), { recursive: true });
  readWith([world.repository, world.passwordFile, 'restore', 'latest', world.path('back')]);
  assert.deepEqual(differencesOf(listTree(join(world.path('back'), files)), expected), []);
});

test('what a weak storage has lost or spoiled of keys, indexes and snapshots is read from the twins', () => {
  using world = new World().init();
  const files = world.path('files');
  makeFiles(files);
  setEvenTimes(files);
  const expected = listTree(files);
  run(world, ['backup', 'files']);
  const at = (name: string) => join(world.repository, name);
  mkdirSync(at('twin'));
  for (const prefix of ['config', 'keys', 'index', 'snapshots']) {
    cpSync(at(prefix), at(`twin/${prefix}`), { recursive: true });
  }
  const restore = (target: string) => {
    readWith([world.repository, world.passwordFile, 'restore', 'latest', world.path(target)]);
    assert.deepEqual(differencesOf(listTree(join(world.path(target), files)), expected), [], target);
  };
  restore('whole');
  const [snapshot] = readdirSync(at('snapshots'));
  chmodSync(at(`snapshots/${snapshot}`), 0o600);
  writeFileSync(at(`snapshots/${snapshot}`), 'spoiled');
  for (const prefix of ['config', 'keys', 'index']) rmSync(at(prefix), { recursive: true });
  restore('twins');
});

test('a directory too large for one tree, and a path that is a file, come back', () => {
  using world = new World().init();
  const files = world.path('files');
  mkdirSync(join(files, 'many'), { recursive: true });
  writeFileSync(world.path('single'), 'a file on its own');
  writeFileSync(join(files, 'many/0'), 'one of many');
  for (let n = 1; n < 16_500; n += 1) linkSync(join(files, 'many/0'), join(files, `many/${n}`));
  setEvenTimes(files);
  setEvenTimes(world.path('single'));
  run(world, ['backup', 'files', 'single']);
  readWith([world.repository, world.passwordFile, 'restore', 'latest', world.path('back')]);
  for (const path of [files, world.path('single')]) {
    assert.deepEqual(differencesOf(listTree(join(world.path('back'), path)), listTree(path)), []);
  }
});

test('the other reader believes no wrong secret, no changed slot and no changed pack', () => {
  using world = new World().init();
  writeFileSync(world.path('file'), noise('file', 100_000));
  run(world, ['backup', 'file']);
  writeFileSync(world.path('wrong'), 'another password\n');
  assert.match(refusalOf([world.repository, world.path('wrong'), 'list']), /opens no key slot/);

  const packs = join(world.repository, 'packs');
  const pack = readdirSync(packs, { recursive: true, encoding: 'utf8' }).find((name) => name.length === 67);
  const bytes = readFileSync(join(packs, pack!));
  bytes[20_000]! ^= 1;
  chmodSync(join(packs, pack!), 0o600);
  writeFileSync(join(packs, pack!), bytes);
  const restore = [world.repository, world.passwordFile, 'restore', 'latest', world.path('back')];
  assert.match(refusalOf(restore), /is damaged/);
  rmSync(world.path('back'), { recursive: true, force: true });
  assert.match(refusalOf([...restore, '--from=index']), /unable to authenticate|authenticate data/);

  const slot = readdirSync(join(world.repository, 'keys')).find((name) => name.startsWith('slot-'));
  const path = join(world.repository, 'keys', slot!);
  const text = readFileSync(path, 'utf8').replace(/"label":"/, '"label":"x');
  chmodSync(path, 0o600);
  writeFileSync(path, text);
  assert.match(refusalOf([world.repository, world.passwordFile, 'list']), /was changed/);
});

test('the other reader needs the shred key, and leaves out what was erased', () => {
  using world = new World({ secret: 'key-file' });
  const files = world.path('files');
  makeFiles(files);
  setEvenTimes(files);
  const [shred = '', ...escrows] = ['shred', 'safe', 'vault'].map((name) => world.path(name));
  const copies = escrows.flatMap((path) => ['--shred-escrow', path]);
  run(world, ['init', '--key-file', world.path('key'), '--shred-key', shred, ...copies]);
  const shredKey = ['--shred-key', shred];
  run(world, ['backup', 'files', '--retain', '30d', ...shredKey]);
  assert.equal(world.run(['forget-path', '--all', 'deep', ...shredKey]).exit, 1);
  const words = [world.repository, world.path('key'), `--shred-key=${shred}`];
  const listed = readWith([...words, 'list']);
  // Locked, it is still there beside the one without the folder.
  const snapshots = listed.snapshots as { id: string; entries: number }[];
  assert.equal(snapshots.length, 2);
  for (const { id } of snapshots) {
    readWith([...words, 'restore', id, world.path(id)]);
    const found = readdirSync(join(world.path(id), files));
    assert.ok(found.includes('a.txt') && !found.includes('deep'), found.join());
  }
  assert.match(refusalOf([...words.slice(0, 2), 'list']), /shred key is missing/);
  const other = [...words.slice(0, 2), `--shred-key=${world.path('key')}`, 'list'];
  assert.match(refusalOf(other), /of another repository/);
});
