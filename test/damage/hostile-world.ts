// A box with two folders that somebody planted links in, a folder for fresh restores, and around them what must never be touched: every
// restore of a hostile tree is followed by a look at all of it.

import assert from 'node:assert/strict';
import { linkSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isFailure } from '../../src/base/failure.ts';
import { restore } from '../../src/operations/restore.ts';
import { restoreInPlace } from '../../src/operations/restore-in-place.ts';
import { rollback } from '../../src/operations/rollback.ts';
import type { ListedSnapshot } from '../../src/repository/chain.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { openSystem, type System, sys } from '../../src/sources/files/system.ts';
import { openNodeSystem } from '../../src/sources/files/system-node.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { fullListing } from '../operations/in-place-world.ts';
import { create, open, owner, scratch, testContext, writeTree } from '../world.ts';
import { type HostileNode, publishHostile, type Twist } from './hostile-trees.ts';

export interface Manner {
  readonly owners: boolean;
  readonly devices: boolean;
  readonly verify: boolean;
  readonly delete: boolean;
  /** Without native calls where the caller may choose. */
  readonly isPlain: boolean;
}

/** How a restore ended: by a refusal with this code, or with problems of these codes. */
export interface Ended {
  readonly refused?: string;
  readonly problems: readonly string[];
}

export interface AllEnded {
  readonly fresh: Ended;
  readonly planted: Ended;
  readonly inPlace: Ended;
}

export const asRoot = process.getuid?.() === 0;
const native = openSystem();
/** None of this is about disks: waiting for them would be most of the time. */
const unsynced = (system: System): System => ({ ...system, syncFileSystem: () => undefined });
const systems = {
  native: unsynced(native),
  plain: unsynced(openNodeSystem('as on another machine')),
};

export class HostileWorld implements Disposable {
  readonly #scratch = scratch();
  readonly box = join(this.#scratch.path, 'box');
  readonly fresh = join(this.box, 'fresh');
  readonly planted = join(this.box, 'planted');
  readonly home = join(this.box, 'home');
  readonly context = testContext();
  readonly #storage = new MemoryStorage();
  #repository!: Repository;
  #before = '';

  static async begin(): Promise<HostileWorld> {
    const world = new HostileWorld();
    const outside = {
      'outside/victim': 'the victim',
      'outside/run.sh': '#!/bin/sh',
      'outside/x': 'x of the outside',
      'outside/folder/victim': 'another victim',
      'outside/folder/deep/z': 'deep',
      victim: 'beside the targets',
    };
    writeTree(world.box, outside);
    mkdirSync(join(world.box, 'outside', 'empty'));
    symlinkSync('folder', join(world.box, 'outside', 'link'));
    const state = join(world.#scratch.path, 'state');
    await create(world.#storage, state, world.context);
    world.#repository = await open(world.#storage, state, 'one', world.context);
    world.#before = world.outside();
    return world;
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }

  /** All that is not a target: names, kinds, modes, owners, times, attributes and bytes. */
  outside(): string {
    const targets = ['fresh', 'planted', 'home'];
    const beside = readdirSync(this.#scratch.path).filter((name) => !['state', 'restores'].includes(name));
    const names = readdirSync(this.box).filter((name) => !targets.includes(name));
    const listings = names.sort().map((name) => `${name}\n${fullListing(join(this.box, name))}`);
    return [beside.join(' '), ...listings].join('\n');
  }

  /** Restores the same tree into a fresh folder, over planted links, and to where it says that it came from. */
  async tryAll(below: NonNullable<HostileNode['below']>, manner: Manner, twist?: Twist): Promise<AllEnded> {
    this.#plant();
    const snapshot = await publishHostile(this.home, below, this.#repository, this.context, twist);
    const fresh = await this.#ended(() => this.#restoreFresh(snapshot, manner));
    const planted = await this.#ended(() => this.#replace(snapshot, manner, this.planted));
    const inPlace = await this.#ended(() => this.#replace(snapshot, manner));
    for (const target of [this.fresh, this.planted, this.home]) checkPowers(target, manner);
    await this.#undo(manner);
    return { fresh, planted, inPlace };
  }

  #plant(): void {
    for (const target of [this.fresh, this.planted, this.home])
      rmSync(target, { recursive: true, force: true });
    for (const target of [this.planted, this.home]) {
      writeTree(target, { 'd/z': 'z', 'k/x': 'x', own: 'own' });
      const at = (name: string) => join(target, name);
      symlinkSync('../outside', at('a'));
      symlinkSync('../outside/victim', at('b'));
      linkSync(join(this.box, 'outside', 'victim'), at('c'));
      symlinkSync(join(this.box, 'outside'), at('d/x'));
      symlinkSync('../../outside/victim', at('d/y'));
      symlinkSync('..', at('e'));
      symlinkSync(this.box, at('f'));
      symlinkSync('../outside/new', at('g'));
      native.mkfifoAt(sys.atFdCwd, at('h'), 0o600);
      symlinkSync('h', at('i'));
    }
    // Whatever of it is hard-linked has a time of its own.
    assert.equal(this.outside(), this.#before);
  }

  async #restoreFresh(snapshot: ListedSnapshot, manner: Manner): Promise<void> {
    const { owners, devices, verify } = manner;
    const request = { snapshot, target: this.fresh, owners, devices, verify };
    await restore(
      { ...request, select: () => true, dryRun: false, workers: 0 },
      this.#repository,
      this.context,
    );
  }

  async #replace(snapshot: ListedSnapshot, manner: Manner, target?: string): Promise<void> {
    const { owners, devices, verify } = manner;
    await restoreInPlace(
      {
        snapshot,
        ...(target === undefined ? {} : { target }),
        overwrite: target === undefined ? 'if-changed' : 'always',
        delete: manner.delete,
        select: () => true,
        verify,
        dryRun: false,
        devices,
        owners,
        workers: 0,
        keep: [],
        pointers: this.#pointers,
        restorePoint: { host: 'test', user: 'tester', tool: 'test', compression: { comp: 1, level: 1 } },
        system: this.#systemOf(manner),
      },
      this.#repository,
      this.context,
    );
  }

  /** Undoing goes through the same folders once more. */
  async #undo(manner: Manner): Promise<void> {
    for (let number = 0; number < 2; number += 1) {
      await this.#ended(async () => {
        const system = this.#systemOf(manner);
        const request = { pointers: this.#pointers, dryRun: false, discard: false, owner: owner('two') };
        await rollback({ ...request, system }, this.context);
      });
    }
    rmSync(this.#pointers, { recursive: true, force: true });
  }

  async #ended(act: () => Promise<void>): Promise<Ended> {
    const from = this.context.problems.length;
    let refused: string | undefined;
    try {
      await act();
    } catch (error) {
      // Only a failure of ours has a code that says what to do; a bug is no refusal.
      if (!isFailure(error) || error.kind === 'bug') throw error;
      refused = error.code;
    }
    assert.equal(this.outside(), this.#before, 'something outside the target was touched');
    const problems = this.context.problems.slice(from).map(({ code }) => code);
    for (const code of problems) assert.match(code, /^[A-Z]+(_[A-Z]+)+$/);
    return { problems, ...(refused === undefined ? {} : { refused }) };
  }

  #systemOf({ isPlain }: Manner): System {
    return isPlain ? systems.plain : systems.native;
  }

  get #pointers(): string {
    return join(this.#scratch.path, 'restores');
  }
}

/** Nothing below a target runs as somebody else, and nothing is a device, unless it was asked for. */
function checkPowers(target: string, { owners, devices }: Manner): void {
  const stat = lstatSync(target, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!owners) assert.equal(stat.mode & 0o7000, 0, `${target} has special bits`);
  if (!devices) assert.ok(!stat.isBlockDevice() && !stat.isCharacterDevice(), `${target} is a device`);
  if (!stat.isDirectory()) return;
  for (const name of readdirSync(target)) checkPowers(join(target, name), { owners, devices } as Manner);
}
