// The password of somebody who is in already: asked again before it, or what hangs on it, is changed.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { appendAudit } from '../catalog/audit.ts';
import type { UserWithHash } from '../catalog/users.ts';
import { type Principal, whoOf } from './access.ts';
import { requireOwnUser } from './accounts.ts';
import type { Desk } from './desk.ts';
import { forgiveTries, spendTry } from './tries.ts';

/** With what it opens. Fails with denied/PASSWORD_WRONG, and denied/TOO_MANY_TRIES. */
export async function requireOwnPassword(
  desk: Desk,
  by: Principal,
  password: Secret,
  context: Context,
): Promise<{ readonly user: UserWithHash; readonly sealKey: Buffer }> {
  const { catalog } = desk;
  const user = await requireOwnUser(catalog, by, context);
  const { isAllowed, waitMs } = await spendTry(catalog, 'proof', user.id, context);
  if (!isAllowed) throw tooManyTries(waitMs);
  const { sealKey } = await desk.hasher.check(password, user.passwordHash);
  if (sealKey !== undefined) {
    await forgiveTries(catalog, 'proof', user.id, context);
    return { user, sealKey };
  }
  await appendAudit(
    catalog,
    { ...whoOf(by), node: desk.node, action: 'user:prove', outcome: 'refused', object: `user ${user.name}` },
    context,
  );
  throw new Failure('denied', 'PASSWORD_WRONG', 'the password is wrong', {
    hint: 'Give your current password.',
  });
}

export function tooManyTries(waitMs: number): Failure {
  return new Failure('denied', 'TOO_MANY_TRIES', 'there were too many tries', {
    facts: { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) },
    hint: 'Wait a few minutes, then try again.',
  });
}
