// Keys of public-key slots as people keep them: PEM (keys and certificates), lines of our own for X25519 and X-Wing, lines of age. One
// text may hold several keys; lines that begin with "#" say something to people.

import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Secret } from '../base/secret.ts';
import { decodeBech32, encodeBech32 } from './bech32.ts';
import { type HpkeKem, hpkeKems } from './hpke.ts';

export type SlotKey =
  | { readonly type: 'rsa'; readonly isPrivate: boolean; readonly key: KeyObject }
  | { readonly type: HpkeKem; readonly isPrivate: boolean; readonly bytes: Uint8Array }
  | { readonly type: 'age'; readonly isPrivate: boolean; readonly text: string };

/** Prefixes of our lines: bech32, so that a mistyped key is found. */
const linePrefixes: Readonly<Record<HpkeKem, { readonly publicKey: string; readonly secret: string }>> = {
  x25519: { publicKey: 'hfx25519', secret: 'holdfast-secret-x25519-' },
  'mlkem768-x25519': { publicKey: 'hfpq', secret: 'holdfast-secret-pq-' },
};

/** A certificate chain or a list of recipients; more is the wrong file. */
const textBytesMax = 64 * 1024;

/** Empty for what is no key, such as a passphrase. The key that the text is for comes first. */
export function readKeyText(secret: Secret): readonly SlotKey[] {
  const bytes = secret.reveal();
  if (bytes.length > textBytesMax) return [];
  const text = Buffer.from(bytes).toString('latin1');
  if (text.includes('-----BEGIN ')) {
    const key = readPem(text);
    return key === undefined ? [] : [key];
  }
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).flatMap(readLine);
}

export function keysOfType<Type extends SlotKey['type']>(
  secret: Secret,
  type: Type,
): readonly Extract<SlotKey, { type: Type }>[] {
  return readKeyText(secret).filter((key) => key.type === type) as Extract<SlotKey, { type: Type }>[];
}

/** Our own line for a key, without a line feed. Secrets are upper case, as age has them. */
export function keyLine(kem: HpkeKem, bytes: Uint8Array, isPrivate: boolean): string {
  const { publicKey, secret } = linePrefixes[kem];
  return isPrivate ? encodeBech32(secret, bytes).toUpperCase() : encodeBech32(publicKey, bytes);
}

/** Tells people which key a slot is for: 16 bytes of SHA-256, hex. */
export function fingerprint(publicBytes: Uint8Array): string {
  return createHash('sha256').update(publicBytes).digest('hex').slice(0, 32);
}

function readLine(line: string): SlotKey[] {
  const decoded = decodeBech32(line);
  if (decoded === undefined) return [];
  const { prefix, bytes } = decoded;
  for (const kem of Object.keys(linePrefixes) as HpkeKem[]) {
    const isPrivate = prefix === linePrefixes[kem].secret;
    const expected = isPrivate ? hpkeKems[kem].privateBytes : hpkeKems[kem].publicBytes;
    const isOurs = isPrivate || prefix === linePrefixes[kem].publicKey;
    if (isOurs) return bytes.length === expected ? [{ type: kem, isPrivate, bytes }] : [];
  }
  return readAgeLine(prefix, bytes, line);
}

// The post-quantum keys of age are X-Wing keys: they fit slots of both types.
function readAgeLine(prefix: string, bytes: Uint8Array, line: string): SlotKey[] {
  const isPrivate = prefix.startsWith('age-secret-key-');
  const key: SlotKey = { type: 'age', isPrivate, text: isPrivate ? line.toUpperCase() : line.toLowerCase() };
  const isX25519 = (prefix === 'age' || prefix === 'age-secret-key-') && bytes.length === 32;
  if (isX25519) return [key];
  const isHybrid = isPrivate
    ? prefix === 'age-secret-key-pq-' && bytes.length === 32
    : prefix === 'age1pq' && bytes.length === hpkeKems['mlkem768-x25519'].publicBytes;
  return isHybrid ? [key, { type: 'mlkem768-x25519', isPrivate, bytes }] : [];
}

function readPem(text: string): SlotKey | undefined {
  const isPrivate = /-----BEGIN (RSA |EC )?PRIVATE KEY-----/.test(text);
  let key: KeyObject;
  try {
    key = isPrivate ? createPrivateKey(text) : createPublicKey(text);
  } catch {
    return undefined;
  }
  if (key.asymmetricKeyType === 'rsa') return { type: 'rsa', isPrivate, key };
  if (key.asymmetricKeyType !== 'x25519') return undefined;
  const bytes = isPrivate ? key.export({ format: 'raw-private' }) : key.export({ format: 'raw-public' });
  return { type: 'x25519', isPrivate, bytes };
}
