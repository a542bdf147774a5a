// T-07: a call of the file system below the local storage fails during any workflow, once or from then on. The run succeeds or says why it
// did not; nothing that was promised is touched, and when the disk is well again the same command simply works.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import type { LocalFiles } from '../../src/storage/local/files.ts';
import { makeRoot } from '../../src/storage/local/root.ts';
import { openLocal } from '../../src/storage/local.ts';
import { budgetOf, report } from '../campaign.ts';
import { type FailingFiles, failingFiles, type Trouble } from '../storage/failing-files.ts';
import { PowerCutFiles } from '../storage/power-cut-files.ts';
import { scratch } from '../world.ts';
import type { Disk, Place } from './disks.ts';
import { campaignSeed, draw, sample } from './sampling.ts';
import { type CrashWorld, fork, goOn, holds, newWorld, type Step, steps } from './workflows.ts';

const errnos = ['EIO', 'ENOSPC', 'EDQUOT', 'ESTALE', 'EINTR', 'EMFILE'] as const;

/** A file system in memory, which writes short on purpose, reached through calls that may fail. */
class TroubledDisk implements Disk {
  readonly #below: PowerCutFiles;
  readonly #files: LocalFiles;
  readonly calls = 0;
  readonly crashed = false;

  constructor(below = new PowerCutFiles(), files: LocalFiles = below) {
    this.#below = below;
    this.#files = files;
  }

  /** A copy, and all that is asked of it. */
  with(trouble: Trouble): { readonly disk: TroubledDisk; readonly files: FailingFiles } {
    const below = this.#below.restart();
    const files = failingFiles(trouble, below);
    return { disk: new TroubledDisk(below, files), files };
  }
  /** The same disk, well again. */
  mended(): TroubledDisk {
    return new TroubledDisk(this.#below);
  }
  copy(): TroubledDisk {
    return new TroubledDisk(this.#below.restart());
  }
  afterCrash(): TroubledDisk {
    return this.copy();
  }
  async open(place: Place) {
    try {
      return await openLocal(`/${place}`, this.#files);
    } catch (error) {
      if (error instanceof Failure && error.code === 'STORAGE_MISSING') return undefined;
      throw error;
    }
  }
  async create(place: Place) {
    await makeRoot(this.#files, `/${place}`);
    return openLocal(`/${place}`, this.#files);
  }
}

interface Case {
  readonly call: number;
  readonly errno: string;
  readonly lasts: boolean;
}

/** Counts what is asked of a disk after one of its fsyncs has failed. */
function troubleOf({ call, errno, lasts }: Case, seen: { syncsAfter: number }): Trouble {
  let failedSync = false;
  return (kind, number) => {
    if (failedSync && kind === 'sync') seen.syncsAfter += 1;
    const fails = lasts ? number >= call : number === call;
    if (fails && kind === 'sync') failedSync = true;
    return fails ? errno : undefined;
  };
}

async function tryCase(one: Case, step: Step, before: CrashWorld, base: TroubledDisk): Promise<boolean> {
  using folder = scratch();
  const seen = { syncsAfter: 0 };
  const { disk } = base.with(troubleOf(one, seen));
  const world = fork(before, disk, folder.path);
  let failed = false;
  try {
    await step.run(world, 'troubled');
  } catch (error) {
    // Anything but a Failure would be a crash of the program.
    if (!(error instanceof Failure)) throw error;
    assert.notEqual(error.kind, 'bug', `${error.code}: ${error.message}`);
    failed = true;
  }
  if (one.errno === 'EIO') assert.equal(seen.syncsAfter, 0, 'something was synced after an fsync had failed');
  const well = { ...world, disk: disk.mended() };
  if (step.mends !== true) await holds(well, 'witness');
  await goOn(step, well, 'survivor');
  await holds(well, 'later');
  return failed;
}

test('no errno at any call of any workflow loses anything or needs a manual step', async (t) => {
  using folder = scratch();
  const seed = campaignSeed();
  let disk = new TroubledDisk();
  let world = newWorld(folder.path, disk);
  const total = budgetOf('HOLDFAST_T07', 50);
  let tried = 0;
  let failed = 0;
  for (const [number, step] of steps.entries()) {
    world = { ...world, disk };
    await step.prepare?.(world);
    const { disk: next, files: counting } = disk.with(() => undefined);
    const after = fork(world, next, join(folder.path, `after-${number}`));
    await step.run(after, 'normal');
    const budget = Math.ceil((total - tried) / (steps.length - number));
    for (const call of sample(seed, step.name, counting.calls.length, budget)) {
      const errno = errnos[draw(seed, `${step.name} ${call} errno`, errnos.length)]!;
      const one: Case = { call, errno, lasts: draw(seed, `${step.name} ${call} lasts`, 2) === 1 };
      try {
        if (await tryCase(one, step, world, disk)) failed += 1;
      } catch (cause) {
        const what = `${step.name}, ${errno} ${one.lasts ? 'from' : 'at'} call ${call}`;
        const kind = counting.calls[call - 1];
        throw new Error(`T-07: ${what} (${kind}, HOLDFAST_SEED=${seed}): ${String(cause)}`, { cause });
      }
      tried += 1;
    }
    disk = next.mended();
    world = after;
  }
  assert.ok(failed > tried / 2, `only ${failed} of ${tried} errors stopped a run`);
  t.diagnostic(`T-07: ${tried} errors, ${failed} runs stopped, 0 lost, 0 wrong, 0 manual, seed ${seed}`);
  report({ campaign: 'T-07', tried, lost: 0, wrong: 0, manual: 0 });
});
