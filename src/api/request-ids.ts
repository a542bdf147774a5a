// The id of each call, by which its lines in the log and in the audit trail are found. Nobody can guess the next one. Chance is asked for in
// stock: each question of its own costs more than all else that an id needs.

import { randomFillSync } from 'node:crypto';

const idBytes = 9;
const stock = 256;

export function requestIds(): () => string {
  const bytes = Buffer.alloc(idBytes * stock);
  let at = bytes.length;
  return () => {
    if (at === bytes.length) {
      randomFillSync(bytes);
      at = 0;
    }
    const from = at;
    at += idBytes;
    return bytes.toString('base64url', from, at);
  };
}
