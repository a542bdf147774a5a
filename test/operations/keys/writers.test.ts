// Write-only writers: they add snapshots that others restore, open nothing themselves, go on after keys rotated or their memory was lost,
// and a thief of their key can put nothing under what others store. T-50.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import { suites } from '../../../src/ciphers/kinds.ts';
import { check } from '../../../src/operations/check.ts';
import { forget } from '../../../src/operations/forget.ts';
import { addWriter, listWriters, removeWriter } from '../../../src/operations/keys/writers.ts';
import { changeCipher, rotateGeneration } from '../../../src/operations/keys.ts';
import { prune } from '../../../src/operations/prune.ts';
import { boxTypes } from '../../../src/repository/box.ts';
import { isLacking, loadChain } from '../../../src/repository/chain.ts';
import type { NewFrame } from '../../../src/repository/frame-builder.ts';
import { openForWriting, openRepository } from '../../../src/repository/open.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { putSessionKey } from '../../../src/repository/sealed-writer.ts';
import { Session } from '../../../src/repository/session.ts';
import { openSnapshot, sealTombstone } from '../../../src/repository/snapshot.ts';
import { decodeWriterKey } from '../../../src/repository/writer-key.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  owner,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../../world.ts';

class World implements Disposable {
  readonly folder = scratch();
  readonly state = scratch();
  readonly clientState = scratch();
  readonly context = testContext();
  readonly storage = new MemoryStorage();
  key = new Secret(new Uint8Array());
  writerId = '';
  #runs = 0;

  /** With one snapshot of a full writer and one write-only writer. */
  static async begin(): Promise<World> {
    const world = new World();
    await create(world.storage, world.state.path, world.context);
    writeTree(world.folder.path, { shared: noise('shared', 300_000), 'a.txt': 'by a full writer' });
    await using repository = await world.open();
    await backupFolder(world.folder.path, repository, world.context);
    const keep = (key: Secret) => {
      world.key = key;
    };
    world.writerId = (await addWriter({ name: 'client', keep }, repository, world.context)).id;
    return world;
  }

  open(): Promise<Repository> {
    this.#runs += 1;
    return open(this.storage, this.state.path, `run-${this.#runs}`, this.context);
  }

  openClient(): Promise<Repository> {
    this.#runs += 1;
    return openForWriting(
      {
        storage: this.storage,
        state: { directory: this.clientState.path },
        owner: owner(`client-${this.#runs}`),
        key: decodeWriterKey(this.key),
      },
      this.context,
    );
  }

  async saveAsClient(): Promise<string> {
    await using client = await this.openClient();
    await backupFolder(this.folder.path, client, this.context);
    return treeDigest(this.folder.path);
  }

  /** Digests of all snapshots, oldest first, after a look that everything is sound. */
  async digests(): Promise<string[]> {
    await using repository = await this.open();
    const found = await check({ level: 3 }, repository, this.context);
    assert.deepEqual(found.findings, []);
    const digests: string[] = [];
    for (const one of await snapshotsOf(repository, this.context))
      digests.push(await restoredDigest(one, repository, this.context));
    return digests;
  }

  [Symbol.dispose](): void {
    for (const one of [this.folder, this.state, this.clientState]) one[Symbol.dispose]();
  }
}

test('what a write-only writer saved is restored in full by those who can read, beside what others saved', async () => {
  using world = await World.begin();
  const before = treeDigest(world.folder.path);
  writeTree(world.folder.path, { 'deep/b.txt': 'by the client', big: noise('big', 2_000_000) });
  const after = await world.saveAsClient();
  assert.deepEqual(await world.digests(), [before, after]);
});

test('it sends nothing that a full writer or itself has sent already', async () => {
  using world = await World.begin();
  writeTree(world.folder.path, { own: noise('own', 500_000) });
  await using first = await world.openClient();
  const sent = await backupFolder(world.folder.path, first, world.context);
  assert.ok(sent.storedBytes > 500_000 && sent.storedBytes < 790_000, `${sent.storedBytes}`);
  await using second = await world.openClient();
  const again = await backupFolder(world.folder.path, second, world.context);
  assert.equal(again.newBlobs, 0);
});

test('it opens no snapshot, no tree and no data, not even its own of before, and has no master key', async () => {
  using world = await World.begin();
  await world.saveAsClient();
  await using client = await world.openClient();
  await client.loadIndex(world.context);
  assert.throws(
    () => client.masterKey,
    (error) => isFailure(error, 'denied', 'WRITE_ONLY'),
  );
  let tried = 0;
  for (const name of world.storage.names().filter((one) => one.startsWith('snapshots/'))) {
    const bytes = await world.storage.get(name, { signal: world.context.signal });
    assert.throws(
      () => openSnapshot(client.ring, bytes, name),
      (error) => isFailure(error, 'corrupt'),
    );
    tried += 1;
  }
  for (let number = 0; number < client.catalog.frameCount; number += 1) {
    // Skeletons hold ids and no names: they are for whoever prunes.
    if (client.catalog.frame(number).type === 3) continue;
    await assert.rejects(client.readFrame(number, world.context), (error) =>
      isFailure(error, 'corrupt', 'KEY_GENERATION_UNKNOWN'),
    );
    tried += 1;
  }
  assert.ok(tried >= 4, `${tried} boxes were tried`);
});

test('neither the key nor what the repository holds for it contains a key that opens data', async () => {
  using world = await World.begin();
  await using repository = await world.open();
  const { bundle } = repository.ring;
  const secrets = [
    repository.masterKey,
    bundle.sealing!.privateKey,
    ...bundle.metaKeys.map((one) => one.key),
    ...bundle.domains.flatMap((one) => one.generations.map(({ key }) => key)),
  ].map((one) => Buffer.from(one));
  await using client = await world.openClient();
  const held = JSON.stringify(client.ring.export(), (_, value) =>
    value instanceof Uint8Array
      ? Buffer.from(value).toString('hex')
      : typeof value === 'bigint'
        ? `${value}`
        : value,
  );
  assert.ok(held.includes(Buffer.from(bundle.indexKeys[0]!.key).toString('hex')), 'the search finds nothing');
  for (const secret of secrets) {
    assert.ok(!held.includes(secret.toString('hex')));
    assert.equal(Buffer.from(world.key.reveal()).indexOf(secret.toString('base64url')), -1);
  }
});

test('it goes on after keys were rotated, and after its own memory was lost, without a gap in its chain', async () => {
  using world = await World.begin();
  const digests = [treeDigest(world.folder.path), await world.saveAsClient()];
  {
    await using repository = await world.open();
    await rotateGeneration(repository, world.context);
  }
  writeFileSync(join(world.folder.path, 'a.txt'), 'after the rotation');
  digests.push(await world.saveAsClient());
  using elsewhere = scratch();
  Object.assign(world, { clientState: elsewhere });
  writeFileSync(join(world.folder.path, 'a.txt'), 'after the loss');
  digests.push(await world.saveAsClient());
  assert.deepEqual(await world.digests(), digests);
  await using repository = await world.open();
  const chain = await loadChain(repository, world.context);
  assert.equal(isLacking(chain), false);
});

test('it seals with the cipher that holds, also after that was changed', async () => {
  using world = await World.begin();
  const digests = [treeDigest(world.folder.path), await world.saveAsClient()];
  for (const cipher of ['cascade', 'chacha20-poly1305'] as const) {
    {
      await using repository = await world.open();
      await changeCipher(cipher, repository, world.context);
    }
    await using client = await world.openClient();
    assert.equal(client.ring.suite, suites[cipher]);
    writeFileSync(join(world.folder.path, 'a.txt'), cipher);
    digests.push(await world.saveAsClient());
  }
  assert.deepEqual(await world.digests(), digests);
});

test('a thief of the key can put nothing under what others will store', async () => {
  using world = await World.begin();
  const wanted = noise('wanted', 10_000);
  {
    await using thief = await world.openClient();
    await using session = await Session.open(thief, world.context);
    const frames: NewFrame[] = [];
    const builder = session.builder({ comp: 0, level: 1 }, (frame) => frames.push(frame));
    builder.add(1, noise('evil', 10_000), Buffer.alloc(32), 0);
    builder.flush();
    await session.store({ ...frames[0]!, ids: thief.ring.blobId(1, wanted) });
    await session.flush();
  }
  writeTree(world.folder.path, { wanted });
  {
    await using victim = await world.open();
    await victim.loadIndex(world.context);
    assert.ok(victim.locate(victim.ring.blobId(1, wanted)) !== undefined, 'nothing was planted');
    await backupFolder(world.folder.path, victim, world.context);
  }
  const digest = treeDigest(world.folder.path);
  const restored = async () => {
    await using repository = await world.open();
    const last = (await snapshotsOf(repository, world.context)).at(-1)!;
    await repository.loadIndex(world.context);
    return await restoredDigest(last, repository, world.context);
  };
  assert.equal(await restored(), digest);
  // Of two packs that claim the same content, the one that is vouched for stays.
  await using pruner = await world.open();
  await prune({ dryRun: false, maxUnused: 0 }, pruner, world.context);
  assert.equal(await restored(), digest);
});

test('once removed it gets nothing any more, others go on, and what it saved stays', async () => {
  using world = await World.begin();
  const digests = [treeDigest(world.folder.path), await world.saveAsClient()];
  {
    await using repository = await world.open();
    let other: Secret | undefined;
    await addWriter({ name: 'other', keep: (key) => (other = key) }, repository, world.context);
    await using fresh = await world.open();
    await removeWriter(world.writerId, fresh, world.context);
    await assert.rejects(world.openClient(), (error) => isFailure(error, 'denied', 'WRITER_REVOKED'));
    world.key = other!;
  }
  writeFileSync(join(world.folder.path, 'a.txt'), 'by the other');
  digests.push(await world.saveAsClient());
  assert.deepEqual(await world.digests(), digests);
  await using repository = await world.open();
  const states = listWriters(repository).map(({ name, writeOnly, removedAt }) => [
    name,
    writeOnly,
    removedAt !== undefined,
  ]);
  assert.deepEqual(states, [
    ['test', false, false],
    ['client', true, true],
    ['other', true, false],
  ]);
});

test('a tombstone that it signed is not believed', async () => {
  using world = await World.begin();
  await using client = await world.openClient();
  const [victim] = world.storage.names().filter((name) => name.startsWith('snapshots/'));
  const name = victim!.slice('snapshots/'.length);
  const entry = { writerId: client.writer.writerId, seq: 1, prev: [], time: 0, run: 'theft' };
  const forgotten = [{ name, id: '0'.repeat(32), writerId: '0'.repeat(32), seq: 1, rule: 'x' }];
  await using session = await Session.open(client, world.context);
  const object = sealTombstone(client.ring, { ...entry, forgotten }, client.writer);
  const stored = `tombstones/${createHash('sha256').update(object).digest('hex')}`;
  await putSessionKey(client, client.sealed!, session.id, world.context);
  await world.storage.put(stored, object, { signal: world.context.signal });
  await using repository = await world.open();
  const chain = await loadChain(repository, world.context);
  assert.equal(chain.snapshots.length, 1);
  assert.equal(chain.tombstones.size, 0);
  assert.deepEqual(
    chain.broken.map(({ failure }) => failure.code),
    ['SIGNATURE_WRONG'],
  );
});

test('a wrong key file, one of another repository, and other uses are told apart', async () => {
  using world = await World.begin();
  assert.throws(
    () => decodeWriterKey(new Secret(Buffer.from('holdfast-writer-1:AAAA'))),
    (error) => isFailure(error, 'usage', 'WRITER_KEY_INVALID'),
  );
  using other = await World.begin();
  other.key = world.key;
  await assert.rejects(other.openClient(), (error) => isFailure(error, 'denied', 'WRITER_KEY_FOREIGN'));
  await assert.rejects(
    openRepository(
      {
        storage: world.storage,
        state: { directory: world.clientState.path },
        secrets: [world.key],
        owner: owner('x'),
        writerName: 'x',
      },
      world.context,
    ),
    (error) => isFailure(error, 'denied', 'WRONG_PASSWORD'),
  );
});

test('forget and prune keep what its snapshots need, and free what they do not', async () => {
  using world = await World.begin();
  writeTree(world.folder.path, { old: noise('old', 400_000) });
  await world.saveAsClient();
  writeTree(world.folder.path, { old: 'short now', new: noise('new', 400_000) });
  const digest = await world.saveAsClient();
  await using repository = await world.open();
  const policy = { keepLast: 1 };
  await forget(
    { policy, groupBy: [], filter: {}, dryRun: false, run: 'test', zoneOffset: () => 0 },
    repository,
    world.context,
  );
  const freed = await prune({ dryRun: false, maxUnused: 0 }, repository, world.context);
  assert.ok(freed.bytesFreed > 300_000, JSON.stringify(freed));
  assert.deepEqual(await world.digests(), [digest]);
});

test('what a prune keeps of a write-only writer still stands on its word alone: others do not build on it, itself does', async () => {
  using world = await World.begin();
  const { context } = world;
  const wanted = noise('wanted here', 10_000);
  writeTree(world.folder.path, { own: wanted });
  await world.saveAsClient();
  writeTree(world.folder.path, { more: 'more' });
  const digest = await world.saveAsClient();
  await using repository = await world.open();
  const idOf = (bytes: Uint8Array) => repository.ring.blobId(boxTypes.data, bytes);
  const before = (await snapshotsOf(repository, context)).at(-2)!;
  const filter = { ids: [before.id] };
  const forgetting = { policy: {}, groupBy: [], filter, dryRun: false, run: 'test', zoneOffset: () => 0 };
  await forget(forgetting, repository, context);
  assert.ok((await prune({ dryRun: false, maxUnused: 0 }, repository, context)).packsDeleted > 0);
  {
    await using other = await world.open();
    await other.loadIndex(context);
    const { pack } = other.locate(idOf(wanted))!.frame;
    assert.equal(pack.trusted, false);
    assert.match(pack.voucher ?? '', /^[0-9a-f]{32}$/);
    assert.ok(other.index.isCondemned(other.index.findForReading(idOf(wanted), 0)));
    await using client = await world.openClient();
    await client.loadIndex(context);
    assert.equal(client.catalog.byName(pack.name)!.trusted, true);
  }
  assert.deepEqual((await world.digests()).at(-1), digest);
  // A full writer that needs the same content stores it anew, on its own word.
  {
    await using full = await world.open();
    await backupFolder(world.folder.path, full, context, { force: true });
    await full.loadIndex(context);
    assert.equal(full.locate(idOf(wanted))!.frame.pack.trusted, true);
  }
  assert.deepEqual((await world.digests()).slice(-2), [digest, digest]);
});
