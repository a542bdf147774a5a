// One repository over several storages: `spread:?member=URL&member=URL&weights=3,1`. See with/spread.ts for what it promises.

import { z } from 'zod/mini';
import { Failure } from '../base/failure.ts';
import type { StorageConfig } from './all.ts';
import { createMembers, memberList, openMembers, readMembersUrl, setIdOf } from './members.ts';
import type { Storage, StorageKind } from './storage.ts';
import { memberAway, spreadPrefix, withSpread } from './with/spread.ts';

const markName = `${spreadPrefix}member`;

const config = z.strictObject({
  members: memberList,
  /** One for each member, such as "3,1"; absent: all alike. Free space in tebibytes is a good choice. */
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
    const weights = weightsOf(given);
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
    return assembled(
      present.map(({ storage }) => storage),
      weights,
      given,
    );
  },
  async create(given, context) {
    const weights = weightsOf(given);
    return assembled(
      await createMembers(given.members as StorageConfig[], markName, context),
      weights,
      given,
    );
  },
};
export default spread;

function assembled(storages: readonly Storage[], weights: readonly number[], given: SpreadConfig): Storage {
  const members = storages.map((storage, index) => ({ storage, weight: weights[index]! }));
  return withSpread(members, given.shared.split(','));
}

function weightsOf({ members, weights }: SpreadConfig): readonly number[] {
  if (weights === undefined) return members.map(() => 1);
  const found = weights.split(',').map(Number);
  if (found.length === members.length && found.some((weight) => weight > 0)) return found;
  throw new Failure(
    'usage',
    'STORAGE_CONFIG_INVALID',
    `"${weights}" are no weights of ${members.length} members`,
    { hint: 'Give one number for each member, such as "3,1"; at least one above 0.' },
  );
}
