// The seal port: how a portable archive is closed, as a stream. FORMAT.md § Portable archives: seals.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import type { Secret } from '../../base/secret.ts';

export type SealKey = {
  /** Also the words of an encrypted PEM private key; the content of a key file when its slot type says "key-file". */
  readonly password?: Secret;
  /** age1… recipients, or PEM public keys or certificates. */
  readonly recipients?: readonly string[];
  /** The content of age identity files (AGE-SECRET-KEY…), or PEM private keys. */
  readonly identities?: readonly Secret[];
  /** How a new seal stretches the password, named as in a key slot: { kdf: 'pbkdf2-sha256', rounds: 600000 }. */
  readonly kdf?: { readonly [name: string]: JsonValue };
};

export interface Seal {
  readonly name: string;
  /** What the name of a sealed archive ends in, with the dot. */
  readonly suffix: string;
  readonly needs: {
    readonly seal: 'password' | 'recipient' | 'either';
    readonly open: 'password' | 'identity' | 'either';
  };
  /** Memory does not grow with the stream. Each piece is lent until the next one is asked for. */
  seal(plain: AsyncIterable<Uint8Array>, key: SealKey, context: Context): AsyncIterable<Uint8Array>;
  /**
   * Gives only bytes that were authenticated (but for `openssl`, which cannot), yet gives them before it has seen the end: what came is
   * worth nothing until the stream has ended without a failure.
   */
  open(sealed: AsyncIterable<Uint8Array>, key: SealKey, context: Context): AsyncIterable<Uint8Array>;
}

/** What all seals cut a stream into. */
export const pieceLength = 1024 * 1024;

export function sealBroken(what: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'SEAL_BROKEN', `the sealed archive ${what}`, {
    hint: 'Take another copy of the archive: this one was changed after it was sealed, or cut off.',
    cause,
  });
}

export function sealTruncated(what: string): Failure {
  return new Failure('corrupt', 'SEAL_TRUNCATED', `the sealed archive ${what}`, {
    hint: 'Copy the archive again in full.',
  });
}

export function sealKeyWrong(what: string, cause?: unknown): Failure {
  return new Failure('denied', 'SEAL_KEY_WRONG', what, {
    hint: 'Give the password or private key that belongs to this archive. A changed head of the archive looks the same.',
    cause,
  });
}

/** The password, which this seal cannot do without. */
export function passwordOf(key: SealKey, seal: string): Secret {
  if (key.password === undefined || key.password.reveal().length === 0) {
    throw new Failure('usage', 'SEAL_KEY_MISSING', `the seal "${seal}" needs a password`, {
      hint: 'Give a password file with at least one character.',
    });
  }
  return key.password;
}

export function throwIfCanceled(context: Context): void {
  if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
}
