// From what a caller shows to who it is: the secret of a session, or an API token. Asked anew for every call, so that who is disabled, or
// given another role, is so at once and on all nodes.

import type { Context } from '../base/context.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { liveSession } from '../catalog/login-sessions.ts';
import { liveToken } from '../catalog/tokens.ts';
import type { Principal } from './access.ts';
import { hashOpaque, looksOpaque } from './opaque.ts';

/** Undefined when no such session lives; why is told to nobody. */
export async function authenticateSession(
  catalog: Catalog,
  secret: string,
  address: string | undefined,
  context: Context,
): Promise<Principal | undefined> {
  if (!looksOpaque('session', secret)) return undefined;
  const live = await liveSession(catalog, hashOpaque(secret), context);
  if (live === undefined) return undefined;
  const { session, user, grants } = live;
  return {
    kind: 'user',
    actor: user.name,
    method: 'session',
    userId: user.id,
    sessionId: session.id,
    ...(address === undefined ? {} : { address }),
    role: user.role,
    grants,
    isFresh: live.isFresh,
  };
}

/** Undefined when no such token lives. */
export async function authenticateToken(
  catalog: Catalog,
  secret: string,
  address: string | undefined,
  context: Context,
): Promise<Principal | undefined> {
  if (!looksOpaque('token', secret)) return undefined;
  const live = await liveToken(catalog, hashOpaque(secret), context);
  if (live === undefined) return undefined;
  const { token, user, grants } = live;
  return {
    kind: 'token',
    actor: `${user.name}/${token.name}`,
    method: 'token',
    userId: user.id,
    tokenId: token.id,
    ...(address === undefined ? {} : { address }),
    // What the role may do today, cut to what the token was made for.
    role: user.role,
    grants,
    scopes: new Set(token.scopes),
    isFresh: token.isSensitive,
  };
}
