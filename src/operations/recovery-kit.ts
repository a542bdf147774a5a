// The recovery kit: the master key as an age file, which every tool that speaks age opens, and the proof that a key file works with
// OpenSSL alone.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { openOpensslCbc, sealOpensslCbc } from '../ciphers/openssl-cbc.ts';
import { openWithPassphrase, sealToRecipients, sealWithPassphrase } from '../keyslots/age-file.ts';
import { keysOfType } from '../keyslots/key-text.ts';
import { masterKeyText } from '../keyslots/master-key-text.ts';
import type { Repository } from '../repository/repository.ts';

/** For public keys of age, or under a passphrase; the latter is opened again before it is given out. */
export async function sealRecoveryKit(
  to: { readonly recipients: Secret } | { readonly passphrase: Secret },
  repository: Repository,
): Promise<Uint8Array> {
  const plain = masterKeyText(repository.masterKey, repository.config.repoId);
  try {
    if ('recipients' in to) return await sealToRecipients(recipientsOf(to.recipients), plain);
    const sealed = await sealWithPassphrase(to.passphrase, plain);
    const opened = await openWithPassphrase(to.passphrase, sealed);
    if (opened?.length === plain.length && timingSafeEqual(opened, plain)) return sealed;
    throw new Failure('corrupt', 'KIT_NOT_REPRODUCED', 'the recovery kit does not open with its passphrase', {
      hint: 'The memory or processor of this machine is faulty. Nothing was written.',
    });
  } finally {
    plain.fill(0);
  }
}

function recipientsOf(secret: Secret): string[] {
  const keys = keysOfType(secret, 'age').filter((key) => !key.isPrivate);
  if (keys.length > 0) return keys.map(({ text }) => text);
  throw new Failure('usage', 'KIT_RECIPIENT_INVALID', 'the recovery kit needs a public key of age', {
    hint: 'Give a recipient that begins with "age1", or a passphrase.',
  });
}

const proofText = 'Holdfast: this key file decrypts.\n';

/** What `openssl enc -aes-256-cbc -d -in … -out … -pass file:<key file>` turns into one line of text. */
export function opensslProof(keyFile: Secret): Uint8Array {
  const content = Buffer.from(keyFile.reveal());
  const end = content.indexOf(0x0a);
  const line = end < 0 ? content : content.subarray(0, end);
  const sealed = sealOpensslCbc(line, randomBytes(8), Buffer.from(proofText));
  if (openOpensslCbc(line, sealed)?.toString() === proofText) return sealed;
  throw new Failure('corrupt', 'KEY_TEST_FAILED', 'what was sealed with the key file does not open with it', {
    hint: 'The memory or processor of this machine is faulty.',
  });
}
