// What opens a repository beside its ordinary slots, what does not stand in the way, and a borrowed pack that goes at the wrong moment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { decodeJcs, encodeJcs } from '../../src/base/jcs.ts';
import { Secret } from '../../src/base/secret.ts';
import { masterKeySecret, masterKeyText } from '../../src/keyslots/master-key-text.ts';
import { boxTypes } from '../../src/repository/box.ts';
import type { NewFrame } from '../../src/repository/frame-builder.ts';
import { openRepository } from '../../src/repository/open.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { create, noise, open, owner, password, scratch, testContext } from '../world.ts';

async function world(folder: string) {
  const context = testContext();
  const storage = new MemoryStorage();
  await create(storage, folder, context);
  const openWith = (...secrets: readonly Secret[]) =>
    openRepository(
      { storage, state: { directory: folder }, secrets, owner: owner('two'), writerName: 'test' },
      context,
    );
  return { context, storage, openWith, slot: storage.names().find((name) => name.startsWith('keys/slot-'))! };
}

const isWrong = (error: unknown) => isFailure(error, 'denied', 'WRONG_PASSWORD');

test('the text of the master key opens without any slot, and that of another repository does not', async () => {
  using folder = scratch();
  const { context, storage, openWith, slot } = await world(folder.path);
  const { masterKey } = await open(storage, folder.path, 'one', context);
  const opens = async (...secrets: readonly Secret[]) =>
    assert.deepEqual(Buffer.from((await openWith(...secrets)).masterKey), Buffer.from(masterKey));
  const textOf = (key: Uint8Array) => masterKeySecret(new Secret(masterKeyText(key, 'x')));
  await opens(textOf(masterKey));
  await assert.rejects(() => openWith(textOf(noise('other', 32))), isWrong);
  await opens(textOf(noise('other', 32)), password);
  storage.damage(slot, undefined);
  await opens(textOf(masterKey));
  // No passphrase is wrong where there is nothing to open.
  await assert.rejects(
    () => openWith(password),
    (error) => isFailure(error, 'corrupt', 'NO_KEY_SLOT'),
  );
});

test('a slot of a type that is not known yet, or that is broken, hinders no other slot', async () => {
  using folder = scratch();
  const { context, storage, openWith, slot } = await world(folder.path);
  const bytes = await storage.get(slot, { signal: context.signal });
  const item = decodeJcs(bytes) as Record<string, never>;
  const future = encodeJcs({ ...item, id: '0'.repeat(32), type: 'telepathy' });
  await storage.put(`keys/slot-${'0'.repeat(32)}`, future, { signal: context.signal });
  await storage.put(`keys/slot-${'1'.repeat(32)}`, Buffer.from('no slot'), { signal: context.signal });
  await openWith(password);
  // Who opens with none has looked at all of them.
  await assert.rejects(() => openWith(new Secret(Buffer.from('wrong'))), isWrong);
  assert.match(context.warnings.join('\n'), /of a type that this version does not know/);
  assert.match(context.warnings.join('\n'), /cannot be used/);
});

test('a repository that lost all its key bundles says so', async () => {
  using folder = scratch();
  const { storage, openWith } = await world(folder.path);
  for (const name of storage.names()) if (name.startsWith('keys/bundle-')) storage.damage(name, undefined);
  await assert.rejects(() => openWith(password), isFailure);
});

test('a blob whose pack goes before it is borrowed counts as absent, and is stored again', async () => {
  using folder = scratch();
  const { context, storage, openWith } = await world(folder.path);
  const add = async (session: Session, name: string): Promise<boolean> => {
    const frames: NewFrame[] = [];
    const builder = session.builder({ comp: 0, level: 0 }, (frame) => frames.push(frame));
    const isNew = builder.add(boxTypes.data, noise(name, 1000), new Uint8Array(32), 0);
    builder.flush();
    for (const frame of frames) await session.store(frame);
    await session.flush();
    return isNew;
  };
  {
    await using first = await openWith(password);
    await using session = await Session.open(first, context);
    assert.equal(await add(session, 'a'), true);
  }
  const [pack] = storage.names().filter((name) => name.startsWith('packs/'));
  await using second = await openWith(password);
  await second.loadIndex(context);
  await using session = await Session.open(second, context);
  assert.equal(await add(session, 'a'), false);
  storage.damage(pack!, undefined);
  assert.equal(await session.borrow(), false);
  assert.match(context.warnings.join('\n'), /are gone, their blobs are stored again/);
  assert.equal(await add(session, 'a'), true);
  assert.equal(await session.borrow(), true);
});
