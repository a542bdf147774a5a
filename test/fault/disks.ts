// What lies under two repositories while a campaign kills the process or cuts the power: objects in memory (the process dies) or a file
// system that forgets what was not synced (the machine dies).

import { isFailure } from '../../src/base/failure.ts';
import { makeRoot } from '../../src/storage/local/root.ts';
import { openLocal } from '../../src/storage/local.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { PowerCutFiles } from '../storage/power-cut-files.ts';
import { CrashingStorage, type CrashPoint, type Fuse } from './crashing-storage.ts';

export type Place = 'main' | 'other';

export interface Disk {
  /** Calls that were counted since it was armed or made. */
  readonly calls: number;
  readonly crashed: boolean;
  /** The same content, independent from now on; the process or power ends at the point, if one is given. */
  copy(point?: CrashPoint): Disk;
  /** What is found when somebody looks after the crash; the seed chooses what was kept. */
  afterCrash(seed: string): Disk;
  /** Undefined when there is no such place yet. */
  open(place: Place): Promise<Storage | undefined>;
  create(place: Place): Promise<Storage>;
}

const never: CrashPoint = { call: 0, moment: 'before' };
/** Small: that a cut leaves it by half is what matters. */
const reservePart = 16;

export class MemoryDisk implements Disk {
  readonly #places: Readonly<Record<Place, MemoryStorage>>;
  readonly #fuse: Fuse;

  constructor(
    places: Readonly<Record<Place, MemoryStorage>> = {
      main: new MemoryStorage(),
      other: new MemoryStorage(),
    },
    point: CrashPoint = never,
  ) {
    this.#places = places;
    this.#fuse = { point, calls: 0, crashed: false };
  }

  get calls(): number {
    return this.#fuse.calls;
  }
  get crashed(): boolean {
    return this.#fuse.crashed;
  }
  copy(point: CrashPoint = never): MemoryDisk {
    return new MemoryDisk({ main: this.#places.main.clone(), other: this.#places.other.clone() }, point);
  }
  afterCrash(): MemoryDisk {
    return this.copy();
  }
  async open(place: Place): Promise<Storage> {
    return new CrashingStorage(this.#places[place], this.#fuse.point, this.#fuse);
  }
  create(place: Place): Promise<Storage> {
    return this.open(place);
  }
}

export class PowerDisk implements Disk {
  readonly #files: PowerCutFiles;

  constructor(files: PowerCutFiles = new PowerCutFiles()) {
    this.#files = files;
  }

  get calls(): number {
    return this.#files.calls;
  }
  get crashed(): boolean {
    return this.#files.isOff;
  }
  copy(point?: CrashPoint): PowerDisk {
    return new PowerDisk(this.#files.restart(point));
  }
  afterCrash(seed: string): PowerDisk {
    return new PowerDisk(this.#files.cut(seed));
  }
  async open(place: Place): Promise<Storage | undefined> {
    try {
      return await openLocal(`/${place}`, this.#files, reservePart);
    } catch (error) {
      if (isFailure(error, 'missing', 'STORAGE_MISSING')) return undefined;
      throw error;
    }
  }
  async create(place: Place): Promise<Storage> {
    await makeRoot(this.#files, `/${place}`);
    return openLocal(`/${place}`, this.#files, reservePart);
  }
}
