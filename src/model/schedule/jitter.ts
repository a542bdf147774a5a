// A delay that spreads policies with the same due time. The same policy and due time always give the same delay, so that a restart changes
// nothing and two nodes agree.

import type { Instant } from '../../base/context.ts';

/** 0 up to, without, `spreadMs`; whole milliseconds. No secret: anyone may know when a backup starts. */
export function jitterOf(policy: string, due: Instant, spreadMs: number): number {
  if (spreadMs <= 0) return 0;
  return Math.floor((hash(`${policy}\n${due}`) / 2 ** 32) * spreadMs);
}

/** FNV-1a with the last steps of MurmurHash3, since FNV alone hardly moves its high bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
