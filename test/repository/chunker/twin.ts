// The chunker's twin: FORMAT.md §7 said slowly and plainly, with BigInt, so that the fast one has something to agree with.

import type { ChunkerParameters } from '../../../src/repository/chunker/chunker.ts';

/** The lengths of the chunks of a whole file. */
export function twinCuts(data: Uint8Array, table: BigUint64Array, parameters: ChunkerParameters): number[] {
  const lengths: number[] = [];
  let start = 0;
  let hash = 0n;
  for (let at = 0; at < data.length; at++) {
    const length = at - start + 1;
    if (length > parameters.minBytes) {
      hash = BigInt.asUintN(64, (hash << 1n) + table[data[at]!]!);
      const mask = length <= parameters.normalBytes ? parameters.strictMask : parameters.looseMask;
      if ((hash & mask) !== 0n && length < parameters.maxBytes) continue;
    } else if (length < parameters.maxBytes) continue;
    lengths.push(length);
    start = at + 1;
    hash = 0n;
  }
  if (start < data.length) lengths.push(data.length - start);
  return lengths;
}
