// A pack that cannot be read any more costs the files that need it, by name, and no others.

import assert from 'node:assert/strict';
import { linkSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import type { MemoryStorage } from '../../../src/storage/memory.ts';
import { noise } from '../../world.ts';
import { InPlaceWorld } from '../in-place-world.ts';
import { bytes, RoundTrip } from '../round-trip.ts';

const MiB = 1024 * 1024;

async function objectBytes(storage: MemoryStorage, name: string): Promise<Buffer> {
  return Buffer.from(await storage.get(name, { signal: new AbortController().signal }));
}

type Harm = (object: Buffer) => Buffer | undefined;

/** Between the head and the directory: frames only. */
const harms: readonly (readonly [string, Harm])[] = [
  ['gone', () => undefined],
  ['cut short', (object) => object.subarray(0, 3000)],
  [
    'changed by bits',
    (object) => {
      for (let at = 1000; at < object.length - 2000; at += 10_000) object[at]! ^= 1;
      return object;
    },
  ],
];

for (const [what, harm] of harms) {
  for (const workers of [0, 2]) {
    test(`a data pack that is ${what} costs only the files in it (workers: ${workers})`, async () => {
      await using trip = await RoundTrip.begin();
      const storage = trip.repository.storage as MemoryStorage;
      const dataPacks = () => storage.names().filter((name) => name.startsWith('packs/'));
      writeFileSync(trip.at('lost'), bytes('lost', 6 * MiB));
      writeFileSync(trip.at('also'), 'lost as well');
      linkSync(trip.at('lost'), trip.at('name'));
      await trip.save();
      const first = dataPacks();
      writeFileSync(trip.at('empty'), '');
      // Enough that workers are worth it.
      writeFileSync(trip.at('large'), bytes('large', 14 * MiB));
      // Its first chunks are lost, its last ones are not.
      writeFileSync(
        trip.at('mixed'),
        Buffer.concat([readFileSync(trip.at('lost')), bytes('mixed', 4 * MiB)]),
      );
      symlinkSync('lost', trip.at('symlink'));
      await trip.save();
      for (const name of first) storage.damage(name, harm(await objectBytes(storage, name)));
      const { target, outcome } = await trip.bring({ workers, verify: false });
      assert.equal(outcome.outcome, 'partial');
      const named = trip.context.problems.map(({ path }) => path).sort();
      assert.deepEqual(named, ['also', 'lost', 'mixed', 'name']);
      assert.deepEqual(readdirSync(target).sort(), ['empty', 'large', 'symlink']);
      assert.deepEqual(readFileSync(join(target, 'large')), readFileSync(trip.at('large')));
      assert.equal(outcome.restored.files, 2);
      assert.equal(outcome.problems, named.length);
    });
  }
}

test('when every file is lost the restore fails, and says why', async () => {
  await using trip = await RoundTrip.begin();
  const storage = trip.repository.storage as MemoryStorage;
  writeFileSync(trip.at('a'), noise('a', 5000));
  await trip.save();
  for (const name of storage.names()) if (name.startsWith('packs/')) storage.damage(name, undefined);
  await assert.rejects(trip.bring(), (error) => isFailure(error, 'corrupt', 'OBJECT_MISSING'));
});

test('a restore in place leaves what it cannot bring back as it is', async () => {
  using world = new InPlaceWorld();
  await world.save(() => {
    writeFileSync(world.at('a'), noise('a', 5000));
    writeFileSync(world.at('empty'), '');
  });
  for (const name of world.storage.names()) {
    if (name.startsWith('packs/')) world.storage.damage(name, undefined);
  }
  writeFileSync(world.at('a'), 'precious');
  writeFileSync(world.at('empty'), 'not any more');
  const { outcome } = await world.restore();
  assert.equal(outcome, 'partial');
  assert.deepEqual(
    world.context.problems.map(({ path }) => path),
    ['a'],
  );
  assert.equal(readFileSync(world.at('a'), 'utf8'), 'precious');
  assert.equal(readFileSync(world.at('empty'), 'utf8'), '');
});
