// Private and public keys as secrets: `--identity FILE` opens, `--recipient KEY|FILE` makes a slot. A private key that has a passphrase of
// its own is unlocked in memory; HOLDFAST_IDENTITY_PASSWORD_FILE and _COMMAND, or the terminal, give the passphrase.

import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { Invocation } from './command.ts';
import type { FoundSecret, SlotSecretWay } from './slot-secrets.ts';

export const identityWay: SlotSecretWay = {
  name: 'identity',
  value: 'file',
  find: ([path = ''], invocation) => readIdentity(path, invocation),
};

export const recipientWay: SlotSecretWay = {
  name: 'recipient',
  value: 'key|file',
  find: ([value = '']) => readRecipient(value),
};

async function readIdentity(path: string, invocation: Invocation): Promise<FoundSecret> {
  const { readPrivateFile } = await import('../keyslots/private-file.ts');
  const { isLockedKey, unlockKey } = await import('../keyslots/locked-key.ts');
  const bytes = readPrivateFile(path);
  const { requireKeyPassphrase } = await import('./secrets.ts');
  const plain = isLockedKey(bytes)
    ? await unlockKey(bytes, await requireKeyPassphrase(path, invocation))
    : new Secret(bytes);
  const { masterKeySecret, readMasterKey } = await import('../keyslots/master-key-text.ts');
  if (readMasterKey(plain) !== undefined) return { secret: masterKeySecret(plain), type: undefined };
  return found(plain, path, true);
}

/** Of a key in words, or of a file, which anyone may read. */
export async function readRecipient(value: string): Promise<FoundSecret> {
  const { readKeyText } = await import('../keyslots/key-text.ts');
  const words = new Secret(Buffer.from(value, 'utf8'));
  if (readKeyText(words).length > 0) return found(words, value, false);
  const { readPublicFile } = await import('../keyslots/private-file.ts');
  return found(new Secret(readPublicFile(value)), value, false);
}

async function found(plain: Secret, path: string, isPrivate: boolean): Promise<FoundSecret> {
  const { readKeyText } = await import('../keyslots/key-text.ts');
  const { identityType } = await import('../keyslots/slot.ts');
  const [key] = readKeyText(plain).filter((one) => !isPrivate || one.isPrivate);
  if (key !== undefined) return { secret: new Secret(plain.reveal(), identityType), type: key.type };
  const what = isPrivate ? 'private' : 'public';
  throw new Failure('usage', 'KEY_TEXT_INVALID', `"${path}" holds no ${what} key`, {
    facts: { path },
    hint: 'It may be PEM (RSA or X25519), a line of "holdfast key generate", or a line of age.',
  });
}
