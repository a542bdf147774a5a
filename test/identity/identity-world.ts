// Accounts for tests, at a desk where a password costs next to nothing to try, and every try is counted.

import { createHash } from 'node:crypto';
import type { Context } from '../../src/base/context.ts';
import { isFailure } from '../../src/base/failure.ts';
import { Secret } from '../../src/base/secret.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { localPrincipal, type Principal } from '../../src/identity/access.ts';
import { addUser } from '../../src/identity/accounts.ts';
import { authenticateSession } from '../../src/identity/authenticate.ts';
import type { Desk } from '../../src/identity/desk.ts';
import { login } from '../../src/identity/login.ts';
import { createHasher, type HashCost } from '../../src/identity/passwords/hasher.ts';
import type { PasswordProfile } from '../../src/identity/passwords/rules.ts';
import type { Role } from '../../src/model/permission.ts';

export const root: Principal = localPrincipal('root');
export const goodPassword = 'tulip cupboard 4 north bucket';

export function secret(text: string): Secret {
  return new Secret(Buffer.from(text));
}

export interface CountingDesk extends Desk {
  /** What each stretching was asked to cost, in their order. */
  readonly costs: HashCost[];
}

export function deskOf(catalog: Catalog, profile: PasswordProfile = 'standard'): CountingDesk {
  const costs: HashCost[] = [];
  const hasher = createHasher(undefined, async (message, salt, cost) => {
    costs.push(cost);
    return createHash('sha256').update(salt).update(message).digest();
  });
  return { catalog, node: 'n1', hasher, profile, costs };
}

export async function person(desk: Desk, name: string, role: Role, context: Context): Promise<string> {
  const { user } = await addUser(desk, root, { name, role, password: secret(goodPassword) }, context);
  return user.id;
}

export async function enter(
  desk: Desk,
  name: string,
  context: Context,
  address = '192.0.2.1',
): Promise<{ readonly secret: string; readonly principal: Principal }> {
  const started = await login(desk, { name, password: secret(goodPassword), address }, context);
  const principal = await authenticateSession(desk.catalog, started.secret, address, context);
  if (principal === undefined) throw new Error('a new session does not live');
  return { secret: started.secret, principal };
}

export function failed(code: string): (error: unknown) => boolean {
  return (error) => isFailure(error) && error.code === code;
}
