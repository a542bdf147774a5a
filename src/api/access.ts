// Who calls, and whether this door is theirs: from the request line by line to a principal. Each refusal has its own code, and none tells
// whether a login exists.

import { hash } from 'node:crypto';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { markOf } from '../catalog/unchanged.ts';
import type { Principal } from '../identity/access.ts';
import { authenticateSession, authenticateToken } from '../identity/authenticate.ts';
import type { Names } from './places.ts';

/** Only for this origin, only over a line that nobody reads, never for scripts. */
export const sessionCookie = '__Host-holdfast';

/** A page of another origin cannot send it without being asked whether it may, and it may not. */
export const intentHeader = 'x-holdfast-intent';

export interface Shown {
  readonly token: string | undefined;
  readonly session: string | undefined;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export function shownBy(headers: Headers): Shown {
  const authorization = headers['authorization'];
  const bearer =
    typeof authorization === 'string' ? /^Bearer ([A-Za-z0-9_-]{20,200})$/i.exec(authorization) : null;
  if (authorization !== undefined && bearer === null) throw notLoggedIn();
  return { token: bearer?.[1], session: cookieOf(headers, sessionCookie) };
}

function cookieOf(headers: Headers, name: string): string | undefined {
  const line = headers['cookie'];
  if (typeof line !== 'string') return undefined;
  const found = line.split(';').filter((part) => part.trimStart().startsWith(`${name}=`));
  // Two of one name: somebody else has put one there.
  if (found.length !== 1) return undefined;
  return found[0]!.trim().slice(name.length + 1);
}

export interface Recognised {
  readonly principal: Principal;
  /** Of the catalog when the call had come; see unchanged.ts. */
  readonly mark: string;
}

export interface Recognition {
  /** Who was disabled, logged out or given another role a moment ago is so for the next call already, whichever node did it. */
  recognise(shown: Shown, address: string, context: Context): Promise<Recognised | undefined>;
  forget(): void;
}

/** For what no writing tells: a login that grows old. */
const rememberedMs = 500;
const rememberedMost = 2_000;

export function recognition(catalog: Catalog): Recognition {
  const known = new Map<string, Recognised & { readonly at: number }>();
  return {
    async recognise({ token, session }, address, context) {
      const shown = token ?? session;
      if (shown === undefined) return undefined;
      const key = hash('sha256', `${address}\0${shown}`, 'base64url');
      const now = context.clock.elapsed();
      const remembered = known.get(key);
      const mark = await markOf(catalog, context);
      if (remembered?.mark === mark && now - remembered.at < rememberedMs) return remembered;
      const authenticate = token === undefined ? authenticateSession : authenticateToken;
      const principal = await authenticate(catalog, shown, address, context);
      known.delete(key);
      if (principal === undefined) return undefined;
      if (known.size >= rememberedMost) known.clear();
      const recognised = { principal, mark, at: now };
      known.set(key, recognised);
      return recognised;
    },
    forget: () => known.clear(),
  };
}

export function notLoggedIn(): Failure {
  return new Failure('denied', 'NOT_LOGGED_IN', 'this needs a login', {
    hint: 'Send an API token as "Authorization: Bearer …", or log in.',
  });
}

/**
 * A browser sends cookies along whoever makes it ask. So what changes something by a session must come from our own pages: with a header
 * that forms cannot send, and from our origin where the browser tells one.
 */
export function requireOwnOrigin(headers: Headers, names: Names): void {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const isOwn =
    headers[intentHeader] !== undefined &&
    (origin === undefined || names.isOwnOrigin(String(origin), String(host))) &&
    (site === undefined || site === 'same-origin' || site === 'none');
  if (isOwn) return;
  throw new Failure('denied', 'FOREIGN_ORIGIN', 'the request does not come from a page of this server', {
    hint: `Send the header "${intentHeader}" from a page of this server, or use an API token.`,
  });
}

/** Another name is a page that has its own name point here (DNS rebinding). */
export function requireKnownHost(headers: Headers, names: Names): void {
  const { host } = headers;
  if (typeof host === 'string' && names.isKnownHost(host)) return;
  throw new Failure('denied', 'HOST_UNKNOWN', 'this server is not called so', {
    hint: 'Use the address that it listens on, or set "api.origin" to what stands in front of it.',
  });
}
