// Sizes as people write them: "10M", "1.5 GiB", "4096". One letter means the binary unit, as in every tool of this field.

import { Failure } from '../base/failure.ts';
import { escapeForTerminal } from '../base/text.ts';

/** Bytes; usage/INVALID_SIZE when the text is no size or beyond 2^53. */
export function parseSize(text: string): number {
  const bytes = readSize(text);
  if (bytes === undefined) {
    throw new Failure('usage', 'INVALID_SIZE', `"${escapeForTerminal(text.slice(0, 100))}" is not a size`, {
      hint: 'Write a number with a unit such as 500K, 10M or 1.5 GiB (K, M, G, T, P: 1024; kB, MB, GB: 1000).',
    });
  }
  return bytes;
}

/** As `parseSize`, but undefined for what is none. */
export function readSize(text: string): number | undefined {
  const match = /^(\d{1,16})(?:\.(\d{1,9}))? ?([A-Za-z]*)$/.exec(text.trim());
  if (match === null) return undefined;
  const [, whole = '', fraction = '', unit = ''] = match;
  const factor = unitFactor(unit);
  if (factor === undefined) return undefined;
  // In integers: 0.1 has no exact double, and a limit must not move by rounding.
  const scaled = BigInt(whole + fraction) * BigInt(factor);
  const bytes = Number(scaled / 10n ** BigInt(fraction.length));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function unitFactor(unit: string): number | undefined {
  const match = /^(?:([kmgtp])(i?b)?|b)?$/i.exec(unit);
  if (match === null) return undefined;
  const [, prefix, suffix] = match;
  if (prefix === undefined) return 1;
  const base = suffix?.length === 1 ? 1000 : 1024;
  return base ** ('kmgtp'.indexOf(prefix.toLowerCase()) + 1);
}
