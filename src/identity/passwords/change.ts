// A new password for somebody: good enough, and none of the last ones where the profile says so.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import { earlierPasswords } from '../../catalog/users.ts';
import type { Desk } from '../desk.ts';
import { passwordRules, requireGoodPassword } from './rules.ts';

/** Fails with usage/PASSWORD_WEAK and usage/PASSWORD_REUSED. Saves nothing. */
export async function requireNewPassword(
  { catalog, hasher, profile }: Desk,
  person: { readonly id?: string; readonly name: string },
  password: Secret,
  context: Context,
): Promise<{ readonly hash: string; readonly sealKey: Buffer }> {
  const text = Buffer.from(password.reveal()).toString();
  requireGoodPassword(text, profile, [person.name, ...person.name.split(/[._@-]/)]);
  if (person.id !== undefined) {
    const earlier = await earlierPasswords(catalog, person.id, passwordRules[profile].history, context);
    for (const hash of earlier) {
      if (!(await hasher.check(password, hash)).isRight) continue;
      throw new Failure('usage', 'PASSWORD_REUSED', 'this password was in use before', {
        hint: 'Take one that you have not had lately.',
      });
    }
  }
  return hasher.make(password);
}
