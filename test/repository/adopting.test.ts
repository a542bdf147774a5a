// What a killed run has stored is taken over by the next one of its host: all that can be read of it, and nothing is given up because of a
// trouble that passes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { boxTypes } from '../../src/repository/box.ts';
import type { NewFrame } from '../../src/repository/frame-builder.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { create, noise, open, scratch, testContext } from '../world.ts';

/** A run that was killed when two of its packs had arrived and no index told of them. */
async function world(folder: string) {
  const context = testContext();
  const inner = new MemoryStorage();
  await create(inner, folder, context);
  const killed = await open(inner, folder, 'killed', context);
  const session = await Session.open(killed, context);
  const ids = new Uint8Array(64);
  for (const row of [0, 1]) {
    const frames: NewFrame[] = [];
    const builder = session.builder({ comp: 0, level: 0 }, (frame) => frames.push(frame));
    builder.add(boxTypes.data, noise(`blob ${row}`, 1000), ids, 32 * row);
    builder.flush();
    for (const frame of frames) await session.store(frame);
    await session.packs.flush();
  }
  const packs = inner.names().filter((name) => name.startsWith('packs/'));
  assert.equal(packs.length, 2);
  const trouble = { of: (_name: string): Failure | undefined => undefined };
  const storage = forwarding(inner, {
    async get(name, options) {
      const failure = trouble.of(name);
      if (failure !== undefined) throw failure;
      return inner.get(name, options);
    },
  });
  /** The next run of the host: how many of the blobs it has after it opened its session. */
  const next = async (): Promise<number> => {
    await using repository = await open(storage, folder, 'next', context);
    await using _ = await Session.open(repository, context);
    await repository.loadIndex(context);
    return [0, 32].filter((at) => repository.locate(ids, at) !== undefined).length;
  };
  const isMarked = () => inner.names().includes(`sessions/${session.name}`);
  return { context, inner, packs, trouble, next, isMarked };
}

for (const [what, failure] of [
  ['is damaged', new Failure('corrupt', 'OBJECT_DAMAGED', 'other bytes')],
  ['goes while it is looked at', new Failure('missing', 'OBJECT_MISSING', 'gone')],
  ['lies in a cold tier', new Failure('conflict', 'OBJECT_FROZEN', 'frozen')],
] as const) {
  test(`of a killed run, a pack that ${what} is left, the others are taken over`, async () => {
    using folder = scratch();
    const { context, packs, trouble, next, isMarked } = await world(folder.path);
    trouble.of = (name) => (name === packs[0] ? failure : undefined);
    assert.equal(await next(), 1);
    assert.ok(!isMarked());
    assert.match(context.warnings.join(), /a pack without index is not readable/);
  });
}

for (const failure of [
  new Failure('unavailable', 'STORAGE_UNREACHABLE', 'nobody is there'),
  new Failure('conflict', 'OBJECT_EXISTS', 'no answer to a reading'),
]) {
  test(`what a killed run stored is given up by no ${failure.code}: the next run takes all of it over`, async () => {
    using folder = scratch();
    const { packs, trouble, next, isMarked } = await world(folder.path);
    trouble.of = (name) => (name === packs[0] ? failure : undefined);
    await assert.rejects(next, failure);
    assert.ok(isMarked());
    trouble.of = () => undefined;
    assert.equal(await next(), 2);
    assert.ok(!isMarked());
  });
}

test('packs of a run that may be alive are left to it', async () => {
  using folder = scratch();
  const context = testContext();
  const inner = new MemoryStorage();
  await create(inner, folder.path, context);
  const alive = await open(inner, folder.path, 'same', context);
  const session = await Session.open(alive, context);
  const frames: NewFrame[] = [];
  const builder = session.builder({ comp: 0, level: 0 }, (frame) => frames.push(frame));
  const id = new Uint8Array(32);
  builder.add(boxTypes.data, noise('alive', 1000), id, 0);
  builder.flush();
  for (const frame of frames) await session.store(frame);
  await session.packs.flush();
  const other = await open(inner, folder.path, 'same', context);
  await using _ = await Session.open(other, context);
  await other.loadIndex(context);
  assert.equal(other.locate(id), undefined);
  assert.ok(inner.names().includes(`sessions/${session.name}`));
});
