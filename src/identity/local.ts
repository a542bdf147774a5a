// The provider that needs no other: accounts of this catalog and their passwords.

import { userNamed } from '../catalog/users.ts';
import type { IdentityProvider } from './provider.ts';

export const local: IdentityProvider = {
  kind: 'local',
  async password({ catalog, hasher }, { name, password }, context) {
    const user = await userNamed(catalog, name, context);
    // The same work for a name that nobody has, one that is disabled, and one that is locked.
    const { isRight, isDated, sealKey } = await hasher.check(password, user?.passwordHash);
    if (user === undefined || !isRight || sealKey === undefined || user.disabledAt !== undefined) {
      return undefined;
    }
    const { id: userId, passwordHash: hash } = user;
    return { userId, sealKey, ...(isDated && hash !== undefined ? { dated: { hash } } : {}) };
  },
};
