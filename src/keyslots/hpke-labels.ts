// LabeledExtract and LabeledExpand of RFC 9180 §4 with HKDF-SHA256.

import { createHmac } from 'node:crypto';

const version = Buffer.from('HPKE-v1', 'latin1');

export function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Buffer {
  return createHmac('sha256', salt)
    .update(version)
    .update(suite)
    .update(label, 'latin1')
    .update(ikm)
    .digest();
}

/** At most 32 bytes, one block of HKDF-Expand: nothing here needs more. */
export function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Buffer {
  const hmac = createHmac('sha256', prk).update(Uint8Array.of(0, length)).update(version).update(suite);
  return hmac.update(label, 'latin1').update(info).update(Uint8Array.of(1)).digest().subarray(0, length);
}
