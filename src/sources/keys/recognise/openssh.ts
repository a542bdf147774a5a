// Keys of OpenSSH: the private file (its public half is readable even when a passphrase protects the rest) and `.pub` files.

import { createHash } from 'node:crypto';
import { type KeyFile, type KeyItem, labelled, type Recognition } from '../key-item.ts';
import { Cursor } from './cursor.ts';
import { bitLength } from './der.ts';
import { factsOfJwk } from './key-facts.ts';

const magic = 'openssh-key-v1\0';
const keysMax = 16;

/** The bytes between the BEGIN and END lines; undefined when they are broken. */
export function opensshPrivate(bytes: Buffer): readonly KeyItem[] | undefined {
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  const cursor = new Cursor(bytes, magic.length);
  const cipher = cursor.text(4);
  const kdf = cursor.text(4);
  cursor.counted(4);
  const count = cursor.number(4);
  if (cursor.isBroken || count === 0 || count > keysMax) return undefined;
  const keys = Array.from({ length: count }, () => cursor.counted(4));
  const secret = cursor.counted(4);
  const isEncrypted = cipher !== 'none';
  // The two check numbers are equal in every key that is not encrypted.
  const isTorn = !isEncrypted && Buffer.compare(secret.subarray(0, 4), secret.subarray(4, 8)) !== 0;
  if (cursor.isBroken || secret.length < 16 || isTorn) return undefined;
  const items: KeyItem[] = [];
  for (const blob of keys) {
    const facts = opensshFacts(blob);
    if (facts === undefined) return undefined;
    const note =
      isEncrypted && /^[a-z0-9@.-]{1,40}$/i.test(cipher) ? { note: `${cipher}, ${kdf.slice(0, 20)}` } : {};
    items.push({ type: 'private-key', format: 'openssh', ...facts, isEncrypted, ...note });
  }
  return items;
}

const line =
  /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) +([A-Za-z0-9+/]{20,}={0,2})(?: +([^\n]*))?$/;

/** A `.pub` file: one key on one line. Lists of those who may log in are no key material and stay unknown. */
export function opensshPublic({ text, bytes, name }: KeyFile): Recognition | undefined {
  if (bytes.length > 65_536 || !/^(?:ssh-|ecdsa-|sk-)/.test(text)) return undefined;
  const lines = text.split('\n').filter((one) => one.trim() !== '');
  if (lines.length !== 1) return undefined;
  const match = line.exec(lines[0]!.trim());
  const facts = match === null ? undefined : opensshFacts(Buffer.from(match[1]!, 'base64'));
  if (facts === undefined) {
    return name.endsWith('.pub') ? { items: [], broken: 'the public key is cut off or damaged' } : undefined;
  }
  const comment = match?.[2];
  const label = labelled(comment === undefined ? undefined : Buffer.from(comment, 'latin1').toString('utf8'));
  return { items: [{ type: 'public-key', format: 'openssh', ...facts, ...label }] };
}

/** From the public key as OpenSSH writes it on the wire. */
export function opensshFacts(
  blob: Uint8Array,
): Pick<KeyItem, 'algorithm' | 'bits' | 'curve' | 'keyId' | 'fingerprint'> | undefined {
  const cursor = new Cursor(blob);
  const type = cursor.text(4);
  const facts = factsOf(type, cursor);
  if (facts === undefined || cursor.isBroken) return undefined;
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { ...facts, fingerprint: `SHA256:${digest}` };
}

function factsOf(type: string, cursor: Cursor): ReturnType<typeof factsOfJwk> {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const positive = () => {
    const bytes = cursor.counted(4);
    return bytes[0] === 0 ? bytes.subarray(1) : bytes;
  };
  if (type === 'ssh-rsa') {
    const e = positive();
    return factsOfJwk({ kty: 'RSA', n: text(positive()), e: text(e) });
  }
  if (type === 'ssh-dss') {
    const bits = bitLength(cursor.counted(4));
    for (let index = 0; index < 3; index += 1) cursor.counted(4);
    return { algorithm: 'DSA', bits };
  }
  if (type === 'ssh-ed25519' || type === 'sk-ssh-ed25519@openssh.com') {
    return factsOfJwk({ kty: 'OKP', crv: 'Ed25519', x: text(cursor.counted(4)) });
  }
  const size = /nistp(256|384|521)/.exec(type)?.[1];
  if (size === undefined) return undefined;
  cursor.counted(4);
  const point = cursor.counted(4);
  const half = (point.length - 1) / 2;
  if (point[0] !== 4 || half !== Math.ceil(Number(size) / 8)) return undefined;
  return factsOfJwk({
    kty: 'EC',
    crv: `P-${size}`,
    x: text(point.subarray(1, 1 + half)),
    y: text(point.subarray(1 + half)),
  });
}
