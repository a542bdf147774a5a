// Several storages that hold the same: `mirror:?member=URL&member=URL`. See with/mirror.ts for what it promises.

import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { StorageConfig } from './all.ts';
import { createMembers, memberList, openMembers, putMark, readMembersUrl, setIdOf } from './members.ts';
import type { StorageKind } from './storage.ts';
import { mirrorPrefix, withMirror } from './with/mirror.ts';
import { healMirror, type MirrorHealing } from './with/mirror-heal.ts';

const markName = `${mirrorPrefix}member`;

const config = z.strictObject({
  members: memberList,
  /** How many members must take a call; absent: all. */
  writes: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(8))),
});
type MirrorConfig = z.infer<typeof config>;

const mirror: StorageKind<MirrorConfig> = {
  scheme: 'mirror',
  title: 'Several storages that hold the same',
  config,
  // Those of the members: HOLDFAST_STORAGE_MEMBER1_PASSWORD_FILE and so on.
  secretFields: [],
  fromUrl(url) {
    const { memberUrls, options } = readMembersUrl(url, ['writes']);
    return { memberUrls, ...options };
  },
  async open(given, context) {
    const writesMin = writesOf(given);
    const opened = await openMembers(given.members as StorageConfig[], markName, context);
    try {
      if (setIdOf(opened) === undefined) throw noneMarked(opened.includes(undefined));
    } catch (error) {
      for (const one of opened) await one?.storage[Symbol.asyncDispose]();
      throw error;
    }
    const members = opened.map((one) => one && { storage: one.storage, isBlank: one.mark === undefined });
    for (const member of members) {
      if (member?.isBlank !== true) continue;
      context.log.warn(`"${member.storage.location}" is new in the mirror and waits to be filled`);
    }
    return withMirror(members, writesMin, context);
  },
  async create(given, context) {
    const writesMin = writesOf(given);
    const made = await createMembers(given.members as StorageConfig[], markName, context);
    return withMirror(
      made.map((storage) => ({ storage, isBlank: false })),
      writesMin,
      context,
    );
  },
};
export default mirror;

/** Makes all members equal, and new ones members for good; all must be reachable. */
export async function healConfiguredMirror(
  given: MirrorConfig,
  dryRun: boolean,
  context: Context,
): Promise<MirrorHealing> {
  const opened = await openMembers(given.members as StorageConfig[], markName, context);
  try {
    const id = setIdOf(opened);
    const present = opened.filter((one) => one !== undefined);
    if (id === undefined || present.length < opened.length) throw noneMarked(true);
    const members = present.map(({ storage, mark }) => ({ storage, isBlank: mark === undefined }));
    const healing = await healMirror(members, context, { dryRun });
    for (const [index, { storage, isBlank }] of members.entries()) {
      // Only now does what it lacks mean that it does not exist.
      if (isBlank && !dryRun) await putMark(storage, markName, id, index, context);
    }
    return healing;
  } finally {
    for (const one of opened) await one?.storage[Symbol.asyncDispose]();
  }
}

function writesOf({ members, writes = members.length }: MirrorConfig): number {
  if (writes <= members.length) return writes;
  throw new Failure(
    'usage',
    'STORAGE_CONFIG_INVALID',
    `${members.length} members cannot take ${writes} writes`,
    {
      hint: 'Leave "writes" out: then all members must take everything.',
    },
  );
}

function noneMarked(isSomeAway: boolean): Failure {
  if (isSomeAway) {
    return new Failure(
      'unavailable',
      'MIRROR_MEMBERS_UNAVAILABLE',
      'members of the mirror cannot be reached',
      {
        hint: 'Bring them back, or check their URLs.',
      },
    );
  }
  return new Failure('missing', 'STORAGE_MISSING', 'no member belongs to a mirror yet', {
    hint: 'Check the URLs; "holdfast init" makes a mirror of empty places.',
  });
}
