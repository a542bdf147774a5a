// T-17, the part that needs no parity: one, two or three packs are lost or damaged, and `repair all --from` a second copy dies at any call that
// changes something. The next one heals the rest: nothing is lost, and check reads every byte.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { repair } from '../../src/operations/repair.ts';
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
import { CrashingStorage } from './crashing-storage.ts';
import { campaignSeed, draw } from './sampling.ts';

test('whichever packs are lost, a repair from a second copy that dies anywhere is finished by the next one', async (t) => {
  using folder = scratch();
  const context = testContext();
  const source = join(folder.path, 'source');
  const state = join(folder.path, 'state');
  const whole = new MemoryStorage();
  await create(whole, state, context);
  const digests = new Map<string, string>();
  for (const round of [1, 2, 3]) {
    writeTree(source, { 'a.txt': `round ${round}`, [`d${round}/noise.bin`]: noise(`round ${round}`, 9000) });
    const repository = await open(whole, state, `writer ${round}`, context);
    const { snapshotId } = await backupFolder(source, repository, context);
    digests.set(snapshotId!, treeDigest(source));
  }
  const packs = whole.names().filter((name) => /^(?:packs|meta)\//.test(name));
  const seed = campaignSeed();
  const tries = budgetOf('HOLDFAST_T17', 12);
  let crashes = 0;
  for (let number = 0; number < tries; number += 1) {
    const memory = whole.clone();
    const lost = new Set<string>();
    for (let count = 0; count <= number % 3; count += 1) {
      lost.add(packs[draw(seed, `pack ${number} ${count}`, packs.length)]!);
    }
    for (const name of lost) await harm(memory, name, draw(seed, `harm ${number} ${name}`, 3));
    const own = join(folder.path, `state ${number}`);
    cpSync(state, own, { recursive: true });
    const run = async (storage: MemoryStorage | CrashingStorage, incarnation: string) => {
      const repository = await open(storage, own, incarnation, context);
      const from = await open(whole.clone(), own, 'other', context);
      return repair({ kind: 'all', dryRun: false, from }, repository, context);
    };
    const point = {
      call: 1 + draw(seed, `call ${number}`, 14),
      moment: number % 2 === 0 ? 'before' : 'after',
    } as const;
    const story = `try ${number}: ${[...lost].join(' ')}, ${point.moment} call ${point.call} (HOLDFAST_SEED=${seed})`;
    const crashing = new CrashingStorage(memory, point);
    try {
      await run(crashing, 'dies');
    } catch (error) {
      if (!crashing.crashed || !isFailure(error)) throw new Error(story, { cause: error });
      crashes += 1;
    }
    const found = await run(memory, 'heals').catch((cause: unknown) => {
      throw new Error(`MANUAL: ${story}`, { cause });
    });
    assert.deepEqual([found.lost, found.rewritten], [[], []], `LOST: ${story}`);
    const repository = await open(memory, own, 'looks', context);
    const { findings } = await check({ level: 3 }, repository, context);
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
      story,
    );
    for (const one of await snapshotsOf(repository, context)) {
      assert.equal(await restoredDigest(one, repository, context), digests.get(one.id), `WRONG: ${story}`);
    }
    assert.equal((await snapshotsOf(repository, context)).length, digests.size, `LOST: ${story}`);
  }
  t.diagnostic(`T-17: ${tries} losses of up to 3 of ${packs.length} packs, ${crashes} crashes, seed ${seed}`);
  report({ campaign: 'T-17', tried: tries, lost: 0, wrong: 0, manual: 0 });
  assert.ok(crashes > tries / 4);
});

async function harm(memory: MemoryStorage, name: string, kind: number): Promise<void> {
  const bytes = await memory.get(name, { signal: new AbortController().signal });
  if (kind === 0) memory.damage(name, undefined);
  else if (kind === 1) memory.damage(name, bytes.subarray(0, bytes.length >> 1));
  else {
    for (let at = 200; at < bytes.length; at += 500) bytes[at]! ^= 1;
    memory.damage(name, bytes);
  }
}
