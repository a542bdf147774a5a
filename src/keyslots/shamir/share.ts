// One share of a key that k of n people hold together: 60 bytes, tied to its set so that a wrong one can be named. FORMAT.md §4.1.

import { createHmac } from 'node:crypto';
import { equalBytes } from '../../base/bytes.ts';

/**
 * threshold ‖ count ‖ number ‖ x ‖ set (8 bytes) ‖ value (32 bytes) ‖ tag (16 bytes). The number is what people call it ("share 2 of
 * 5"), x the point of the polynomial.
 */
export const shareBytes = 60;
const bodyBytes = 44;
/** More people than this do not come together; the format allows no more either. */
export const sharesMax = 16;

export interface Share {
  readonly threshold: number;
  readonly count: number;
  /** 1 to `count`. */
  readonly number: number;
  readonly x: number;
  /** 8 bytes that all shares of one slot have in common. */
  readonly set: Uint8Array;
  /** 32 bytes. */
  readonly value: Uint8Array;
}

export function isPossible(threshold: number, count: number): boolean {
  return (
    Number.isInteger(threshold) &&
    Number.isInteger(count) &&
    threshold >= 2 &&
    threshold <= count &&
    count <= sharesMax
  );
}

export function encodeShare(share: Share): Uint8Array {
  const body = bodyOf(share);
  return Buffer.concat([body, tagOf(share)]);
}

/** Undefined when these bytes are no share, or one that was damaged. */
export function decodeShare(bytes: Uint8Array): Share | undefined {
  if (bytes.length !== shareBytes) return undefined;
  const [threshold = 0, count = 0, number = 0, x = 0] = bytes;
  const set = Uint8Array.from(bytes.subarray(4, 12));
  const value = Uint8Array.from(bytes.subarray(12, bodyBytes));
  const share = { threshold, count, number, x, set, value };
  if (!isPossible(threshold, count) || number < 1 || number > count || x === 0) return undefined;
  return equalBytes(tagOf(share), bytes.subarray(bodyBytes)) ? share : undefined;
}

/** 16 bytes that tell this share from every other one, and nothing of its value: the slot lists them. */
export function tagOf(share: Share): Buffer {
  const hmac = createHmac('sha256', share.set).update('bkp1/share\0', 'latin1');
  return hmac.update(bodyOf(share)).digest().subarray(0, 16);
}

function bodyOf({ threshold, count, number, x, set, value }: Share): Buffer {
  return Buffer.concat([Uint8Array.of(threshold, count, number, x), set, value]);
}
