// Taking an account back: for who has lost the password, and for what somebody else may be using.

import type { Context } from '../base/context.ts';
import { deleteFactors } from '../catalog/factors.ts';
import { endLoginSessions } from '../catalog/login-sessions.ts';
import { clearPassword } from '../catalog/users.ts';
import type { Principal } from './access.ts';
import { invite, requireUser } from './accounts.ts';
import { act } from './acts.ts';
import type { Desk } from './desk.ts';
import { makeOpaque } from './opaque.ts';

/**
 * From now on the password before opens nothing, all sessions end, and the invitation, good once, is the way back in. `factors`: passkeys go as
 * well. Tokens are revoked one by one.
 */
export async function resetUser(
  desk: Desk,
  by: Principal,
  name: string,
  { factors }: { readonly factors: boolean },
  context: Context,
): Promise<{ readonly invitation: string; readonly endedSessions: number }> {
  const user = await requireUser(desk.catalog, name, context);
  const once = makeOpaque('once');
  const endedSessions = await act(
    desk,
    by,
    'user:write',
    { action: 'user:reset', object: `user ${user.name}`, facts: { factors } },
    async (unit) => {
      await clearPassword(unit, user.id, context);
      // Codes by time hang on the password and go with it.
      await deleteFactors(unit, user.id, factors ? {} : { kinds: ['totp', 'recovery'] }, context);
      await invite(unit, user.id, once.hash, context);
      return endLoginSessions(unit, user.id, {}, context);
    },
    context,
  );
  return { invitation: once.secret, endedSessions };
}
