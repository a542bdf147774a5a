// Secrets that we make ourselves and hand out once: 256 random bits as text. Of such a secret a plain hash is enough: nobody guesses it.

import { createHash, randomBytes } from 'node:crypto';

export const prefixes = { token: 'hf_', session: 'hs_', once: 'ho_' } as const;
export type OpaqueKind = keyof typeof prefixes;

export function makeOpaque(kind: OpaqueKind): { readonly secret: string; readonly hash: string } {
  const secret = prefixes[kind] + randomBytes(32).toString('base64url');
  return { secret, hash: hashOpaque(secret) };
}

export function hashOpaque(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether it can be one at all: spares the database what is none. */
export function looksOpaque(kind: OpaqueKind, text: string): boolean {
  return text.startsWith(prefixes[kind]) && /^[A-Za-z0-9_-]{43}$/.test(text.slice(prefixes[kind].length));
}
