// A session on a storage that fails: nothing that did not arrive is taken for stored, and ending says what could not be done.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { boxTypes } from '../../src/repository/box.ts';
import type { NewFrame } from '../../src/repository/frame-builder.ts';
import { sealIndexClass } from '../../src/repository/indexing.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { create, noise, open, scratch, testContext } from '../world.ts';

async function world(folder: string) {
  const context = testContext();
  const inner = new MemoryStorage();
  await create(inner, folder, context);
  const trouble = {
    put: (_name: string): unknown => undefined,
    delete: (_name: string): unknown => undefined,
  };
  const check = (error: unknown) => {
    if (error !== undefined) throw error;
  };
  const storage = forwarding(inner, {
    async put(name, bytes, options) {
      check(trouble.put(name));
      await inner.put(name, bytes, options);
    },
    async delete(name, options) {
      check(trouble.delete(name));
      await inner.delete(name, options);
    },
  });
  return { context, inner, trouble, repository: await open(storage, folder, 'one', context) };
}

const unreachable = () => new Failure('unavailable', 'STORAGE_UNREACHABLE', 'nobody is there');

async function fill(session: Session, name: string): Promise<Uint8Array> {
  const id = new Uint8Array(32);
  const frames: NewFrame[] = [];
  const builder = session.builder({ comp: 0, level: 0 }, (frame) => frames.push(frame));
  builder.add(boxTypes.data, noise(name, 1000), id, 0);
  builder.flush();
  for (const frame of frames) await session.store(frame);
  return id;
}

test('a pack that did not arrive ends the flush that waits for it, also the last one', async () => {
  using folder = scratch();
  const { context, inner, trouble, repository } = await world(folder.path);
  await using _ = repository;
  await using session = await Session.open(repository, context);
  await fill(session, 'a');
  trouble.put = (name) => (name.startsWith('packs/') ? unreachable() : undefined);
  await assert.rejects(() => session.flush(), { code: 'STORAGE_UNREACHABLE' });
  trouble.put = () => undefined;
  // The blob counts as stored nowhere: what came after it may not be published without it.
  const more = async () => {
    await fill(session, 'b');
    await session.flush();
  };
  await assert.rejects(more, { code: 'STORAGE_UNREACHABLE' });
  assert.deepEqual(
    inner.names().filter((name) => name.startsWith('packs/') || name.startsWith('index/')),
    [],
  );
});

test('what a canceled run has stored is there for the next one, also when the cancel met the writing of an index', async () => {
  for (const moment of ['between', 'while an index is written'] as const) {
    using folder = scratch();
    const { inner, trouble, repository } = await world(folder.path);
    await using _ = repository;
    const canceling = new AbortController();
    const canceled = new Failure('canceled', 'CANCELED', 'the call was canceled');
    const context = testContext(canceling.signal);
    const session = await Session.open(repository, context);
    const id = await fill(session, 'a');
    if (moment === 'between') await session.packs.flush();
    else {
      trouble.put = (name) => (name.startsWith('index/') ? canceled : undefined);
      await assert.rejects(session.flush(), canceled);
      trouble.put = () => undefined;
    }
    canceling.abort();
    await session.abort();
    assert.deepEqual(context.warnings, []);
    assert.ok(!inner.names().some((name) => name.startsWith('sessions/')));
    const next = testContext();
    await repository.loadIndex(next);
    assert.notEqual(repository.locate(id), undefined, moment);
  }
});

test('a session that ends in trouble says what it leaves, and hides no other mistake', async () => {
  using folder = scratch();
  const { context, inner, trouble, repository } = await world(folder.path);
  await using _ = repository;
  const session = await Session.open(repository, context);
  await fill(session, 'a');
  await session.packs.flush();
  trouble.put = (name) => (name.startsWith('index/') ? unreachable() : undefined);
  trouble.delete = unreachable;
  await session.abort();
  assert.match(context.warnings.join('\n'), /could not be indexed[\s\S]*could not be ended/);
  assert.ok(inner.names().some((name) => name.startsWith('packs/')));
  const other = await Session.open(repository, context);
  await fill(other, 'b');
  await other.packs.flush();
  trouble.put = (name) => (name.startsWith('index/') ? new TypeError('a mistake of ours') : undefined);
  await assert.rejects(() => other.abort(), TypeError);
});

test('a borrowed pack that was condemned or went since the index was read is stored again, and the others are not', async () => {
  using folder = scratch();
  const { context, inner, repository } = await world(folder.path);
  await using _ = repository;
  const names = ['a', 'b', 'c'];
  const ids = new Map<string, Uint8Array>();
  {
    await using first = await Session.open(repository, context);
    for (const name of names) {
      ids.set(name, await fill(first, name));
      await first.packs.flush();
    }
    await first.flush();
  }
  const packOf = (name: string) => repository.locate(ids.get(name)!)!.frame.pack.name;
  const [gone, condemned, whole] = names.map(packOf) as [string, string, string];
  assert.equal(new Set([gone, condemned, whole]).size, 3);
  await using session = await Session.open(repository, context);
  for (const name of names) await fill(session, name);
  await inner.delete(`packs/${gone.slice(0, 2)}/${gone}`, context);
  await inner.put(
    'condemned/test',
    sealIndexClass(
      repository,
      boxTypes.condemned,
      new Map<number, unknown>([
        [1, Buffer.from(condemned, 'hex')],
        [2, 1],
      ]),
    ),
    context,
  );
  assert.equal(await session.borrow(), false);
  // They count as absent now: the second pass of a backup brings them again.
  const packs = () => inner.names().filter((name) => name.startsWith('packs/')).length;
  const before = packs();
  for (const name of names) await fill(session, name);
  await session.flush();
  assert.equal(packs(), before + 1);
  assert.equal(await session.borrow(), true);
  assert.equal(packOf('c'), whole);
  assert.ok(![gone, condemned].includes(packOf('a')) && ![gone, condemned].includes(packOf('b')));
});
