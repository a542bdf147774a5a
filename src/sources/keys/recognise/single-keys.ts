// Keys that are one line of base64: Holdfast's key files, WireGuard's keys (also inside its configurations), Fernet keys.

import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyFile, KeyItem, Recognition } from '../key-item.ts';
import { x25519Pkcs8, x25519Point, x25519Spki } from './key-facts.ts';

const keyBytes = 32;

/** 43 letters of base64url: a key file of Holdfast, whatever it is called. */
export function holdfastKeyFile({ text, bytes, name }: KeyFile): Recognition | undefined {
  if (name === 'backup_master.key' && !/^[A-Za-z0-9_-]{43}\r?\n?$/.test(text)) {
    return { items: [], broken: 'the key file of Holdfast is cut off or damaged' };
  }
  if (bytes.length > 46 || !/^[A-Za-z0-9_-]{43}\r?\n?$/.test(text)) return undefined;
  return {
    items: [{ type: 'symmetric-key', format: 'holdfast-key-file', bits: keyBytes * 8, isEncrypted: false }],
  };
}

const base64Line = /^([A-Za-z0-9+/]{43}=)\r?\n?$/;

/** 44 letters of base64: WireGuard's by their name, else a secret of 32 bytes. */
export function wireGuardKey({ text, bytes, name }: KeyFile): Recognition | undefined {
  if (bytes.length > 46) return undefined;
  const isUrl = /^[A-Za-z0-9_-]{43}=\r?\n?$/.test(text);
  const found = base64Line.exec(text)?.[1];
  if (found === undefined && !isUrl) return undefined;
  const plain = { type: 'symmetric-key', bits: keyBytes * 8, isEncrypted: false } as const;
  if (found === undefined || /fernet/i.test(name)) return { items: [{ ...plain, format: 'fernet' }] };
  if (/psk|preshared/i.test(name)) return { items: [{ ...plain, format: 'wireguard' }] };
  const key = Buffer.from(found, 'base64');
  if (/pub/i.test(name)) return { items: [publicItem(key)] };
  if (/priv|wg|wireguard/i.test(name)) return { items: [privateItem(key)] };
  return { items: [{ ...plain, format: 'base64' }] };
}

/** A configuration of wg-quick or wg. */
export function wireGuardConfig({ text, bytes }: KeyFile): Recognition | undefined {
  if (bytes.length > 4 * 1024 * 1024 || !/^[ \t]*\[(?:Interface|Peer)\][ \t]*\r?$/im.test(text))
    return undefined;
  const items: KeyItem[] = [];
  let broken: string | undefined;
  for (const match of text.matchAll(
    /^[ \t]*(PrivateKey|PublicKey|PresharedKey)[ \t]*=[ \t]*([^\r\n#]*)/gim,
  )) {
    const value = match[2]!.trim();
    const name = match[1]!.toLowerCase();
    const key = Buffer.from(value, 'base64');
    // A script that fills in what it has made.
    if (!/^[A-Za-z0-9+/=]{16,}$/.test(value)) continue;
    // Never told: the value, not even a part of it.
    if (!/^[A-Za-z0-9+/]{43}=$/.test(value) || key.length !== keyBytes) {
      broken ??= 'a key of WireGuard is cut off or mistyped';
    } else if (name === 'privatekey') items.push(privateItem(key));
    else if (name === 'publickey') items.push({ ...publicItem(key), note: 'peer' });
    else {
      items.push({ type: 'symmetric-key', format: 'wireguard', bits: keyBytes * 8, isEncrypted: false });
    }
  }
  if (items.length === 0 && broken === undefined) return undefined;
  return { items, ...(broken === undefined ? {} : { broken }) };
}

/** Named by its public half, as WireGuard does. */
function privateItem(scalar: Uint8Array): KeyItem {
  const key = createPrivateKey({ key: x25519Pkcs8(scalar), format: 'der', type: 'pkcs8' });
  return { ...publicItem(x25519Point(createPublicKey(key))), type: 'private-key', isEncrypted: false };
}

function publicItem(point: Uint8Array): KeyItem {
  return {
    type: 'public-key',
    format: 'wireguard',
    algorithm: 'X25519',
    bits: 255,
    fingerprint: Buffer.from(point).toString('base64'),
    keyId: createHash('sha256').update(x25519Spki(point)).digest('hex'),
  };
}
