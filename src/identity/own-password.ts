// The password of somebody who is in already: asked again before it, or what hangs on it, is changed.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { appendAudit } from '../catalog/audit.ts';
import { markAudited } from '../catalog/audited.ts';
import type { UserWithHash } from '../catalog/users.ts';
import { type Principal, whoOf } from './access.ts';
import { requireOwnUser } from './accounts.ts';
import type { Desk } from './desk.ts';
import { tooManyTries } from './too-many-tries.ts';
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
  if (!isAllowed) {
    const { actor, address } = by;
    throw await tooManyTries(desk, { whose: user.id, actor, address, waitMs }, context);
  }
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
  const wrong = new Failure('denied', 'PASSWORD_WRONG', 'the password is wrong', {
    hint: 'Give your current password.',
  });
  throw markAudited(wrong);
}
