// Identities and recipients of age: one on a line, comments behind "#".

import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyFile, KeyItem, Recognition } from '../key-item.ts';
import { decodeBech32, encodeBech32 } from './bech32.ts';
import { x25519Pkcs8, x25519Point, x25519Spki } from './key-facts.ts';

const linesMax = 10_000;
const identityPrefix = 'age-secret-key-';
const recipientPrefix = 'age';

export function age({ text, bytes }: KeyFile): Recognition | undefined {
  if (bytes.length > 1024 * 1024 || !/^(?:AGE-SECRET-KEY-|AGE-PLUGIN-|age1)/m.test(text)) return undefined;
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  // Anything else beside them is another file that talks about age.
  if (lines.length > linesMax || !lines.every((line) => /^(?:AGE-|age1)[A-Za-z0-9-]+$/.test(line)))
    return undefined;
  const items: KeyItem[] = [];
  let broken: string | undefined;
  for (const line of lines) {
    const item = itemOf(line);
    if (item === undefined) broken ??= 'a key of age is cut off or mistyped';
    else items.push(item);
  }
  return { items, ...(broken === undefined ? {} : { broken }) };
}

function itemOf(line: string): KeyItem | undefined {
  const x25519 = { format: 'age', algorithm: 'X25519', bits: 255 };
  if (line.startsWith('AGE-SECRET-KEY-1')) {
    const point = pointOf(line);
    if (point === undefined) return undefined;
    const names = { fingerprint: encodeBech32(point, recipientPrefix), keyId: idOf(point) };
    return { type: 'private-key', ...x25519, ...names, isEncrypted: false };
  }
  if (line.startsWith('AGE-SECRET-KEY-PQ-1')) {
    const seed = decodeBech32(line, 'age-secret-key-pq-');
    if (seed?.length !== 32) return undefined;
    return { type: 'private-key', format: 'age', algorithm: 'ML-KEM-768 + X25519', isEncrypted: false };
  }
  const plugin = /^AGE-PLUGIN-([A-Z0-9]{1,30})-1/.exec(line)?.[1];
  if (plugin !== undefined) {
    return {
      type: 'private-key',
      format: 'age',
      isEncrypted: true,
      note: `held by the plugin ${plugin.toLowerCase()}`,
    };
  }
  if (!line.startsWith('age1')) return undefined;
  const point = decodeBech32(line, recipientPrefix);
  if (point?.length === 32) return { type: 'public-key', ...x25519, fingerprint: line, keyId: idOf(point) };
  // Recipients of plugins and of the hybrid kind have longer prefixes, and are too long to be shown.
  const kind = /^age1([a-z0-9]{1,12})1[a-z0-9]{20,}$/.exec(line)?.[1];
  return kind === undefined ? undefined : { type: 'public-key', format: 'age', note: `kind ${kind}` };
}

/** The public half of an identity. */
function pointOf(line: string): Uint8Array | undefined {
  const scalar = decodeBech32(line, identityPrefix);
  if (scalar?.length !== 32) return undefined;
  const key = createPrivateKey({ key: x25519Pkcs8(scalar), format: 'der', type: 'pkcs8' });
  return x25519Point(createPublicKey(key));
}

function idOf(point: Uint8Array): string {
  return createHash('sha256').update(x25519Spki(point)).digest('hex');
}
