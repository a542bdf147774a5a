// A part of a file out of a repository: the same bytes as that part of the whole, wherever pieces and holes begin, without fetching what lies
// before.

import assert from 'node:assert/strict';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cat } from '../../src/operations/browse.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import { backupFolder, create, noise, open, scratch, snapshotsOf, testContext } from '../world.ts';
import { RoundTrip } from './round-trip.ts';

const kiB = 1024;
const megabyte = 1024 * kiB;

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const found: Buffer[] = [];
  for await (const piece of pieces) found.push(Buffer.from(piece));
  return Buffer.concat(found);
}

function writeSparse(path: string): void {
  const file = openSync(path, 'w');
  for (const at of [megabyte, 5 * megabyte])
    writeSync(file, noise(`at ${at}`, megabyte + 77), 0, megabyte + 77, at);
  ftruncateSync(file, 9 * megabyte + 5);
  closeSync(file);
}

test('each part of a file is that part of the whole, of dense and of sparse ones', async () => {
  await using trip = await RoundTrip.begin();
  writeFileSync(trip.at('dense'), noise('dense', 6 * megabyte + 123));
  writeSparse(trip.at('sparse'));
  writeFileSync(trip.at('empty'), '');
  await trip.save();
  const [snapshot] = await snapshotsOf(trip.repository, trip.context);
  for (const name of ['dense', 'sparse', 'empty']) {
    const path = trip.at(name);
    const whole = readFileSync(path);
    const end = whole.length;
    const spans = [
      [0, end],
      [0, 1],
      [end - 1, end],
      [1, end],
      [megabyte - 1, megabyte + 1],
      [megabyte + 500, 5 * megabyte + 1],
      [2 * megabyte + 76, 2 * megabyte + 78],
      [3 * megabyte, 4 * megabyte],
      [5 * megabyte + 3, end - 2],
      [end - 2 * megabyte, end],
      [end, end + 5],
      [0, end + 5],
    ] as const;
    for (const [from, until] of spans.filter(([first]) => first >= 0)) {
      const part = await collected(
        cat({ snapshot: snapshot!, path, span: { from, until } }, trip.repository, trip.context),
      );
      assert.ok(part.equals(whole.subarray(from, until)), `${name} ${from}-${until}: ${part.length} bytes`);
    }
    assert.ok(
      (await collected(cat({ snapshot: snapshot!, path }, trip.repository, trip.context))).equals(whole),
    );
  }
});

test('what lies before a part is not fetched', async () => {
  using folder = scratch();
  const storage = new MemoryStorage();
  const context = testContext();
  const state = join(folder.path, 'state');
  const source = join(folder.path, 'source');
  mkdirSync(source);
  const size = 12 * megabyte;
  writeFileSync(join(source, 'large'), noise('large', size));
  await create(storage, state, context);
  {
    await using repository = await open(storage, state, 'writer', context);
    await backupFolder(source, repository, context);
  }
  const calls: RecordedCall[] = [];
  await using repository = await open(withRecording(storage, calls), state, 'reader', context);
  await repository.loadIndex(context);
  const [snapshot] = await snapshotsOf(repository, context);
  calls.length = 0;
  const path = join(source, 'large');
  const span = { from: size - 10, until: size };
  const part = await collected(cat({ snapshot: snapshot!, path, span }, repository, context));
  assert.ok(part.equals(noise('large', size).subarray(-10)));
  const fetched = calls
    .filter(({ verb, name }) => verb === 'get' && name.startsWith('packs/'))
    .reduce((sum, { sizeBytes = size }) => sum + sizeBytes, 0);
  assert.ok(fetched > 0 && fetched < size / 2, `${fetched} bytes`);
});
