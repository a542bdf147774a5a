// A passphrase that opens a repository must stand years of guessing by whoever has copied it, at no server that could count the tries.

import { Failure } from '../base/failure.ts';
import type { NewSecret } from './slot-secrets.ts';

/** Fewer can be tried out, one after another. */
const lengthMin = 8;

/** Fails with usage/PASSWORD_WEAK. What is no passphrase, or none in words, is strong enough by what it is. */
export async function requireGoodPassphrase(found: NewSecret): Promise<NewSecret> {
  if (found.type !== 'passphrase') return found;
  let words: string;
  try {
    words = new TextDecoder('utf-8', { fatal: true }).decode(found.secret.reveal());
  } catch {
    return found;
  }
  const { isCommon } = await import('../identity/passwords/rules.ts');
  if ([...words].length < lengthMin) throw weak(`the passphrase has fewer than ${lengthMin} characters`);
  if (isCommon(words)) throw weak('the passphrase is one of the first that others would try');
  return found;
}

function weak(message: string): Failure {
  return new Failure('usage', 'PASSWORD_WEAK', message, {
    hint: 'Take four or more words that do not belong together.',
  });
}
