// The sealed key-encryption key among a slot's parameters, which come from outside.

import { Failure } from '../base/failure.ts';
import type { SlotParameters } from './keyslot.ts';

export const kekBytes = 32;

/** Fails with corrupt/SLOT_BROKEN unless it is base64url of a length within these bounds. */
export function sealedParameter(params: SlotParameters, least: number, most: number): Buffer {
  const text = params['sealed'];
  if (typeof text === 'string' && /^[\w-]+$/.test(text)) {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length >= least && bytes.length <= most) return bytes;
  }
  throw new Failure('corrupt', 'SLOT_BROKEN', 'the key slot has no usable parameter "sealed"', {
    hint: 'Use another key slot, or copy this one back from another copy of the repository.',
  });
}
