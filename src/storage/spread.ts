// One repository over several storages: `spread:?member=URL&member=URL&weights=3,1`. See with/spread.ts for what it promises.

import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { StorageConfig } from './all.ts';
import { createMembers, memberList, openMembers, readMembersUrl, setIdOf } from './members.ts';
import type { Storage, StorageKind } from './storage.ts';
import { memberAway, spreadPrefix, withSpread } from './with/spread.ts';

const markName = `${spreadPrefix}member`;

const config = z.strictObject({
  members: memberList,
  /** One for each member, such as "3,1"; absent: by their sizes where all can tell, else all alike. */
  weights: z.optional(z.string().check(z.regex(/^\d{1,6}(,\d{1,6})*$/))),
  /** What is shared out, such as "packs/"; all else lies on the first member. */
  shared: z._default(z.string().check(z.regex(/^[a-z0-9-]+\/(,[a-z0-9-]+\/)*$/)), 'packs/'),
});
type SpreadConfig = z.infer<typeof config>;

const spread: StorageKind<SpreadConfig> = {
  scheme: 'spread',
  title: 'Several storages that share the objects of one repository',
  config,
  // Those of the members: HOLDFAST_STORAGE_MEMBER1_PASSWORD_FILE and so on.
  secretFields: [],
  fromUrl(url) {
    const { memberUrls, options } = readMembersUrl(url, ['weights', 'shared']);
    return { memberUrls, ...options };
  },
  async open(given, context) {
    const weights = givenWeights(given);
    const opened = await openMembers(given.members as StorageConfig[], markName, context);
    const present = opened.filter((one) => one !== undefined);
    try {
      setIdOf(opened);
      if (present.length < opened.length) throw memberAway(`member ${opened.indexOf(undefined) + 1}`);
      const unmarked = present.find(({ mark }) => mark === undefined);
      // Empty because a disk is not mounted, as likely as not.
      if (unmarked !== undefined)
        throw memberAway(`"${unmarked.storage.location}" has no mark of the spread`);
    } catch (error) {
      for (const { storage } of present) await storage[Symbol.asyncDispose]();
      throw error;
    }
    const storages = present.map(({ storage }) => storage);
    return assembled(storages, weights ?? (await sizesOf(storages, context)), given);
  },
  async create(given, context) {
    const weights = givenWeights(given);
    const storages = await createMembers(given.members as StorageConfig[], markName, context);
    return assembled(storages, weights ?? (await sizesOf(storages, context)), given);
  },
};
export default spread;

function assembled(storages: readonly Storage[], weights: readonly number[], given: SpreadConfig): Storage {
  const members = storages.map((storage, index) => ({ storage, weight: weights[index]! }));
  return withSpread(members, given.shared.split(','));
}

/** What is free changes from day to day; by sizes, which stay, an object is found where it was put. */
async function sizesOf(storages: readonly Storage[], { log, signal }: Context): Promise<readonly number[]> {
  try {
    const rooms = await Promise.all(storages.map((storage) => storage.room?.({ signal })));
    const sizes = rooms.map((room) => room?.totalBytes ?? 0);
    if (sizes.every((size) => size > 0)) return sizes;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === 'canceled') throw error;
    // Other weights than usual cost a second look at some objects, and lose none.
    log.warn('a member of the spread does not tell its size', { code: error.code });
  }
  return storages.map(() => 1);
}

function givenWeights({ members, weights }: SpreadConfig): readonly number[] | undefined {
  if (weights === undefined) return undefined;
  const found = weights.split(',').map(Number);
  if (found.length === members.length && found.some((weight) => weight > 0)) return found;
  throw new Failure(
    'usage',
    'STORAGE_CONFIG_INVALID',
    `"${weights}" are no weights of ${members.length} members`,
    { hint: 'Give one number for each member, such as "3,1"; at least one above 0.' },
  );
}
