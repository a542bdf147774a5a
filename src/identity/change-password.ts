// A person changes the own password: what is sealed under the old one goes under the new, and the other sessions end.

import type { Context } from '../base/context.ts';
import type { Secret } from '../base/secret.ts';
import { endLoginSessions } from '../catalog/login-sessions.ts';
import { savePassword } from '../catalog/users.ts';
import type { Principal } from './access.ts';
import { historyOf } from './accounts.ts';
import { act } from './acts.ts';
import type { Desk } from './desk.ts';
import { resealTotp } from './factors/totp.ts';
import { requireOwnPassword } from './own-password.ts';
import { requireNewPassword } from './passwords/change.ts';

/** Fails like requireOwnPassword, and with usage/PASSWORD_WEAK or usage/PASSWORD_REUSED. */
export async function changeOwnPassword(
  desk: Desk,
  by: Principal,
  { current, next }: { readonly current: Secret; readonly next: Secret },
  context: Context,
): Promise<void> {
  const { user, sealKey } = await requireOwnPassword(desk, by, current, context);
  const made = await requireNewPassword(desk, user, next, context);
  await act(
    desk,
    by,
    'self:write',
    { action: 'user:change-password', object: `user ${user.name}` },
    async (unit) => {
      await savePassword(unit, user.id, made.hash, historyOf(desk), context);
      await resealTotp(unit, user.id, sealKey, made.sealKey, context);
      const { sessionId } = by;
      await endLoginSessions(unit, user.id, sessionId === undefined ? {} : { except: sessionId }, context);
    },
    context,
  );
}
