// Where people are known: here, or in a directory. A provider says who somebody is; what they may do is decided here, by role and grants.

import type { Context } from '../base/context.ts';
import type { Secret } from '../base/secret.ts';
import type { Desk } from './desk.ts';

/** Somebody of whom a provider is sure. */
export interface ProvenIdentity {
  /** In this catalog. */
  readonly userId: string;
  /** What the password opens here; only the local provider has it. */
  readonly sealKey?: Buffer;
  /** The hash that was compared is due to be made anew. */
  readonly dated?: { readonly hash: string };
}

/**
 * One that takes name and password itself, as a directory does; one that sends the browser elsewhere has `redirect` as well. Whatever the
 * reason, a refusal is `undefined`, and takes as long for a name that nobody has.
 */
export interface IdentityProvider {
  readonly kind: string;
  password?(
    desk: Desk,
    given: { readonly name: string; readonly password: Secret },
    context: Context,
  ): Promise<ProvenIdentity | undefined>;
  readonly redirect?: {
    /** Where the browser goes. `state` comes back, once. */
    begin(
      desk: Desk,
      returnTo: string,
      context: Context,
    ): Promise<{ readonly url: string; readonly state: string }>;
    complete(
      desk: Desk,
      given: { readonly state: string; readonly parameters: URLSearchParams },
      context: Context,
    ): Promise<ProvenIdentity | undefined>;
  };
}

/** One lazy line each. */
export const providers: Readonly<Record<string, () => Promise<IdentityProvider>>> = {
  local: async () => (await import('./local.ts')).local,
};
