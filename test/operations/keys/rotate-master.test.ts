// A new master key: at every moment of it somebody can open, a second run finishes what a killed one began, and nothing that the old key
// sealed is left. security: §2.13, T-54, T-58.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import { generateKeyPairTexts } from '../../../src/keyslots/key-pair.ts';
import { identityType, verifySlot } from '../../../src/keyslots/slot.ts';
import { check } from '../../../src/operations/check.ts';
import { retireGeneration } from '../../../src/operations/keys/generations.ts';
import { addMaintainer } from '../../../src/operations/keys/maintainers.ts';
import { readRescue, writeRescue } from '../../../src/operations/keys/rescue.ts';
import { rotateMaster } from '../../../src/operations/keys/rotate-master.ts';
import type { SlotSecret } from '../../../src/operations/keys/slots-beside.ts';
import { addWriter } from '../../../src/operations/keys/writers.ts';
import { addKey, listKeys, rotateGeneration } from '../../../src/operations/keys.ts';
import { prune } from '../../../src/operations/prune.ts';
import { createRepository } from '../../../src/repository/create.ts';
import { decodeMaintenanceKey } from '../../../src/repository/maintenance-key.ts';
import { openForWriting, openRepository } from '../../../src/repository/open.ts';
import { openForMaintenance } from '../../../src/repository/open-maintenance.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { decodeWriterKey } from '../../../src/repository/writer-key.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { type RecordedCall, withRecording } from '../../../src/storage/with/recording.ts';
import { CrashingStorage } from '../../fault/crashing-storage.ts';
import {
  backupFolder,
  noise,
  owner,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../../world.ts';

function keyFile(): SlotSecret {
  const text = `${randomBytes(32).toString('base64url')}\n`;
  return { secret: new Secret(Buffer.from(text, 'latin1'), 'key-file'), type: 'key-file' };
}

/** Does something else before one of its changes. */
class PausingStorage extends MemoryStorage {
  readonly #inner: MemoryStorage;
  readonly #meanwhile: () => Promise<void>;
  #calls: number;

  constructor(inner: MemoryStorage, calls: number, meanwhile: () => Promise<void>) {
    super();
    this.#inner = inner;
    this.#calls = calls;
    this.#meanwhile = meanwhile;
  }
  async #pause(): Promise<void> {
    this.#calls -= 1;
    if (this.#calls === 0) await this.#meanwhile();
  }
  override async put(...call: Parameters<MemoryStorage['put']>): Promise<void> {
    await this.#pause();
    return this.#inner.put(...call);
  }
  override async delete(...call: Parameters<MemoryStorage['delete']>): Promise<void> {
    await this.#pause();
    return this.#inner.delete(...call);
  }
  override get(...call: Parameters<MemoryStorage['get']>): Promise<Uint8Array> {
    return this.#inner.get(...call);
  }
  override list(...call: Parameters<MemoryStorage['list']>) {
    return this.#inner.list(...call);
  }
}

/** The same world once more: what a host remembers of a storage goes with it. */
function twin(all: World, state: string): World {
  cpSync(all.state, state, { recursive: true });
  return { ...all, state, storage: all.storage.clone() };
}

interface World {
  readonly storage: MemoryStorage;
  readonly state: string;
  readonly first: SlotSecret;
  readonly second: SlotSecret;
  readonly publicHalf: SlotSecret;
  readonly privateHalf: SlotSecret;
  readonly digest: string;
}

/** A repository with one backup and three keys. */
async function world(folder: string): Promise<World> {
  const context = testContext();
  const storage = new MemoryStorage();
  const first = keyFile();
  const second = keyFile();
  const pair = await generateKeyPairTexts('x25519');
  const half = (text: string): SlotSecret => ({
    secret: new Secret(Buffer.from(text, 'latin1'), identityType),
    type: 'x25519',
  });
  const publicHalf = half(pair.publicText);
  const state = `${folder}/state`;
  await createRepository(
    {
      storage,
      state: { directory: state },
      secret: first.secret,
      slotType: first.type,
      label: 'first',
      profile: 'default',
      suite: 1,
      owner: owner('init'),
      writerName: 'test',
    },
    context,
  );
  writeTree(`${folder}/tree`, { 'a/one.txt': 'one', 'two.txt': 'two'.repeat(1000) });
  await using repository = await openAs(first, storage, state);
  await addKey({ ...second, label: 'second' }, repository, context);
  await addKey({ ...publicHalf, label: 'third' }, repository, context);
  await backupFolder(`${folder}/tree`, repository, context);
  const [snapshot] = await snapshotsOf(repository, context);
  const digest = await restoredDigest(snapshot!, repository, context);
  assert.notEqual(digest, treeDigest(`${folder}/state`));
  return { storage, state, first, second, publicHalf, privateHalf: half(pair.privateText), digest };
}

function openAs(
  { secret }: SlotSecret,
  storage: Storage,
  state: string,
  purpose: 'read' | 'write' = 'write',
): Promise<Repository> {
  const access = { storage, state: { directory: state }, secrets: [secret], writerName: 'test', purpose };
  return openRepository({ ...access, owner: owner('run') }, testContext());
}

/** As the command does it: for reading, so that a host that is no writer can finish, too. */
async function rotate(
  { first, second, publicHalf, state }: World,
  storage: Storage,
  more: { readonly dropOthers?: boolean; readonly dryRun?: boolean; readonly secrets?: SlotSecret[] } = {},
) {
  await using repository = await openAs(first, storage, state, 'read');
  return rotateMaster(
    {
      secrets: more.secrets ?? [first, second, publicHalf],
      dropOthers: more.dropOthers ?? false,
      dryRun: more.dryRun ?? false,
    },
    repository,
    testContext(),
  );
}

async function restoresAs(secret: SlotSecret, { state, digest }: World, storage: Storage): Promise<void> {
  const context = testContext();
  await using repository = await openAs(secret, storage, state);
  const snapshots = await snapshotsOf(repository, context);
  await repository.loadIndex(context);
  assert.equal(await restoredDigest(snapshots[0]!, repository, context), digest);
}

/** Whatever is half done, nothing that is there counts as damaged for who has the newer master key. */
async function assertClean({ first, state }: World, storage: Storage): Promise<void> {
  await using repository = await openAs(first, storage, state, 'read');
  if (repository.ring.bundle.outgoing === undefined) return;
  await repository.loadIndex(testContext());
  assert.deepEqual((await check({ level: 1 }, repository, testContext())).findings, []);
}

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
    return 'none';
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.code;
  }
}

test('every secret opens the same backups after a rotation, and nothing that the old key had sealed is left', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  const { storage } = all;
  const old = await openAs(all.first, storage, all.state);
  const oldKey = old.masterKey;
  const generation = old.ring.dataGeneration;
  const packs = () => storage.names().filter((name) => !/^(keys|config)\//.test(name));
  const before = packs();
  const outcome = await rotate(all, storage);
  assert.deepEqual(packs(), before, 'no data is rewritten');
  assert.equal(outcome.resumed, false);
  assert.deepEqual(outcome.rewrapped.map(({ label }) => label).sort(), ['first', 'second', 'third']);
  assert.equal(outcome.generation, generation + 1);
  for (const secret of [all.first, all.second, all.privateHalf]) await restoresAs(secret, all, storage);
  await using now = await openAs(all.first, storage, all.state);
  assert.notDeepEqual(now.masterKey, oldKey);
  assert.equal(now.ring.dataGeneration, generation + 1);
  assert.equal(now.ring.bundle.outgoing, undefined);
  const keys = await listKeys(now, testContext());
  assert.deepEqual(keys.map(({ label, isBroken }) => [label, isBroken]).sort(), [
    ['first', false],
    ['second', false],
    ['third', false],
  ]);
  for (const name of storage.names().filter((one) => one.startsWith('keys/slot-'))) {
    const bytes = await storage.get(name, testContext());
    assert.throws(() => verifySlot(bytes, oldKey), { code: 'SLOT_BROKEN' });
  }
});

test('a host that was open with the old key changes neither keys nor bundle afterwards, and one that joins is told to wait', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  const { storage } = all;
  const context = testContext();
  await using old = await openAs(all.first, storage, all.state);
  const halfway = new CrashingStorage(storage, { call: 3, moment: 'after' });
  assert.equal(await codeOf(() => rotate(all, halfway)), 'PROCESS_DIED');
  await using newer = await openAs(all.first, storage, all.state);
  assert.equal(await codeOf(() => rotateGeneration(newer, context)), 'MASTER_KEY_CHANGING');
  const retiring = { generation: 1, kinds: ['data'] as const, dryRun: false };
  assert.equal(await codeOf(() => retireGeneration(retiring, newer, context)), 'MASTER_KEY_CHANGING');
  assert.equal(await codeOf(() => rotateGeneration(old, context)), 'BUNDLE_CONTENDED');
  assert.equal(
    await codeOf(() => openAs(all.second, storage, `${folder.path}/other`)),
    'MASTER_KEY_CHANGING',
  );
  await backupFolder(`${folder.path}/tree`, old, context, { force: true });
  await rotate(all, storage);
  await using now = await openAs(all.second, storage, `${folder.path}/other`);
  await now.loadIndex(context);
  for (const snapshot of await snapshotsOf(now, context))
    assert.equal(await restoredDigest(snapshot, now, context), all.digest);
});

test('killed at any change it leaves a repository that every secret opens, and a second run does the rest', async () => {
  using folder = scratch();
  const original = await world(folder.path);
  const bundles = (storage: MemoryStorage) =>
    storage.names().filter((name) => name.startsWith('keys/bundle-'));
  let points = 0;
  for (let call = 1, isDone = false; !isDone; call += 1) {
    for (const moment of ['before', 'after'] as const) {
      const all = twin(original, `${folder.path}/${call}-${moment}`);
      const { storage } = all;
      const crashing = new CrashingStorage(storage, { call, moment });
      const code = await codeOf(() => rotate(all, crashing));
      isDone = !crashing.crashed;
      if (isDone) break;
      assert.equal(code, 'PROCESS_DIED');
      points += 1;
      for (const secret of [all.first, all.second, all.privateHalf]) await restoresAs(secret, all, storage);
      const before = bundles(storage);
      if (moment === 'after') await assertClean(all, storage);
      const outcome = await rotate(all, storage);
      assert.ok(bundles(storage).length <= before.length + 2);
      for (const secret of [all.first, all.second, all.privateHalf]) await restoresAs(secret, all, storage);
      await using now = await openAs(all.first, storage, all.state);
      assert.equal(now.ring.bundle.outgoing, undefined, `call ${call} ${moment}`);
      assert.ok(now.ring.dataGeneration >= 2);
      const keys = await listKeys(now, testContext());
      assert.deepEqual(
        keys.filter(({ isBroken }) => isBroken),
        [],
        `call ${call} ${moment}`,
      );
      assert.equal(keys.length, 3);
      assert.equal(outcome.foreign.length, 0);
      await backupFolder(`${folder.path}/tree`, now, testContext(), { force: true });
    }
  }
  assert.ok(points >= 20, `${points} points`);
});

test('keys whose secret is not given are named and nothing is changed, unless they are to go', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  const { storage, first, second } = all;
  const before = storage.names();
  assert.equal(await codeOf(() => rotate(all, storage, { secrets: [first] })), 'KEYS_UNSETTLED');
  assert.equal(await codeOf(() => rotate(all, storage, { secrets: [first, keyFile()] })), 'KEY_UNMATCHED');
  assert.equal(await codeOf(() => rotate(all, storage, { secrets: [], dropOthers: true })), 'LAST_KEY');
  const dry = await rotate(all, storage, { secrets: [first, second], dropOthers: true, dryRun: true });
  assert.deepEqual(
    dry.dropped.map(({ label }) => label),
    ['third'],
  );
  assert.deepEqual(storage.names(), before);
  const done = await rotate(all, storage, { secrets: [first, second], dropOthers: true });
  assert.deepEqual(
    done.dropped.map(({ label }) => label),
    ['third'],
  );
  await restoresAs(second, all, storage);
  assert.equal(await codeOf(() => openAs(all.privateHalf, storage, all.state)), 'WRONG_PASSWORD');
});

test('a copied slot opens the old key, which no longer opens anything that is there (T-54)', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  const { storage, first, second } = all;
  const [slot] = storage.names().filter((name) => name.startsWith('keys/slot-'));
  const copies = new Map<string, Uint8Array>();
  for (const name of storage.names().filter((one) => one.startsWith('keys/slot-')))
    copies.set(name, await storage.get(name, testContext()));
  await rotate(all, storage, { secrets: [first], dropOthers: true });
  for (const [name, bytes] of copies) await storage.put(name, bytes, testContext());
  assert.ok(slot !== undefined && storage.names().includes(slot));
  assert.notEqual(await codeOf(() => openAs(second, storage, all.state, 'read')), 'none');
  await restoresAs(first, all, storage);
});

test('the calls are the same few whatever the size of the repository, and none of them touches data', async (t) => {
  using folder = scratch();
  const all = await world(folder.path);
  const callsOf = async (storage: MemoryStorage) => {
    const calls: RecordedCall[] = [];
    const began = performance.now();
    await rotate(all, withRecording(storage, calls));
    t.diagnostic(`${calls.length} calls, ${Math.round(performance.now() - began)} ms`);
    return calls;
  };
  const small = all.storage.clone();
  for (let round = 0; round < 5; round += 1) {
    writeTree(`${folder.path}/tree`, { [`${round}.bin`]: noise(`round ${round}`, 100_000) });
    await using repository = await openAs(all.first, all.storage, all.state);
    await backupFolder(`${folder.path}/tree`, repository, testContext());
  }
  const calls = await callsOf(all.storage);
  assert.equal(calls.length, (await callsOf(small)).length);
  assert.ok(calls.length < 150, `${calls.length} calls`);
  for (const { name } of calls) assert.match(name, /^(keys|config)\//);
});

test('shares of several people and the rescue bundle outlive the master key that they were made for', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  const { storage, first } = all;
  const context = testContext();
  const content = { storage: '{}', slots: '[]', runbooks: { de: 'Anleitung', en: 'runbook' } };
  let handOut: readonly Secret[] = [];
  {
    await using repository = await openAs(first, storage, all.state);
    const nobody = new Secret(new Uint8Array(0), 'shamir');
    const params = { threshold: 2, count: 3 };
    ({ handOut } = await addKey(
      { secret: nobody, type: 'shamir', params, label: 'board' },
      repository,
      context,
    ));
    await writeRescue({ content }, repository, context);
  }
  const together = (shares: readonly Secret[]): SlotSecret => {
    const bytes = Buffer.concat(shares.map((one) => one.reveal()));
    return { secret: new Secret(bytes, 'shamir'), type: 'shamir' };
  };
  const halfway = new CrashingStorage(storage, { call: 5, moment: 'after' });
  const secrets = [first, together(handOut.slice(0, 2))];
  assert.equal(await codeOf(() => rotate(all, halfway, { secrets, dropOthers: true })), 'PROCESS_DIED');
  await rotate(all, storage, { secrets, dropOthers: true });
  await restoresAs(together(handOut.slice(1)), all, storage);
  await using repository = await openAs(first, storage, all.state);
  assert.equal((await readRescue(repository, context)).runbooks.en, 'runbook');
  const rescues = storage.names().filter((name) => name.startsWith('keys/rescue-'));
  assert.deepEqual(rescues, ['keys/rescue-2']);
  const checked = await check({ level: 1 }, repository, context);
  assert.deepEqual(checked.findings, []);
});

test('hosts that only write or only maintain go on with the keys they have, also while it is half done', async () => {
  using folder = scratch();
  const all = await world(folder.path);
  const { storage, first } = all;
  const context = testContext();
  const kept: Secret[] = [];
  {
    await using repository = await openAs(first, storage, all.state);
    await addWriter({ name: 'client', keep: (key) => kept.push(key) }, repository, context);
  }
  {
    await using repository = await openAs(first, storage, all.state);
    await addMaintainer({ name: 'keeper', keep: (key) => kept.push(key) }, repository, context);
  }
  const state = { directory: `${folder.path}/client` };
  const both = async (round: string) => {
    const client = await openForWriting(
      { storage, state, owner: owner(`client ${round}`), key: decodeWriterKey(kept[0]!) },
      context,
    );
    writeTree(`${folder.path}/tree`, { [round]: round });
    await backupFolder(`${folder.path}/tree`, client, context);
    const keeper = await openForMaintenance(
      { storage, state, owner: owner(`keeper ${round}`), key: decodeMaintenanceKey(kept[1]!) },
      context,
    );
    await prune({ dryRun: false, maxUnused: 0 }, keeper, context);
    await using repository = await openAs(first, storage, all.state);
    const newest = (await snapshotsOf(repository, context)).at(-1)!;
    await repository.loadIndex(context);
    assert.equal(await restoredDigest(newest, repository, context), treeDigest(`${folder.path}/tree`), round);
  };
  await both('before');
  const halfway = new CrashingStorage(storage, { call: 6, moment: 'after' });
  assert.equal(await codeOf(() => rotate(all, halfway)), 'PROCESS_DIED');
  await both('half done');
  await rotate(all, storage);
  await both('done');
  await restoresAs(all.second, all, storage);
});

test('of two rotations at once at most one takes effect, and all keys open what it leaves', async () => {
  using folder = scratch();
  const original = await world(folder.path);
  for (let call = 1; call <= 12; call += 1) {
    const all = twin(original, `${folder.path}/${call}`);
    const { storage } = all;
    // The first stands still at this change, while the second does all of its own.
    const codes: string[] = [];
    const pausing = new PausingStorage(storage, call, async () => {
      codes.push(await codeOf(() => rotate(all, storage)));
    });
    codes.push(await codeOf(() => rotate(all, pausing)));
    for (const code of codes) assert.match(code, /^(none|BUNDLE_CONTENDED|MASTER_KEY_CHANGING)$/, `${call}`);
    for (const secret of [all.first, all.second, all.privateHalf]) await restoresAs(secret, all, storage);
    await rotate(all, storage);
    for (const secret of [all.first, all.second, all.privateHalf]) await restoresAs(secret, all, storage);
  }
});
