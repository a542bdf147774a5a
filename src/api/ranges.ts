// A part of a download (RFC 9110 § 14): one range of bytes, so that what broke off goes on where it stopped. What is no single range of bytes
// is passed over, and all of it comes.

import { Failure } from '../base/failure.ts';

export interface ByteRange {
  readonly from: number;
  /** The last byte, included. */
  readonly to: number;
}

/** Undefined: all of it. Fails with usage/RANGE_UNSATISFIABLE where nothing lies in the range. */
export function rangeOf(
  { range, ifRange }: { readonly range: string | undefined; readonly ifRange: string | undefined },
  { bytes, etag }: { readonly bytes: number; readonly etag: string },
): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(range?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  // Of something else than what they have, a part is of no use.
  if (ifRange !== undefined && ifRange !== etag) return undefined;
  const isTail = first === '';
  const from = isTail ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = isTail || last === '' ? bytes - 1 : Math.min(bytes - 1, Number(last));
  // Backwards is no range at all.
  if (!isTail && last !== '' && Number(last) < from) return undefined;
  if (from <= to) return { from, to };
  throw new Failure('usage', 'RANGE_UNSATISFIABLE', 'nothing lies in that range', {
    hint: 'Ask for bytes before the end, or for all of it.',
    facts: { bytes },
  });
}
