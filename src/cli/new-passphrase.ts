// A passphrase that opens a repository must stand years of guessing by whoever has copied it, at no server that could count the tries.

import type { Invocation } from './command.ts';
import type { NewSecret } from './slot-secrets.ts';

/** Fewer can be tried out, one after another. */
const lengthMin = 8;

/**
 * Warns of a weak one and hands it on: it is the user's decision, as in scripts and for trials, and one who was refused writes it down elsewhere.
 * What is no passphrase, or none in words, is strong enough by what it is.
 */
export async function warnOfWeakPassphrase(
  found: NewSecret,
  { output, texts }: Invocation,
): Promise<NewSecret> {
  if (found.type !== 'passphrase') return found;
  let words: string;
  try {
    words = new TextDecoder('utf-8', { fatal: true }).decode(found.secret.reveal());
  } catch {
    return found;
  }
  const { isCommon } = await import('../identity/passwords/rules.ts');
  if ([...words].length < lengthMin) output.log.warn(texts.say('passphrase.short', { count: lengthMin }));
  else if (isCommon(words)) output.log.warn(texts.say('passphrase.common'));
  return found;
}
