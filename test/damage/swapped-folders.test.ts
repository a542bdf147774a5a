// T-16, the race: somebody swaps a folder of the target for a link that leads out, between any two calls of a restore, and swaps it back
// later. Whatever the restore does meanwhile, it does nothing behind the link.

import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { place } from '../../src/operations/restore/place.ts';
import { planSnapshot } from '../../src/operations/restore/wanted.ts';
import { openSystem, type System } from '../../src/sources/files/system.ts';
import { budgetOf } from '../campaign.ts';
import { campaignSeed, sample } from '../fault/sampling.ts';
import { fullListing, InPlaceWorld } from '../operations/in-place-world.ts';
import { writeTree } from '../world.ts';

const budget = budgetOf('SWAPS', 30);
const asRoot = process.getuid?.() === 0;

/** The same names as inside: whoever follows the link meets them. */
const tree = {
  'd/file': 'a file',
  'd/other': 'another file',
  'd/k/file': 'a deep file',
  'd/k/empty': '',
  top: 'top',
};

function fill(folder: string): void {
  writeTree(folder, tree);
  symlinkSync('file', join(folder, 'd', 'link'));
  symlinkSync('../file', join(folder, 'd', 'k', 'link'));
}

/** A system in which `folder` is a link to `outside` from call number `at` on, for `length` calls; all calls count. */
function swapping(folder: string, outside: string, at: number, length: number) {
  let calls = 0;
  let isSwapped = false;
  let swaps = 0;
  const back = () => {
    if (!isSwapped) return;
    isSwapped = false;
    // A restore in place may have put something else where the link was.
    if (!lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return;
    unlinkSync(folder);
    renameSync(`${folder}.aside`, folder);
  };
  const real = openSystem() as unknown as Record<string, unknown>;
  const system = new Proxy(real, {
    get(target, name: string) {
      const value = target[name];
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls += 1;
        if (calls >= at + length) back();
        else if (calls >= at && !isSwapped && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
          isSwapped = true;
          swaps += 1;
          renameSync(folder, `${folder}.aside`);
          symlinkSync(outside, folder);
        }
        return (value as (...args: unknown[]) => unknown)(...args);
      };
    },
  });
  return { system: system as unknown as System, calls: () => calls, swaps: () => swaps };
}

/** Only what has a code may end a restore. */
async function attempt(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (isFailure(error) && error.kind !== 'bug') return;
    const code = (error as NodeJS.ErrnoException).code;
    if (typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) throw error;
  }
}

async function campaign(
  world: InPlaceWorld,
  outside: string,
  run: (system: System, number: number) => Promise<void>,
  swap: (number: number) => string,
): Promise<void> {
  const plain = swapping(join(world.path, 'nothing'), outside, Number.MAX_SAFE_INTEGER, 0);
  await run(plain.system, 0);
  const before = fullListing(outside);
  const points = sample(campaignSeed(), 'swaps', plain.calls(), budget);
  let swapped = 0;
  for (const [position, at] of points.entries()) {
    const length = [1, 3, Number.MAX_SAFE_INTEGER][position % 3]!;
    const one = swapping(swap(position + 1), outside, at, length);
    await attempt(() => run(one.system, position + 1));
    swapped += one.swaps();
    assert.equal(fullListing(outside), before, `call ${at}, swapped for ${length} calls`);
  }
  // A folder that is not there yet, or not any more, cannot be swapped; most are.
  assert.ok(swapped > points.length / 3, `${swapped} swaps`);
}

async function begin(): Promise<{ world: InPlaceWorld; outside: string }> {
  const world = new InPlaceWorld();
  await world.save(() => fill(world.folder));
  const outside = join(world.path, 'outside');
  fill(outside);
  // "other" is missing: who follows the link makes it.
  writeTree(outside, { 'k/file': 'outside', file: 'outside', link: 'no link' });
  return { world, outside };
}

test('a folder that becomes a link between any two calls leads no restore out of its target', async () => {
  const { world, outside } = await begin();
  using _ = world;
  const { plan, root } = await planSnapshot(
    { snapshot: world.snapshot, select: () => true },
    world.repository,
    world.context,
  );
  const target = (number: number) => join(world.path, `target-${number}`);
  const run = async (system: System, number: number): Promise<void> => {
    mkdirSync(target(number), { mode: 0o700 });
    const rules = { target: target(number), owners: asRoot, devices: false, workers: 0 };
    const restored = { files: 0, directories: 0, symlinks: 0, hardlinks: 0, specials: 0, bytes: 0 };
    await place(plan, root, rules, system, restored, world.repository, world.context);
  };
  await campaign(world, outside, run, (number) => join(target(number), number % 2 === 0 ? 'd/k' : 'd'));
  assert.deepEqual(readdirSync(join(target(0), 'd')).sort(), ['file', 'k', 'link', 'other']);
});

test('a folder that becomes a link between any two calls leads no restore in place elsewhere', async () => {
  const { world, outside } = await begin();
  using _ = world;
  const run = async (system: System): Promise<void> => {
    rmSync(world.folder, { recursive: true, force: true });
    fill(world.folder);
    writeTree(world.folder, { 'd/file': 'changed', 'd/k/file': 'changed', 'd/more': 'more' });
    unlinkSync(world.at('d/other'));
    await world.restore({ system, overwrite: 'always', delete: true });
  };
  await campaign(world, outside, run, (number) => world.at(number % 2 === 0 ? 'd/k' : 'd'));
});
