// One Fernet token, as github.com/fernet/spec has it: AES-128-CBC under HMAC-SHA-256, in base64url. Its time is written and never judged.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { cbcDecryption, cbcEncryption } from '../../ciphers/aes-cbc.ts';

const version = 0x80;
const headLength = 25;
const macLength = 32;
const blockLength = 16;

/** `key` is 32 bytes, half to sign and half to encrypt; `iv` 16 random ones. */
export function makeToken(key: Uint8Array, plain: Uint8Array, now: number, iv: Uint8Array): string {
  const head = Buffer.alloc(9);
  head[0] = version;
  head.writeBigUInt64BE(BigInt(Math.floor(now / 1000)), 1);
  const cipher = cbcEncryption(key.subarray(16, 32), iv);
  const body = Buffer.concat([head, iv, cipher.update(plain), cipher.final()]);
  return fernetBase64(Buffer.concat([body, mac(key, body)]));
}

/** Undefined when the key or any character is wrong: each token has one text. */
export function openToken(key: Uint8Array, text: string): Buffer | undefined {
  const token = Buffer.from(text, 'base64url');
  if (token.length < headLength + blockLength + macLength || token[0] !== version) return undefined;
  if (fernetBase64(token) !== text) return undefined;
  const body = token.subarray(0, -macLength);
  if (!timingSafeEqual(mac(key, body), token.subarray(-macLength))) return undefined;
  const decipher = cbcDecryption(key.subarray(16, 32), body.subarray(9, headLength));
  try {
    return Buffer.concat([decipher.update(body.subarray(headLength)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** base64url with its padding, as Fernet writes keys and tokens. */
export function fernetBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function mac(key: Uint8Array, body: Uint8Array): Buffer {
  return createHmac('sha256', key.subarray(0, 16)).update(body).digest();
}
