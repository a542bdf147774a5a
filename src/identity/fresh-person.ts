// How somebody gets in is changed by the person alone, with a fresh proof. A token stands for a fresh proof in what it was made for, but
// nothing that it does may outlive it: with a key of its own it would be in for good.

import { Failure } from '../base/failure.ts';
import type { Principal } from './access.ts';

/** Fails with denied/PROOF_NOT_FRESH. */
export function requireFreshPerson({ kind, isFresh }: Principal): void {
  if (kind === 'user' && isFresh) return;
  throw new Failure('denied', 'PROOF_NOT_FRESH', 'this asks for a fresh proof of who you are', {
    hint: 'Give your password, code or passkey once more in a session, then repeat it within five minutes.',
  });
}
