// What a host remembers: made once, read back exactly, and what is no memory is said to be broken without quoting it.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { openRepository } from '../../src/repository/open.ts';
import { listSnapshots } from '../../src/repository/snapshots.ts';
import { RepositoryState } from '../../src/repository/state.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import {
  backupFolder,
  create,
  open,
  owner,
  password,
  restoredDigest,
  scratch,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

const isBroken = (error: unknown) => isFailure(error, 'corrupt', 'STATE_BROKEN');

test('a writer is made once, for its owner alone, and is the same ever after', () => {
  using folder = scratch();
  const state = new RepositoryState({ directory: folder.path }, 'abc');
  const made = state.writer();
  const again = new RepositoryState({ directory: folder.path }, 'abc').writer();
  assert.equal(again.writerId, made.writerId);
  assert.deepEqual(again.publicKey, made.publicKey);
  assert.deepEqual(again.keyId, made.keyId);
  assert.ok(again.privateKey.equals(made.privateKey));
  assert.equal(statSync(state.directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(state.directory, 'writer.json')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(state.directory), ['writer.json']);
  assert.notEqual(new RepositoryState({ directory: folder.path }, 'other').writer().writerId, made.writerId);
});

test('a spoiled writer is said to be broken, and its key is quoted nowhere', () => {
  using folder = scratch();
  const state = new RepositoryState({ directory: folder.path }, 'abc');
  const { writerId } = state.writer();
  const path = join(state.directory, 'writer.json');
  const { key } = JSON.parse(readFileSync(path, 'utf8')) as { key: string };
  const { privateKey } = generateKeyPairSync('x25519');
  const spoiled = [
    '',
    'null',
    key,
    JSON.stringify({ writerId, key }).slice(0, -4),
    JSON.stringify({ key }),
    JSON.stringify({ writerId: writerId.slice(1), key }),
    JSON.stringify({ writerId: `${writerId}0`, key }),
    JSON.stringify({ writerId: writerId.replace(/./, 'x'), key }),
    JSON.stringify({ writerId }),
    JSON.stringify({ writerId, key: 7 }),
    JSON.stringify({ writerId, key: key.replace('PRIVATE', 'PUBLIC') }),
    JSON.stringify({ writerId, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) }),
  ];
  const secret = key.split('\n')[1]!;
  for (const text of spoiled) {
    writeFileSync(path, text);
    assert.throws(
      () => state.writer(),
      (error) => isBroken(error) && !JSON.stringify([error, String((error as Error).cause)]).includes(secret),
      text.slice(0, 60),
    );
  }
});

test('heads and times of checks come back, and what is none of them is said to be broken', () => {
  using folder = scratch();
  const state = new RepositoryState({ directory: folder.path }, 'abc');
  assert.deepEqual([state.heads(), state.verified()], [{}, {}]);
  const heads = { aa: { seq: 3, names: ['x', 'y'] }, bb: { seq: 1, names: [] } };
  state.rememberHeads(heads);
  state.noteVerified({ pack: 12.5 }, testContext());
  assert.deepEqual([state.heads(), state.verified()], [heads, { pack: 12.5 }]);
  assert.deepEqual(readdirSync(state.directory).sort(), ['heads.json', 'verified.json']);
  const good = { seq: 1, names: ['x'] };
  for (const head of [
    null,
    7,
    'x',
    [],
    {},
    { seq: 1 },
    { names: ['x'] },
    { ...good, seq: 1.5 },
    { ...good, seq: '1' },
    { ...good, names: 'x' },
    { ...good, names: ['x', 7] },
  ]) {
    writeFileSync(join(state.directory, 'heads.json'), JSON.stringify({ aa: good, bb: head }));
    assert.throws(() => state.heads(), isBroken, JSON.stringify(head));
  }
  for (const text of [
    '',
    '{',
    'null',
    '7',
    '"x"',
    '[]',
    '[1]',
    '{"pack":null}',
    '{"pack":"1"}',
    '{"a":1,"pack":{}}',
  ]) {
    writeFileSync(join(state.directory, 'verified.json'), text);
    assert.throws(() => state.verified(), isBroken, text);
  }
});

test('a file that cannot be read is another trouble than one that is not there', () => {
  using folder = scratch();
  const state = new RepositoryState({ directory: folder.path }, 'abc');
  mkdirSync(join(state.directory, 'heads.json'), { recursive: true });
  assert.throws(
    () => state.heads(),
    (error) => isFailure(error, 'denied', 'STATE_DENIED'),
  );
  rmSync(state.directory, { recursive: true });
  assert.deepEqual(state.heads(), {});
});

test('on a disk that takes nothing, what was read, published, forgotten and proven counts, and the memory is made up later', async () => {
  using folder = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  const state = join(folder.path, 'state');
  await create(memory, state, context);
  const run = () => open(memory, state, 'run', context);
  const repository = await run();
  const saved = readFileSync(join(repository.state.directory, 'writer.json'));
  // Nothing can be made there, and nothing is found.
  rmSync(repository.state.directory, { recursive: true });
  symlinkSync('/proc/self/fdinfo', repository.state.directory);
  for (const content of ['one', 'two']) {
    writeTree(folder.path, { 'source/file': content });
    const { outcome } = await backupFolder(join(folder.path, 'source'), repository, context);
    assert.equal(outcome, 'succeeded');
  }
  assert.match(context.warnings.join(), /recovery points of this repository could not be remembered/);
  const [first, second] = await listSnapshots(repository, context);
  const filter = { ids: [first!.id] };
  const forgetting = { policy: {}, groupBy: [], filter, dryRun: false, run: 'test', zoneOffset: () => 0 };
  await forget(forgetting, repository, context);
  await prune({ dryRun: false, maxUnused: 0 }, repository, context);
  await repository.loadIndex(context);
  assert.deepEqual((await check({ level: 3 }, repository, context)).findings, []);
  assert.match(context.warnings.join(), /what was verified could not be remembered/);
  rmSync(repository.state.directory);
  mkdirSync(repository.state.directory);
  writeFileSync(join(repository.state.directory, 'writer.json'), saved);
  const later = await run();
  const listed = await listSnapshots(later, context);
  assert.deepEqual(
    listed.map(({ id }) => id),
    [second!.id],
  );
  assert.equal(later.state.heads()[later.writer.writerId]?.seq, 3);
});

test('a host that cannot keep any memory reads and restores all the same', async () => {
  using folder = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  const state = join(folder.path, 'state');
  await create(memory, state, context);
  const source = join(folder.path, 'source');
  writeTree(source, { file: 'content' });
  await backupFolder(source, await open(memory, state, 'run', context), context);
  const reader = await openRepository(
    {
      storage: memory,
      state: { directory: '/proc/holdfast' },
      secrets: [password],
      owner: owner('reader'),
      writerName: 'test',
      purpose: 'read',
    },
    context,
  );
  const [snapshot] = await listSnapshots(reader, context);
  await reader.loadIndex(context);
  assert.equal(await restoredDigest(snapshot!, reader, context), treeDigest(source));
  assert.match(context.warnings.join(), /could not be remembered/);
});
