// A restore in place that dies anywhere, and a rollback that dies anywhere: afterwards a rollback brings back what was there, byte for byte.

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { listRestores } from '../../src/operations/rollback.ts';
import {
  changeTree,
  failingSystem,
  fillTree,
  fullListing,
  InPlaceWorld,
  Killed,
  memoryScratch,
  mortalSystem,
  plainRenames,
} from '../operations/in-place-world.ts';
import { writeTree } from '../world.ts';

test('a restore in place that dies before any of its calls is undone byte for byte', async (t) => {
  using world = new InPlaceWorld(memoryScratch);
  await world.save(() => fillTree(world));
  changeTree(world);
  const before = fullListing(world.folder);
  let calls = 0;
  for (let at = 1; ; at += 1) {
    await world.forgetRestorePoints();
    const { system } = mortalSystem(at);
    try {
      await world.restore({ delete: true, system });
      break;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    const back = await world.rollback().catch((error: { code?: string }) => error.code);
    // Nothing to undo is right only when it died before it had begun.
    if (typeof back === 'string') assert.equal(back, 'RESTORE_MISSING');
    assert.equal(fullListing(world.folder), before, `died before call ${at}`);
    calls = at;
  }
  await world.rollback();
  assert.equal(fullListing(world.folder), before);
  assert.deepEqual(world.context.problems, []);
  assert.ok(calls > 80, `only ${calls} calls`);
  t.diagnostic(`${calls} calls, died before each of them`);
});

test('a rollback that dies before any of its calls is finished by the next one', async (t) => {
  using world = new InPlaceWorld(memoryScratch);
  await world.save(() => fillTree(world));
  changeTree(world);
  const before = fullListing(world.folder);
  let calls = 0;
  for (let at = 1; ; at += 1) {
    await world.forgetRestorePoints();
    await world.restore({ delete: true });
    const { system } = mortalSystem(at);
    try {
      await world.rollback({ system });
      break;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    const back = await world.rollback().catch((error: { code?: string }) => error.code);
    if (typeof back === 'string') assert.equal(back, 'RESTORE_MISSING');
    assert.equal(fullListing(world.folder), before, `died before call ${at}`);
    calls = at;
  }
  assert.equal(fullListing(world.folder), before);
  assert.deepEqual(world.context.problems, []);
  assert.ok(calls > 50, `only ${calls} calls`);
  t.diagnostic(`${calls} calls, died before each of them`);
});

test('where two entries cannot be exchanged at once, dying between the two renames is undone, too', async (t) => {
  using world = new InPlaceWorld(memoryScratch);
  await world.save(() => fillTree(world));
  changeTree(world);
  const before = fullListing(world.folder);
  let calls = 0;
  // The calls before the first move are the same as above.
  for (let at = 70; ; at += 2) {
    await world.forgetRestorePoints();
    const { system } = mortalSystem(at, plainRenames());
    try {
      await world.restore({ delete: true, system });
      break;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    await assert.rejects(
      world.rollback({ system: mortalSystem(4 + (at % 30), plainRenames()).system }),
      Killed,
    );
    await world.rollback({ system: plainRenames() });
    assert.equal(fullListing(world.folder), before, `died before call ${at}`);
    calls = at;
  }
  await world.rollback({ system: plainRenames() });
  assert.equal(fullListing(world.folder), before);
  assert.deepEqual(world.context.problems, []);
  assert.ok(calls > 94, `only ${calls} calls`);
  t.diagnostic(`${calls} calls`);
});

test('several folders are restored together and undone together, wherever it dies', async (t) => {
  using world = new InPlaceWorld(memoryScratch);
  const other = join(world.path, 'other');
  await world.save(() => fillTree(world), {
    folder: other,
    fill: () => writeTree(other, { 'a/b.txt': 'b', 'c.txt': 'c' }),
  });
  changeTree(world);
  writeFileSync(join(other, 'c.txt'), 'changed');
  rmSync(join(other, 'a'), { recursive: true });
  const listing = () => fullListing(world.folder) + fullListing(other);
  const before = listing();
  let calls = 0;
  for (let at = 8; ; at += 7) {
    await world.forgetRestorePoints();
    const { system } = mortalSystem(at);
    try {
      await world.restore({ delete: true, system });
      break;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    await world.rollback();
    assert.equal(listing(), before, `died before call ${at}`);
    calls = at;
  }
  assert.notEqual(fullListing(other), before);
  await world.rollback();
  assert.equal(listing(), before);
  assert.deepEqual(world.context.problems, []);
  t.diagnostic(`${calls} calls`);
});

test('a disk that is full at any call stops or spares one entry, and never costs what was there', async (t) => {
  using world = new InPlaceWorld(memoryScratch);
  await world.save(() => fillTree(world));
  changeTree(world);
  const before = fullListing(world.folder);
  const ended = { stopped: 0, partial: 0, whole: 0 };
  for (let at = 1; ; at += 3) {
    await world.forgetRestorePoints();
    const { system, calls } = failingSystem(at, 'ENOSPC');
    let isUndone = false;
    try {
      const { outcome } = await world.restore({ delete: true, system });
      ended[outcome === 'partial' ? 'partial' : 'whole'] += 1;
    } catch (error) {
      assert.ok(isFailure(error), `call ${at}: ${error}`);
      ended.stopped += 1;
      // Before the switch nothing is left to be undone.
      isUndone = listRestores({ pointers: world.pointers }).length === 0;
    }
    if (!isUndone) await world.rollback();
    assert.equal(fullListing(world.folder), before, `full at call ${at}`);
    if (calls() < at) break;
  }
  assert.ok(ended.stopped > 15 && ended.partial > 4 && ended.whole > 0, JSON.stringify(ended));
  t.diagnostic(JSON.stringify(ended));
});

test('a discard that dies anywhere leaves the restored state and is finished by the next one', async () => {
  using world = new InPlaceWorld(memoryScratch);
  await world.save(() => fillTree(world));
  const wanted = fullListing(world.folder);
  for (let at = 2; ; at += 4) {
    await world.forgetRestorePoints();
    changeTree(world);
    const { restoreId } = await world.restore({ delete: true });
    const discard = { id: restoreId!, discard: true };
    let died = false;
    try {
      await world.rollback({ ...discard, system: mortalSystem(at).system });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      died = true;
    }
    if (listRestores({ pointers: world.pointers })[0]?.state === 'discarding') {
      await assert.rejects(world.rollback(), (error) => isFailure(error, 'conflict', 'RESTORE_DISCARDED'));
    }
    if (died) await world.rollback(discard).catch((error) => assert.ok(isFailure(error, 'missing')));
    assert.deepEqual(listRestores({ pointers: world.pointers, target: world.folder }), []);
    assert.equal(fullListing(world.folder), wanted, `died before call ${at}`);
    if (!died) break;
  }
});
