// Ids that sort by the time of their making (UUID version 7, RFC 9562), strictly so within one process.

import { randomFillSync } from 'node:crypto';
import type { Instant } from '../base/context.ts';

export type MakeId = (at: Instant) => string;

/** Where many are made in one millisecond, or the clock goes back, the time runs ahead by a counter of 12 bits. */
export function idMaker(): MakeId {
  let lastMs = 0;
  let counter = 0;
  const bytes = Buffer.alloc(16);
  return (at) => {
    randomFillSync(bytes);
    if (at > lastMs) {
      lastMs = at;
      counter = bytes.readUInt16BE(6) & 0x7ff;
    } else {
      counter += 1;
      if (counter > 0xfff) {
        counter = 0;
        lastMs += 1;
      }
    }
    bytes.writeUIntBE(lastMs, 0, 6);
    bytes.writeUInt16BE(0x7000 | counter, 6);
    bytes[8] = 0x80 | (bytes[8]! & 0x3f);
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  };
}

export function isId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);
}

/** Less than all ids made at that time or later, more than all made before. */
export function idAt(at: Instant): string {
  const hex = Math.max(0, Math.floor(at)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
}
