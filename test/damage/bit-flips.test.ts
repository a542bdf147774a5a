// T-10: one bit flipped in every byte (in CI: in every n-th) of every object of a small repository. Either check says so, or the
// repository refuses to open, and no restore ever gives a wrong byte.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { budgetOf, report } from '../campaign.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

const budget = budgetOf('FLIPS', 600);

test('a flipped bit anywhere is detected by check and never restored as right', async (t) => {
  using folder = scratch();
  const context = testContext();
  const source = join(folder.path, 'source');
  writeTree(source, { 'a.txt': 'hello', 'b/noise.bin': noise('flip', 5000) });
  const expected = treeDigest(source);
  const stateDirectory = join(folder.path, 'state');
  const memory = new MemoryStorage();
  await create(memory, stateDirectory, context);
  await backupFolder(source, await open(memory, stateDirectory, 'writer', context), context);
  const bytesOf = new Map<string, Uint8Array>();
  for (const name of memory.names()) bytesOf.set(name, await memory.get(name, { signal: context.signal }));
  const total = [...bytesOf.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  const step = Math.max(1, Math.floor(total / budget));
  let flips = 0;
  let refused = 0;
  let position = 0;
  for (const [name, bytes] of bytesOf) {
    // Small objects are tried more densely: their parsers are what an attacker meets first.
    const stride = Math.min(step, Math.max(1, Math.floor(bytes.length / 40)));
    for (let at = position % stride; at < bytes.length; at += stride) {
      const damaged = memory.clone();
      const copy = Uint8Array.from(bytes);
      copy[at]! ^= 1 << (flips % 8);
      damaged.damage(name, copy);
      flips += 1;
      position += 7;
      using world = scratch();
      const state = join(world.path, 'state');
      cpSync(stateDirectory, state, { recursive: true });
      const what = `${name}, byte ${at}`;
      try {
        const repository = await open(damaged, state, 'reader', context);
        const found = await check({ level: 3 }, repository, context);
        assert.equal(found.outcome, 'failed', `${what}: check found nothing`);
        for (const snapshot of await snapshotsOf(repository, context)) {
          const digest = await restoredDigest(snapshot, repository, context).catch((error: unknown) => {
            if (!isFailure(error)) throw error;
            return undefined;
          });
          if (digest !== undefined) assert.equal(digest, expected, `${what}: wrong bytes were restored`);
        }
      } catch (error) {
        if (!isFailure(error)) throw error;
        refused += 1;
      }
    }
  }
  t.diagnostic(
    `${flips} flips in ${total} bytes: ${refused} refused on opening, ${flips - refused} found by check, 0 wrong`,
  );
  assert.ok(flips > 300);
  report({ campaign: 'T-10', tried: flips, lost: 0, wrong: 0, manual: 0 });
});
