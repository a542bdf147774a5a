// Where an object server keeps its repositories: FOLDER/<account's folder>/<repository>, each a local storage; how full a folder is; and which
// account put which session object, because an append-only account may take back its own.

import { resolve } from 'node:path';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { errnoOf, localFailure } from '../local/failure.ts';
import { nodeFiles } from '../local/files.ts';
import local from '../local.ts';
import type { Storage } from '../storage.ts';
import { repositoryNamePattern } from './protocol.ts';

/** Names are checked by the caller: they are safe as names of folders. */
export interface Places extends AsyncDisposable {
  open(folder: string, repository: string): Promise<Storage>;
  create(folder: string, repository: string): Promise<Storage>;
  /** Repositories of a folder. */
  names(folder: string): Promise<readonly string[]>;
  /** Small notes of the server about a folder. */
  notes(folder: string): Promise<Storage>;
}

export function localPlaces(root: string, context: Context): Places {
  const opened = new Map<string, Promise<Storage>>();
  const openOnce = (path: string, open: () => Promise<Storage>): Promise<Storage> => {
    let storage = opened.get(path);
    if (storage === undefined) {
      storage = open();
      opened.set(path, storage);
      storage.catch(() => opened.delete(path));
    }
    return storage;
  };
  const pathOf = (folder: string, repository: string) => resolve(root, folder, repository);
  return {
    open: (folder, repository) => {
      const path = pathOf(folder, repository);
      return openOnce(path, () => local.open({ path }, context));
    },
    async create(folder, repository) {
      const path = pathOf(folder, repository);
      // The root itself is never made here: it may be a disk that is not mounted.
      await local.open({ path: root }, context);
      const storage = await local.create({ path }, context);
      return openOnce(path, async () => storage);
    },
    async names(folder) {
      try {
        const entries = await nodeFiles.readdir(resolve(root, folder));
        return entries.map(({ name }) => name).filter((name) => repositoryNamePattern.test(name));
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return [];
        throw localFailure(resolve(root, folder), error);
      }
    },
    notes: (folder) => {
      // Hidden, and no account's folder begins with a dot.
      const path = resolve(root, '.notes', folder);
      return openOnce(path, async () => {
        try {
          return await local.open({ path }, context);
        } catch (error) {
          if (!isFailure(error, 'missing')) throw error;
          return local.create({ path }, context);
        }
      });
    },
    async [Symbol.asyncDispose]() {
      const all = await Promise.allSettled(opened.values());
      for (const one of all) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
    },
  };
}

/** Small objects may pass the quota by this much, so that forgetting and pruning, which must write first, can free a full folder. */
const marginBytes = 16 * 1024 * 1024;

/** Counts what a folder holds: once by listing, then along with what is put and deleted. */
export class Room {
  readonly #places: Places;
  readonly #folder: string;
  #used: Promise<number> | undefined;
  /** What was put and deleted since the listing began. */
  #change = 0;
  readonly #deleting = new Set<string>();

  constructor(places: Places, folder: string) {
    this.#places = places;
    this.#folder = folder;
  }

  async used(): Promise<number> {
    return (await this.#counted()) + this.#change;
  }

  /** Takes room before a put; what the result gives back when nothing new was stored. */
  async take(name: string, bytes: number, quotaBytes = Number.POSITIVE_INFINITY): Promise<() => void> {
    const counted = await this.#counted();
    const isSmall = !/^(packs|meta)\//.test(name);
    const limit = quotaBytes + (isSmall ? marginBytes : 0);
    if (counted + this.#change + bytes > limit) {
      throw new Failure('exhausted', 'STORAGE_FULL', `the quota of "${this.#folder}" is used up`, {
        facts: { quotaBytes, usedBytes: counted + this.#change },
      });
    }
    this.#change += bytes;
    return () => {
      this.#change -= bytes;
    };
  }

  /** Two deletes of one object at the same moment must not count it twice. */
  async deleting(storage: Storage, repository: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#counted();
    const key = `${repository}/${name}`;
    if (this.#deleting.has(key)) return storage.delete(name, { signal });
    this.#deleting.add(key);
    try {
      const found = await storage.stat(name, { signal });
      await storage.delete(name, { signal });
      this.#change -= found?.sizeBytes ?? 0;
    } finally {
      this.#deleting.delete(key);
    }
  }

  #counted(): Promise<number> {
    this.#used ??= this.#count();
    this.#used.catch(() => {
      this.#used = undefined;
    });
    return this.#used;
  }

  async #count(): Promise<number> {
    const { signal } = new AbortController();
    let bytes = 0;
    for (const name of await this.#places.names(this.#folder)) {
      const storage = await this.#places.open(this.#folder, name);
      for await (const { sizeBytes } of storage.list('', { signal })) bytes += sizeBytes;
    }
    return bytes;
  }
}

const ownable = /^sessions\/[0-9a-f]{32}(\.borrow\.[0-9]{1,9})?$/;
/** What decides over other people's objects: who may only add has no business with it. */
const decisive = /^(tombstones\/|condemned\/|quarantine\/|sessions\/[0-9a-f]{32}\.revoked$)/;

export function mayAppend(name: string): boolean {
  return !decisive.test(name);
}

export function isOwnable(name: string): boolean {
  return ownable.test(name);
}

/** A note that is there, of an earlier try or of somebody else, stays. */
export async function noteOwner(
  notes: Storage,
  repository: string,
  name: string,
  account: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await notes.put(noteName(repository, name), Buffer.from(account), { signal, ifAbsent: true });
  } catch (error) {
    if (!isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw error;
  }
}

export async function isOwner(
  notes: Storage,
  repository: string,
  name: string,
  account: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const owner = await notes.get(noteName(repository, name), { signal });
    return Buffer.from(owner).toString() === account;
  } catch (error) {
    if (isFailure(error, 'missing', 'OBJECT_MISSING')) return false;
    throw error;
  }
}

export async function forgetOwner(
  notes: Storage,
  repository: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  await notes.delete(noteName(repository, name), { signal });
}

function noteName(repository: string, name: string): string {
  return `${repository}/${name}`;
}
