// The first administrator: as long as there is nobody, whoever holds the secret that this machine showed makes the account.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { addSingleUse, dropSingleUses, findSingleUse, takeSingleUse } from '../catalog/single-uses.ts';
import { hasUsers, insertUser, savePassword, type User } from '../catalog/users.ts';
import type { Principal } from './access.ts';
import { historyOf, userName } from './accounts.ts';
import { act } from './acts.ts';
import type { Desk } from './desk.ts';
import { hashOpaque, looksOpaque, makeOpaque } from './opaque.ts';
import { requireNewPassword } from './passwords/change.ts';

const linkMs = 24 * 3_600_000;
const purpose = 'setup';

/** The secret, when there is no user yet. Several nodes may show one each; the first that is used ends them all. */
export async function firstSetup(
  { catalog }: Pick<Desk, 'catalog'>,
  context: Context,
): Promise<{ readonly secret: string } | undefined> {
  if (await hasUsers(catalog, context)) return undefined;
  const { secret, hash } = makeOpaque('once');
  await addSingleUse(catalog, { hash, purpose, lastsMs: linkMs }, context);
  return { secret };
}

/** Fails with denied/SETUP_INVALID. A password that is not taken leaves the link good. */
export async function completeSetup(
  desk: Desk,
  wish: {
    readonly secret: string;
    readonly name: string;
    readonly password: Secret;
    readonly address?: string;
  },
  context: Context,
): Promise<User> {
  const hash = looksOpaque('once', wish.secret) ? hashOpaque(wish.secret) : '';
  const found = await findSingleUse(desk.catalog, hash, purpose, context);
  if (found === undefined || (await hasUsers(desk.catalog, context))) throw setupInvalid();
  const name = userName(wish.name);
  const made = await requireNewPassword(desk, { name }, wish.password, context);
  const by: Principal = {
    kind: 'user',
    actor: name,
    method: 'session',
    ...(wish.address === undefined ? {} : { address: wish.address }),
    role: 'admin',
    grants: [],
    isFresh: true,
  };
  return act(
    desk,
    by,
    'user:write',
    { action: 'user:setup', object: `user ${name}`, facts: { role: 'admin' } },
    async (unit) => {
      const use = await takeSingleUse(unit, hash, purpose, context);
      if (use === undefined || (await hasUsers(unit, context))) throw setupInvalid();
      const user = await insertUser(unit, { name, role: 'admin' }, context);
      await savePassword(unit, user.id, made.hash, historyOf(desk), context);
      await dropSingleUses(unit, purpose, undefined, context);
      return user;
    },
    context,
  );
}

function setupInvalid(): Failure {
  return new Failure('denied', 'SETUP_INVALID', 'the link for the first account is not, or no longer, good', {
    hint: 'Start "holdfast up" again for a new link, or make the account with "holdfast user add".',
  });
}
