// rescue.mjs: from an empty folder with only the storage, one key and Node.js, everything comes back.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeRescue } from '../../scripts/make-rescue.ts';
import { encodeJcs } from '../../src/base/jcs.ts';
import { Secret } from '../../src/base/secret.ts';
import type { SlotType } from '../../src/keyslots/all.ts';
import { generateKeyPairTexts } from '../../src/keyslots/key-pair.ts';
import { addKey } from '../../src/operations/keys.ts';
import { nodeFiles } from '../../src/storage/local/files.ts';
import { openLocal } from '../../src/storage/local.ts';
import { create, noise, open, scratch, testContext } from '../world.ts';
import { project, World } from './holdfast.ts';

const isRoot = process.getuid?.() === 0;
const island = mkdtempSync(join(tmpdir(), 'holdfast-island-'));
const reader = join(island, 'rescue.mjs');
const world = new World();
const repository = join(island, 'repository');

before(async () => {
  await writeRescue(reader);
  makeFiles(world.path('data'));
  world.init();
  assert.equal(world.run(['backup', world.path('data')]).exit, 0);
  writeFileSync(world.path('data', 'later'), 'second');
  assert.equal(world.run(['backup', world.path('data')]).exit, 0);
  cpSync(world.repository, repository, { recursive: true, preserveTimestamps: true });
  // Whoever finds the storage may find packages beside it that are none of ours.
  mkdirSync(join(island, 'node_modules/koffi'), { recursive: true });
  writeFileSync(
    join(island, 'node_modules/koffi/index.js'),
    `require('node:fs').writeFileSync(${JSON.stringify(join(island, 'loaded'))}, '');`,
  );
});
after(() => {
  world[Symbol.dispose]();
  rmSync(island, { recursive: true, force: true });
});

/** Names that are no UTF-8, modes, times to the millisecond, symlinks, hard links, owners, content of many chunks. */
function makeFiles(folder: string): void {
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'large'), noise('large', 5_000_000));
  writeFileSync(join(folder, 'deep/er/none'), '');
  writeFileSync(join(folder, 'deep/program'), '#!/bin/sh\n');
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/deep/`), Buffer.from([0xe4, 0xff])]), 'strange name');
  symlinkSync('../large', join(folder, 'deep/link'));
  symlinkSync('/nowhere', join(folder, 'dangling'));
  linkSync(join(folder, 'deep/program'), join(folder, 'twin'));
  chmodSync(join(folder, 'deep/program'), 0o751);
  chmodSync(join(folder, 'large'), 0o600);
  if (isRoot) {
    chownSync(join(folder, 'large'), 1234, 4321);
    chmodSync(join(folder, 'twin'), 0o4751);
  }
  utimesSync(join(folder, 'large'), 1_600_000_000.123, 1_600_000_000.123);
  lutimesSync(join(folder, 'dangling'), 1_500_000_000.5, 1_500_000_000.5);
  utimesSync(join(folder, 'empty'), 1_400_000_000.25, 1_400_000_000.25);
  chmodSync(join(folder, 'empty'), 0o555);
}

function rescue(words: readonly string[], node = process.execPath) {
  const ran = spawnSync(node, [reader, ...words], { cwd: island, env: {}, encoding: 'utf8' });
  return { exit: ran.status, output: ran.stdout, errors: ran.stderr };
}

/** Everything that must come back, one line an entry. */
function describe(folder: string): string[] {
  const names = readdirSync(Buffer.from(folder), {
    recursive: true,
    encoding: 'buffer',
  }) as unknown as Buffer[];
  const inodes = new Map<bigint, string>();
  return names
    .map((name) => name.toString('latin1'))
    .sort()
    .map((name) => {
      const path = Buffer.from(`${Buffer.from(folder).toString('latin1')}/${name}`, 'latin1');
      const stat = lstatSync(path, { bigint: true });
      const first = inodes.get(stat.ino) ?? name;
      inodes.set(stat.ino, first);
      const content = stat.isSymbolicLink()
        ? readlinkSync(path)
        : stat.isFile()
          ? createHash('sha256').update(readFileSync(path)).digest('hex')
          : '';
      return [name, first, stat.mode, stat.uid, stat.gid, stat.mtimeMs, stat.size, content]
        .slice(0, stat.isDirectory() ? 6 : 8)
        .join('|');
    });
}

const keys = () => ['--password-file', world.passwordFile];

test('the newest snapshot comes back with content, modes, times, links and owners', () => {
  const ran = rescue(['restore', 'repository', 'back', '--verify', ...keys()]);
  assert.equal(ran.exit, 0, ran.errors);
  const found = join(island, 'back');
  assert.deepEqual(describe(found), describe(world.path('data')));
  assert.ok(!existsSync(join(island, 'loaded')), 'a package that lay beside it was loaded');
});

test('an older snapshot comes back by the first digits of its id', () => {
  const listed = rescue(['list', 'repository', ...keys()]);
  assert.equal(listed.exit, 0, listed.errors);
  const rows = listed.output.trimEnd().split('\n').slice(1);
  assert.equal(rows.length, 2);
  assert.ok(rows.every((row) => row.includes(world.path('data'))));
  const ran = rescue(['restore', 'repository', rows[0]!.slice(0, 8), 'older', ...keys()]);
  assert.equal(ran.exit, 0, ran.errors);
  assert.ok(!existsSync(join(island, 'older/later')));
});

test('a wrong passphrase and a folder without a repository are told as the program tells them', () => {
  writeFileSync(join(island, 'wrong'), 'wrong\n');
  const wrong = rescue(['list', 'repository', '--password-file', 'wrong']);
  assert.deepEqual([wrong.exit, wrong.output], [3, '']);
  assert.match(wrong.errors, /WRONG_PASSWORD/);
  assert.match(rescue(['list', 'node_modules', ...keys()]).errors, /REPOSITORY_MISSING/);
  assert.match(rescue(['restore', 'repository', 'node_modules', ...keys()]).errors, /TARGET_NOT_EMPTY/);
  const none = rescue(['list', 'repository']);
  assert.match(none.errors, /PASSWORD_MISSING/, 'nobody is there to ask');
});

test('what went wrong is said in German where German is asked for, not its title alone', () => {
  const none = rescue(['list', 'nowhere', ...keys(), '--lang', 'de']);
  assert.equal(none.exit, 4);
  assert.match(none.errors, /es gibt keinen Ordner „/);
  assert.doesNotMatch(none.errors, /there is no folder/);
});

test('nothing is written into the repository, and nothing stays behind', () => {
  const content = () => readdirSync(repository, { recursive: true }).sort();
  const earlier = content();
  const temporaries = () => readdirSync(tmpdir()).filter((name) => name.startsWith('holdfast-rescue-'));
  const left = temporaries();
  assert.equal(rescue(['list', 'repository', ...keys()]).exit, 0);
  assert.deepEqual(content(), earlier);
  assert.deepEqual(
    temporaries().filter((name) => !left.includes(name)),
    [],
  );
});

test('a changed pack is noticed: what it holds is not restored, and the end says so', () => {
  const damaged = join(island, 'damaged');
  cpSync(repository, damaged, { recursive: true, preserveTimestamps: true });
  for (const name of readdirSync(join(damaged, 'packs'), { recursive: true, encoding: 'utf8' })) {
    const path = join(damaged, 'packs', name);
    if (!lstatSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    for (let at = 4096; at < bytes.length; at += 65_536) bytes[at]! ^= 1;
    writeFileSync(path, bytes);
  }
  const ran = rescue(['restore', 'damaged', 'halves', ...keys()]);
  assert.notEqual(ran.exit, 0);
  assert.match(ran.errors, /large/);
});

test('every kind of key opens that needs neither a device nor a service', async () => {
  using folder = scratch();
  const place = join(folder.path, 'repository');
  mkdirSync(place);
  const context = testContext();
  const state = join(folder.path, 'state');
  await create(await openLocal(place, nodeFiles), state, context);
  await using opened = await open(await openLocal(place, nodeFiles), state, 'rescue', context);
  const addKeyOf = async (type: SlotType, text: string, params = {}) =>
    addKey({ secret: new Secret(Buffer.from(text)), type, params, label: type }, opened, context);
  const listing = (option: string, text: string) => {
    const file = join(folder.path, 'secret');
    writeFileSync(file, text, { mode: 0o600 });
    return rescue(['list', place, option, file]);
  };
  for (const type of ['rsa', 'x25519', 'mlkem768-x25519', 'age'] as const) {
    const pair = await generateKeyPairTexts(type);
    await addKeyOf(type, pair.publicText);
    assert.equal(listing('--identity', pair.privateText).exit, 0, type);
    const other = await generateKeyPairTexts(type);
    assert.equal(listing('--identity', other.privateText).exit, 3, `another key of ${type}`);
  }
  const { handOut } = await addKeyOf('shamir', '', { threshold: 2, count: 3 });
  const shares = handOut.slice(1).map((share) => Buffer.from(share.reveal()).toString());
  assert.equal(listing('--share-file', shares.join('')).exit, 0);
});

test('the master key of a recovery kit opens with the passphrase that seals it', () => {
  const kit = world.path('kit');
  writeFileSync(world.path('kit words'), 'words of the kit\n');
  const made = world.run(['key', 'kit', '--to', kit, '--new-password-file', world.path('kit words')]);
  assert.equal(made.exit, 0, made.errors);
  const words = ['list', 'repository', '--identity', join(kit, 'master-key.age'), '--password-file'];
  assert.equal(rescue([...words, world.path('kit words')]).exit, 0);
  assert.match(rescue([...words, world.passwordFile]).errors, /KEY_PASSPHRASE_WRONG/);
});

test('slots that only a device or a service opens are told before anything is asked for', () => {
  const place = join(island, 'foreign');
  cpSync(repository, place, { recursive: true, preserveTimestamps: true });
  const [slot = ''] = readdirSync(join(place, 'keys')).filter((name) => name.startsWith('slot-'));
  const item = JSON.parse(readFileSync(join(place, 'keys', slot), 'utf8')) as Record<string, unknown>;
  const id = 'f'.repeat(32);
  chmodSync(join(place, 'keys'), 0o700);
  writeFileSync(join(place, 'keys', `slot-${id}`), encodeJcs({ ...item, id, type: 'kms' } as never));
  const some = rescue(['list', 'foreign', ...keys()]);
  assert.equal(some.exit, 0, some.errors);
  assert.match(some.errors, /cannot open \(kms\)/);
  rmSync(join(place, 'keys', slot));
  const none = rescue(['list', 'foreign']);
  assert.equal(none.exit, 2);
  assert.match(none.errors, /RESCUE_SLOTS_FOREIGN/);
  assert.doesNotMatch(none.errors, /PASSWORD_MISSING/);
});

test('snapshots in bzip2 and xz come back by the decoders of the reader', () => {
  using other = new World({ secret: 'key-file' }).init();
  makeFiles(other.path('data'));
  const text = Array.from({ length: 40_000 }, (_, line) => `line ${line} of ${line % 97}\n`).join('');
  writeFileSync(other.path('data', 'text'), text);
  for (const codec of ['bzip2', 'xz']) {
    appendFileSync(other.path('data', 'text'), `${codec}\n${text.slice(codec.length)}`);
    const saved = other.run(['backup', other.path('data'), '--compression', codec]);
    assert.equal(saved.exit, 0, saved.errors);
    const words = [reader, 'restore', other.repository, other.path(codec), '--verify'];
    const ran = spawnSync(process.execPath, [...words, '--key-file', other.path('key')], {
      encoding: 'utf8',
    });
    assert.equal(ran.status, 0, ran.stderr);
    assert.deepEqual(describe(other.path(codec)), describe(other.path('data')));
  }
});

test('the reader needs nothing but what Node.js brings along', () => {
  const text = readFileSync(reader, 'utf8');
  const asked = [
    ...text.matchAll(/\b(?:require|import)\(\s*["'`]([^"'`]*)["'`]\s*\)|^import .* from '([^']*)'/gm),
  ];
  assert.ok(asked.length > 5);
  for (const [, one, other] of asked) assert.ok(isBuiltin(one ?? other ?? ''), `it loads "${one ?? other}"`);
  assert.ok(!text.includes(project), 'no path of the machine that made it');
});

test('an older Node.js is told which one is needed', (context) => {
  const node = '/usr/bin/node';
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout;
  if (!/^v(1[89]|2[0-2])\./.test(version ?? '')) return context.skip('the system has no such Node.js');
  const ran = rescue(['list', 'repository', ...keys()], node);
  assert.equal(ran.exit, 2);
  assert.match(ran.errors, /Node\.js 24\.7 or newer is needed, this is v/);
});

test('what is asked in another way is answered with how to ask', () => {
  for (const words of [['list'], ['restore', 'repository'], ['list', 'a', 'b'], ['list', 'a', '--what']]) {
    const ran = rescue(words);
    assert.equal(ran.exit, 2);
    assert.match(ran.errors, /RESCUE_USAGE/);
  }
  const unknown = rescue(['list', 'a', '--what', '--lang', 'de']);
  assert.match(unknown.errors, /die Option „--what“ gibt es nicht/);
  const help = rescue(['--help', '--lang', 'de']);
  assert.equal(help.exit, 0);
  assert.match(help.output, /^Aufruf: node rescue\.mjs list REPOSITORY/);
});

test('it asks for the shred key where there is one, and leaves out what was erased', () => {
  using other = new World({ secret: 'key-file' });
  const [key = '', ...escrows] = ['shred', 'safe', 'vault'].map((name) => other.path(name));
  const copies = escrows.flatMap((path) => ['--shred-escrow', path]);
  const made = other.run(['init', '--key-file', other.path('key'), '--shred-key', key, ...copies]);
  assert.equal(made.exit, 0, made.errors);
  mkdirSync(other.path('files/anna'), { recursive: true });
  writeFileSync(other.path('files/anna/letter'), 'hers');
  writeFileSync(other.path('files/ours'), 'ours');
  const saved = other.run(['backup', 'files', '--retain', '30d', '--shred-key', key, '--json']);
  const { snapshotId } = saved.end.result as { readonly snapshotId: string };
  assert.equal(other.run(['forget-path', '--all', 'anna', '--shred-key', key]).exit, 1);
  const target = other.path('back');
  const words = [reader, 'restore', other.repository, snapshotId, target, '--key-file', other.path('key')];
  const lacking = spawnSync(process.execPath, words, { encoding: 'utf8' });
  assert.equal(lacking.status, 3);
  assert.match(lacking.stderr, /SHRED_KEY_MISSING/);
  const done = spawnSync(process.execPath, [...words, '--shred-key', key], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  assert.deepEqual(readdirSync(target), ['ours']);
  assert.match(done.stdout, /1 entry was left out/);
});

test('what Node.js cannot put back is told, and everything else is there', () => {
  const folder = world.path('special');
  mkdirSync(folder);
  writeFileSync(join(folder, 'plain'), 'plain');
  writeFileSync(join(folder, 'sparse'), '');
  truncateSync(join(folder, 'sparse'), 50_000_000);
  assert.equal(spawnSync('mkfifo', [join(folder, 'pipe')]).status, 0);
  assert.equal(world.run(['backup', folder]).exit, 0);
  const ran = rescue(['restore', world.repository, 'special', ...keys()]);
  assert.equal(ran.exit, 1);
  assert.match(ran.errors, /pipe: .*ENOTSUP/);
  const found = lstatSync(join(island, 'special/sparse'));
  assert.equal(found.size, 50_000_000);
  assert.ok(found.blocks < 1000, 'holes stay holes');
  assert.equal(readFileSync(join(island, 'special/plain'), 'utf8'), 'plain');
});
