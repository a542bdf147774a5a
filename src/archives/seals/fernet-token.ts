// One Fernet token, as github.com/fernet/spec has it: AES-128-CBC under HMAC-SHA-256, in base64url. Its time is written and never judged.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { cbcDecryption, cbcEncryption } from '../../ciphers/aes-cbc.ts';

const version = 0x80;
const headLength = 25;
const macLength = 32;
const blockLength = 16;

/** `key` is 32 bytes, half to sign and half to encrypt; `iv` 16 random ones; `plain` in parts, to spare joining them. */
export function makeToken(
  key: Uint8Array,
  plain: readonly Uint8Array[],
  now: number,
  iv: Uint8Array,
): string {
  const head = Buffer.alloc(headLength);
  head[0] = version;
  head.writeBigUInt64BE(BigInt(Math.floor(now / 1000)), 1);
  head.set(iv, 9);
  const cipher = cbcEncryption(key.subarray(16, 32), iv);
  const body = [head, ...plain.map((part) => cipher.update(part)), cipher.final()];
  return fernetBase64(Buffer.concat([...body, mac(key, body)]));
}

/** Undefined when the key or any character is wrong: each token has one text. */
export function openToken(key: Uint8Array, text: string): Buffer | undefined {
  const token = Buffer.from(text, 'base64url');
  if (token.length < headLength + blockLength + macLength || token[0] !== version) return undefined;
  if (fernetBase64(token) !== text) return undefined;
  const body = token.subarray(0, -macLength);
  if (!timingSafeEqual(mac(key, [body]), token.subarray(-macLength))) return undefined;
  const decipher = cbcDecryption(key.subarray(16, 32), body.subarray(9, headLength));
  try {
    return Buffer.concat([decipher.update(body.subarray(headLength)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** base64url with its padding, as Fernet writes keys and tokens. */
export function fernetBase64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

function mac(key: Uint8Array, body: readonly Uint8Array[]): Buffer {
  const hmac = createHmac('sha256', key.subarray(0, 16));
  for (const part of body) hmac.update(part);
  return hmac.digest();
}
