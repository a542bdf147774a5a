// JSON Web Keys, alone or as a set.

import { createPrivateKey, createPublicKey, type webcrypto } from 'node:crypto';
import { type KeyFile, type KeyItem, labelled, type Recognition } from '../key-item.ts';
import { keyFacts } from './key-facts.ts';

const keysMax = 1_000;

export function jwk({ bytes, text }: KeyFile): Recognition | undefined {
  if (bytes.length > 4 * 1024 * 1024 || !/^\s*\{/.test(text.slice(0, 64)) || !text.includes('"kty"'))
    return undefined;
  let found: unknown;
  try {
    found = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return { items: [], broken: 'the JSON is cut off or damaged' };
  }
  const { keys, kty } = found as { keys?: unknown; kty?: unknown };
  const list: readonly unknown[] = typeof kty === 'string' ? [found] : Array.isArray(keys) ? keys : [];
  // Documents that only mention keys.
  if (list.length === 0) return undefined;
  const items: KeyItem[] = [];
  let broken: string | undefined;
  for (const one of list.slice(0, keysMax)) {
    const item = itemOf(one as webcrypto.JsonWebKey | null);
    if (item === undefined) broken ??= 'a JSON Web Key is damaged';
    else items.push(item);
  }
  if (list.length > keysMax) broken ??= `more than ${keysMax} keys`;
  return { items, ...(broken === undefined ? {} : { broken }) };
}

function itemOf(key: webcrypto.JsonWebKey | null): KeyItem | undefined {
  if (typeof key !== 'object' || key === null) return undefined;
  const name = (key as { readonly kid?: unknown }).kid;
  const label = labelled(typeof name === 'string' ? name : undefined);
  if (key.kty === 'oct') {
    if (typeof key.k !== 'string') return undefined;
    const bits = Buffer.from(key.k, 'base64url').length * 8;
    return { type: 'symmetric-key', format: 'jwk', bits, isEncrypted: false, ...label };
  }
  try {
    const isPrivate = key.d !== undefined;
    const opened = isPrivate
      ? createPrivateKey({ key, format: 'jwk' })
      : createPublicKey({ key, format: 'jwk' });
    return {
      type: isPrivate ? 'private-key' : 'public-key',
      format: 'jwk',
      ...keyFacts(opened),
      ...(isPrivate ? { isEncrypted: false } : {}),
      ...label,
    };
  } catch {
    return undefined;
  }
}
