// The failure of a secret that opens none of the slots, with advice for its kind: who named a token is not helped by words about passphrases.

import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { identityType } from './slot.ts';

const ofPassphrase = 'Check the passphrase or key file; "--password-file" reads the first line of a file.';

const hints: Readonly<Record<string, string>> = {
  'key-file': 'Check the path of the key file: it may be that of another repository.',
  [identityType]:
    'No key slot was made for the public half of this private key: check the path; "holdfast key add --new-recipient" adds one.',
  pkcs11:
    'No key slot names this key of this token: compare the URI with "pkcs11-tool -O --login", or open with another key slot.',
  kms: 'No key slot names this KMS key: check the ARN with "aws kms describe-key", or open with another key slot.',
  shamir:
    'These shares belong to no key of this repository: the sheets say to which repository and key they belong.',
};

export function nothingFits(secret: Secret | undefined, slots: number, damaged = 0): Failure {
  const type = secret?.slotType;
  const hint =
    damaged > 0
      ? 'Some key slots are damaged, and what was given may be right for one of them: open with another secret, and see "holdfast key list".'
      : (hints[type ?? ''] ?? ofPassphrase);
  return new Failure('denied', 'WRONG_PASSWORD', `none of ${slots} key slots opens with what was given`, {
    hint,
    facts: { slots, ...(damaged === 0 ? {} : { damaged }), ...(type === undefined ? {} : { type }) },
  });
}

/** Nobody's secret is wrong then. */
export function noSlotLeft(): Failure {
  return new Failure('corrupt', 'NO_KEY_SLOT', 'the repository has no key slot left', {
    hint: 'Copy "keys/slot-*" back from another copy of the repository, or give the master key of a recovery kit ("--identity").',
  });
}
