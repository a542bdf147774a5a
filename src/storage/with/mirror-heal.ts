// Makes the members of a mirror equal again: deletes what was deleted while a member was away, then copies what a member lacks from one that has it.
// Lists come in any order, so names are compared in groups by their beginnings, each small enough for memory; nothing is overwritten.

import type { Context } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import type { Storage } from '../storage.ts';
import { gonePrefix, type MirrorMember, mirrorPrefix } from './mirror.ts';

export interface MirrorHealing {
  readonly copied: number;
  readonly deleted: number;
  /** Names under which the members hold objects of different sizes: only their reader can tell which is right. */
  readonly different: readonly string[];
}

/** Names held in memory at a time, of each member. */
const namesMax = 100_000;

/** All members must be reachable; fails as the first that is not. */
export async function healMirror(
  members: readonly MirrorMember[],
  context: Context,
  options: { readonly dryRun?: boolean; readonly groupMax?: number } = {},
): Promise<MirrorHealing> {
  const { dryRun = false, groupMax = namesMax } = options;
  const { signal } = context;
  let copied = 0;
  let deleted = 0;
  const different: string[] = [];
  const gone = new Set<string>();
  for (const { storage } of members) {
    for await (const { name } of storage.list(gonePrefix, { signal }))
      gone.add(name.slice(gonePrefix.length));
  }
  for (const name of gone) {
    for (const { storage } of members) {
      if ((await storage.stat(name, { signal })) !== undefined) deleted += 1;
      if (!dryRun) await storage.delete(name, { signal });
    }
    // Last of all: until every member has let go, the note keeps the object from coming back.
    if (dryRun) continue;
    for (const { storage } of members) await storage.delete(`${gonePrefix}${name}`, { signal });
  }
  const waiting = [''];
  for (let prefix = waiting.pop(); prefix !== undefined; prefix = waiting.pop()) {
    const { group, smaller } = await listGroup(members, prefix, groupMax, context);
    waiting.push(...smaller);
    for (const [name, sizes] of group) {
      if (gone.has(name)) continue;
      if (new Set(sizes.filter((size) => size !== undefined)).size > 1) {
        different.push(name);
        continue;
      }
      const from = members[sizes.findIndex((size) => size !== undefined)]!.storage;
      for (const [index, size] of sizes.entries()) {
        if (size !== undefined) continue;
        if (dryRun || (await copy(name, from, members[index]!.storage, context))) copied += 1;
      }
    }
  }
  return { copied, deleted, different };
}

interface Group {
  /** Sizes by name and member. */
  readonly group: ReadonlyMap<string, readonly (number | undefined)[]>;
  /** Beginnings of the names that were too many. */
  readonly smaller: Iterable<string>;
}

async function listGroup(
  members: readonly MirrorMember[],
  prefix: string,
  groupMax: number,
  { signal }: Context,
): Promise<Group> {
  const group = new Map<string, (number | undefined)[]>();
  // By the next character: the longest beginning that all names with it share.
  const smaller = new Map<string, string>();
  let isTooLarge = false;
  for (const [index, { storage }] of members.entries()) {
    for await (const { name, sizeBytes } of storage.list(prefix, { signal })) {
      if (name.startsWith(mirrorPrefix)) continue;
      if (name !== prefix) {
        const next = name.slice(0, prefix.length + 1);
        smaller.set(next, sharedBeginning(smaller.get(next) ?? name, name));
        if (isTooLarge) continue;
      }
      const sizes = group.get(name) ?? members.map(() => undefined);
      sizes[index] = sizeBytes;
      group.set(name, sizes);
      if (group.size <= groupMax || isTooLarge) continue;
      isTooLarge = true;
      // The name that is the prefix itself is in none of the smaller groups.
      for (const one of [...group.keys()]) if (one !== prefix) group.delete(one);
    }
  }
  return { group, smaller: isTooLarge ? smaller.values() : [] };
}

function sharedBeginning(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}

/** False when the object was deleted meanwhile. */
async function copy(name: string, from: Storage, to: Storage, { signal }: Context): Promise<boolean> {
  let bytes: Uint8Array;
  try {
    bytes = await from.get(name, { signal });
  } catch (error) {
    if (isFailure(error, 'missing', 'OBJECT_MISSING')) return false;
    throw error;
  }
  await to.put(name, bytes, { signal });
  if ((await from.stat(name, { signal })) !== undefined) return true;
  // Somebody deleted it between the two: without this it would be back.
  await to.delete(name, { signal });
  return false;
}
