// What a storage far away is promised: calls that do not wait for each other's answers are under way at the same time.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { backupFolder, create, noise, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

/** Answers late; `together` tells which calls were under way beside each call at its end. */
function far(inner: Storage): {
  readonly storage: Storage;
  readonly together: (a: string, b: string) => boolean;
} {
  const underWay: string[] = [];
  const pairs = new Set<string>();
  const call = async <Result>(name: string, run: () => Promise<Result>): Promise<Result> => {
    const place = name.split('/')[0]!;
    underWay.push(place);
    for (let count = 0; count < 20; count += 1) await turn();
    underWay.splice(underWay.indexOf(place), 1);
    for (const other of underWay) pairs.add(`${place} ${other}`).add(`${other} ${place}`);
    return run();
  };
  const storage = forwarding(inner, {
    delete: (name, options) => call(`delete ${name}`, () => inner.delete(name, options)),
    async *list(prefix, options) {
      await call(`list ${prefix}`, async () => undefined);
      yield* inner.list(prefix, options);
    },
  });
  return { storage, together: (a, b) => pairs.has(`${a} ${b}`) };
}

test('check lists packs of both kinds at once, and keys beside the config', async () => {
  using folder = scratch();
  const context = testContext();
  const { storage, together } = far(new MemoryStorage());
  await create(storage, join(folder.path, 'state'), context);
  await using repository = await open(storage, join(folder.path, 'state'), 'one', context);
  const { findings } = await check({ level: 1 }, repository, context);
  assert.deepEqual(findings, []);
  assert.ok(together('list packs', 'list meta'));
  assert.ok(together('list config', 'list keys'));
});

test('prune deletes several packs at once, and all of them', async () => {
  using folder = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  const { storage, together } = far(memory);
  const at = (name: string) => join(folder.path, name);
  await create(storage, at('state'), context);
  writeTree(at('tree'), { gone: noise('gone', 20_000_000), kept: 'kept' });
  await using repository = await open(storage, at('state'), 'one', context);
  await backupFolder(at('tree'), repository, context);
  rmSync(at('tree/gone'));
  await backupFolder(at('tree'), repository, context);
  const [first] = await snapshotsOf(repository, context);
  await forget(
    {
      policy: {},
      groupBy: [],
      filter: { ids: [first!.id] },
      dryRun: false,
      run: 'test',
      zoneOffset: () => 0,
    },
    repository,
    context,
  );
  for (let time = 0; time < 2; time += 1) await prune({ dryRun: false, maxUnused: 0 }, repository, context);
  assert.ok(together('delete packs', 'delete packs'));
  assert.ok((await bytesStored(memory)) < 1_000_000);
});

async function bytesStored(storage: Storage): Promise<number> {
  let bytes = 0;
  for await (const { sizeBytes } of storage.list('', testContext())) bytes += sizeBytes;
  return bytes;
}
