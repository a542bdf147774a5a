// T-06: the disk runs full at any block of a backup. Nothing is published by half, older recovery points stay, and without one free byte
// forget and prune still give space back.

import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { makeRoot } from '../../src/storage/local/root.ts';
import { openLocal } from '../../src/storage/local.ts';
import { budgetOf, report } from '../campaign.ts';
import { FullFiles } from '../storage/full-files.ts';
import { PowerCutFiles } from '../storage/power-cut-files.ts';
import { noise, scratch } from '../world.ts';
import type { Disk, Place } from './disks.ts';
import { campaignSeed, sample } from './sampling.ts';
import {
  type CrashWorld,
  forgetUnpromised,
  fork,
  holds,
  initialize,
  newWorld,
  save,
  tidy,
} from './workflows.ts';

/** Small, as the repository is: two blocks in each part. */
const reservePart = 8192;

class FullDisk implements Disk {
  readonly #below: PowerCutFiles;
  readonly files: FullFiles;
  readonly calls = 0;
  readonly crashed = false;

  constructor(below = new PowerCutFiles(), files = new FullFiles(below)) {
    this.#below = below;
    this.files = files;
  }

  copy(): FullDisk {
    return this.withRoom(Number.POSITIVE_INFINITY);
  }
  /** A copy with so many blocks left. */
  withRoom(blocks: number): FullDisk {
    const below = this.#below.restart();
    return new FullDisk(below, this.files.over(below, this.files.used + blocks));
  }
  afterCrash(): FullDisk {
    return this.copy();
  }
  open(place: Place) {
    return openLocal(`/${place}`, this.files, reservePart);
  }
  async create(place: Place) {
    await makeRoot(this.files, `/${place}`);
    return this.open(place);
  }
}

/** Everything of the first backup is in packs that the second one does not need. */
function rewriteSource(world: CrashWorld, version: string): void {
  for (const name of ['a/small.txt', 'a/changed.txt', 'b/noise.bin', 'b/twice.bin']) {
    const path = join(world.source, name);
    writeFileSync(path, noise(`${version} ${name}`, 30_000));
    utimesSync(path, 1, 1);
  }
}

async function fullAt(blocks: number, before: CrashWorld, base: FullDisk): Promise<boolean> {
  using folder = scratch();
  const disk = base.withRoom(blocks);
  const world = fork(before, disk, folder.path);
  const [oldest] = world.promises.main.keys();
  let isFull = false;
  try {
    await save(world, 'full');
  } catch (error) {
    if (!isFailure(error, 'exhausted', 'STORAGE_FULL')) throw error;
    isFull = true;
  }
  await holds(world, 'witness');
  disk.files.capacity = disk.files.used;
  world.promises.main.delete(oldest!);
  await forgetUnpromised(world, 'forgetter');
  await tidy(world, 'pruner');
  assert.ok(disk.files.used < disk.files.capacity - 20, 'pruning a full disk freed nothing');
  await holds(world, 'later');
  disk.files.capacity = Number.POSITIVE_INFINITY;
  await save(world, 'next');
  await tidy(world, 'next-pruner');
  await holds(world, 'last');
  return isFull;
}

test('a disk that runs full at any block of a backup loses nothing, and prune needs no free byte', async (t) => {
  using folder = scratch();
  const seed = campaignSeed();
  const base = new FullDisk();
  const world = newWorld(folder.path, base);
  await initialize('main', world);
  await save(world, 'first');
  rewriteSource(world, 'second');
  await save(world, 'second');
  rewriteSource(world, 'third');
  const done = base.withRoom(Number.POSITIVE_INFINITY);
  await save(fork(world, done, join(folder.path, 'done')), 'measure');
  const need = done.files.used - base.files.used;
  let tried = 0;
  let failed = 0;
  for (const level of sample(seed, 'full', need + 4, budgetOf('HOLDFAST_T06', 30))) {
    try {
      if (await fullAt(level - 1, world, base)) failed += 1;
    } catch (cause) {
      throw new Error(`${level - 1} of ${need} blocks free (HOLDFAST_SEED=${seed}): ${String(cause)}`, {
        cause,
      });
    }
    tried += 1;
  }
  assert.ok(failed > tried / 2, `only ${failed} of ${tried} levels were too small`);
  t.diagnostic(`T-06: ${tried} levels, ${failed} of them full, 0 lost, 0 wrong, 0 manual, seed ${seed}`);
  report({ campaign: 'T-06', tried, lost: 0, wrong: 0, manual: 0 });
});
