// Reading decoded CBOR maps: each accessor checks the type it promises, so that no parser trusts its input.

import { Failure } from '../base/failure.ts';

export type Item = ReadonlyMap<number | string, unknown>;

export function asMap(value: unknown, what: string): Item {
  if (!(value instanceof Map)) throw malformed(what, 'a map');
  return value as Item;
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(what, 'an array');
  return value;
}

/** A byte string, of exactly `length` bytes when given. */
export function asBytes(value: unknown, what: string, length?: number): Uint8Array {
  if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length)) {
    throw malformed(what, length === undefined ? 'a byte string' : `${length} bytes`);
  }
  return value;
}

/** A safe integer of at least 0 and at most `max`. */
export function asCount(value: unknown, what: string, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw malformed(what, `a number from 0 to ${max}`);
  }
  return value;
}

/** Milliseconds since 1970, as a writer's clock had them: below 0 for one that stood before. A wrong clock must not make an object unreadable. */
export function asInstant(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw malformed(what, 'a time');
  return value;
}

export function asText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(what, 'text');
  return value;
}

/** Splits joined 32-byte names or ids. */
export function splitIds(joined: Uint8Array, what: string): Uint8Array[] {
  if (joined.length % 32 !== 0) throw malformed(what, 'a multiple of 32 bytes');
  const ids: Uint8Array[] = [];
  for (let offset = 0; offset < joined.length; offset += 32) ids.push(joined.subarray(offset, offset + 32));
  return ids;
}

export function malformed(what: string, expected: string): Failure {
  return new Failure('corrupt', 'OBJECT_MALFORMED', `"${what}" is not ${expected}`, {
    hint: 'Run "holdfast check" to see what is affected.',
  });
}
