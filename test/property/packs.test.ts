// T-90: whatever blobs go in, in whatever order, the stored packs prove themselves and give every blob back, once.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { hex } from '../../src/base/bytes.ts';
import { boxTypes } from '../../src/repository/box.ts';
import { FrameBuilder, type NewFrame } from '../../src/repository/frame-builder.ts';
import { IndexTable } from '../../src/repository/index-table.ts';
import { decodeDirectory, readPackDirectory } from '../../src/repository/pack.ts';
import { PackCatalog, packObjectName } from '../../src/repository/pack-catalog.ts';
import { PackWriter } from '../../src/repository/pack-writer.ts';
import { openFrame } from '../../src/repository/repository.ts';
import { verifyPack } from '../../src/repository/verify-pack.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { budgetOf, report } from '../campaign.ts';
import { ring } from '../fuzz/parsers.ts';
import { noise, testContext } from '../world.ts';

const numRuns = budgetOf('PROPERTY', 25);
after(() => report({ campaign: 'T-90', tried: numRuns, lost: 0, wrong: 0, manual: 0 }));
const mebi = 1024 * 1024;

// Few distinct blobs, so that many come twice; lengths around the edges of a frame.
const blob = fc
  .record({
    type: fc.constantFrom(boxTypes.data, boxTypes.tree, boxTypes.skeleton),
    seed: fc.nat(5),
    length: fc.oneof(
      { weight: 20, arbitrary: fc.nat(3000) },
      fc.constantFrom(0, 1, mebi - 1, mebi, mebi + 1, 3 * mebi),
    ),
    isDull: fc.boolean(),
  })
  .map(({ type, seed, length, isDull }) => ({
    type,
    plain: isDull ? Buffer.alloc(length, seed) : noise(`blob ${seed}`, length),
  }));

test('every blob that was added is read back from the stored packs, and stored once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(blob, { minLength: 1, maxLength: 30 }),
      fc.constantFrom(0, 1),
      async (blobs, comp) => {
        const context = testContext();
        const storage = new MemoryStorage();
        const index = new IndexTable();
        const catalog = new PackCatalog();
        const sessionId = noise('session', 16);
        const writer = new PackWriter(
          { ring, storage, index: () => index, catalog: () => catalog, sessionId },
          context,
        );
        const frames: NewFrame[] = [];
        const builder = new FrameBuilder(ring, index, { comp, level: 1 }, (frame) => frames.push(frame));
        const id = Buffer.alloc(32);
        const expected = new Map<string, Buffer>();
        for (const { type, plain } of blobs) {
          const isNew = builder.add(type, plain, id, 0);
          assert.deepEqual(id, ring.blobId(type, plain));
          assert.equal(isNew, !expected.has(hex(id)));
          expected.set(hex(id), plain);
        }
        builder.flush();
        for (const frame of frames) await writer.add(frame);
        await writer.flush();
        assert.equal(writer.newBlobs, expected.size);

        const found = new Map<string, Buffer>();
        for (const pack of writer.takeStored()) {
          const bytes = await storage.get(packObjectName(pack), { signal: context.signal });
          assert.deepEqual(verifyPack(ring, pack, bytes), []);
          const directory = readPackDirectory(ring, bytes, pack.name);
          assert.deepEqual(Buffer.from(directory), Buffer.from(pack.directory));
          const tailOnly = Buffer.from(bytes);
          tailOnly[200]! ^= 1;
          assert.deepEqual(Buffer.from(readPackDirectory(ring, tailOnly, pack.name)), Buffer.from(directory));
          const entries = decodeDirectory(directory, pack.name).frames;
          entries.forEach((entry, position) => {
            const { offset, length } = catalog.frame(pack.firstFrame + position);
            const plain = openFrame(ring, { ...entry, pack }, bytes.subarray(offset, offset + length));
            for (let one = 0; one * 32 < entry.ids.length; one += 1) {
              const row = index.find(entry.ids, one * 32);
              assert.equal(index.frameOf(row), pack.firstFrame + position);
              const at = index.offsetOf(row);
              const name = hex(entry.ids.subarray(one * 32, one * 32 + 32));
              assert.ok(!found.has(name), 'stored twice');
              found.set(name, Buffer.from(plain.subarray(at, at + index.lengthOf(row))));
            }
          });
        }
        assert.equal(found.size, expected.size);
        for (const [name, plain] of expected) assert.ok(found.get(name)?.equals(plain), name);
      },
    ),
    { numRuns },
  );
});
