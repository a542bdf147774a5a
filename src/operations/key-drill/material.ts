// Private keys out of the bytes of a key file, in memory only: each with the way to open it, once a passphrase is at hand.

import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  type webcrypto,
  X509Certificate,
} from 'node:crypto';
import type { KeyItem } from '../../sources/keys/key-item.ts';
import { identityPrefix } from '../../sources/keys/recognise/age.ts';
import { decodeBech32 } from '../../sources/keys/recognise/bech32.ts';
import { keyIdOf, x25519Pkcs8 } from '../../sources/keys/recognise/key-facts.ts';
import { pemBlocks } from '../../sources/keys/recognise/pem.ts';

/** A key that is to prove itself. */
export interface Candidate {
  readonly item: KeyItem;
  /** Undefined: nothing here can use a key of this form. */
  readonly open?: (passphrase: Uint8Array | undefined) => Promise<Opened>;
}

export type Opened =
  | { readonly kind: 'key'; readonly key: KeyObject }
  | { readonly kind: 'pkcs12'; readonly bytes: Buffer; readonly passphrase: Uint8Array | undefined }
  | { readonly kind: 'age'; readonly identity: string };

/** The private keys of a recognised file, in the order of its items. Copies what it needs of the bytes. */
export function candidatesOf(bytes: Uint8Array, items: readonly KeyItem[]): readonly Candidate[] {
  const store = items.find(({ type }) => type === 'keystore');
  if (store !== undefined) {
    const copy = Buffer.from(bytes);
    return store.format === 'pkcs12'
      ? [{ item: store, open: async (passphrase) => ({ kind: 'pkcs12', bytes: copy, passphrase }) }]
      : items.filter(({ type }) => type === 'private-key').map((item) => ({ item }));
  }
  const text = Buffer.from(bytes).toString('latin1');
  const open = openersOf(text, bytes, items);
  return items
    .filter(({ type }) => type === 'private-key')
    .map((item, index) => withOpener(item, open[index]));
}

function withOpener(item: KeyItem, open: Candidate['open']): Candidate {
  return open === undefined ? { item } : { item, open };
}

function openersOf(text: string, bytes: Uint8Array, items: readonly KeyItem[]): readonly Candidate['open'][] {
  const format = items.find(({ type }) => type === 'private-key')?.format;
  switch (format) {
    case 'jwk':
      return jsonKeys(text).map((key) => keyOf(() => createPrivateKey({ key, format: 'jwk' })));
    case 'age':
      return text
        .split(/\r?\n/)
        .filter((line) => /^AGE-/.test(line))
        .map((line) =>
          decodeBech32(line, identityPrefix) === undefined
            ? undefined
            : async () => ({ kind: 'age', identity: line }) as const,
        );
    case 'wireguard':
      return [...text.matchAll(/(?:^|PrivateKey[ \t]*=[ \t]*)([A-Za-z0-9+/]{43}=)[ \t]*\r?$/gim)].map(
        ([, key = '']) =>
          keyOf(() => {
            const pkcs8 = x25519Pkcs8(Buffer.from(key, 'base64'));
            return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
          }),
      );
    case 'openpgp':
    case 'gnupg-agent':
      return [];
    default:
      return text.includes('-----BEGIN ') ? pemKeys(text) : [derKey(Buffer.from(bytes))];
  }
}

function keyOf(make: () => KeyObject): NonNullable<Candidate['open']> {
  return async () => ({ kind: 'key', key: make() });
}

function jsonKeys(text: string): webcrypto.JsonWebKey[] {
  const found = JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as webcrypto.JsonWebKey & {
    keys?: webcrypto.JsonWebKey[];
  };
  return (found.keys ?? [found]).filter(({ kty, d }) => kty !== 'oct' && d !== undefined);
}

function pemKeys(text: string): readonly NonNullable<Candidate['open']>[] {
  // In JSON line breaks are written as escapes, and a block begins behind a quote.
  const plain = /^\s{0,100}\{/.test(text)
    ? text.replaceAll('\\n', '\n').replaceAll('"-----BEGIN', '\n-----BEGIN')
    : text;
  const blocks = [...pemBlocks(plain, (label) => label.endsWith('PRIVATE KEY'))];
  return blocks
    .filter(({ body }) => body !== undefined)
    .map(({ label, whole }) =>
      label.startsWith('OPENSSH')
        ? async (passphrase) => ({ kind: 'key', key: await opensshKey(whole, passphrase) })
        : async (passphrase) => ({
            kind: 'key',
            key: createPrivateKey({ key: whole, format: 'pem', ...phrase(passphrase) }),
          }),
    );
}

function phrase(passphrase: Uint8Array | undefined): { passphrase?: Buffer } {
  return passphrase === undefined ? {} : { passphrase: Buffer.from(passphrase) };
}

function derKey(key: Buffer): NonNullable<Candidate['open']> {
  return async (passphrase) => {
    for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
      try {
        return { kind: 'key', key: createPrivateKey({ key, format: 'der', type, ...phrase(passphrase) }) };
      } catch (error) {
        if (type === 'sec1') throw error;
      }
    }
    throw new TypeError('no form of DER fits');
  };
}

/** Node's crypto does not read this form: it is turned into one that it reads. */
async function opensshKey(block: string, passphrase: Uint8Array | undefined): Promise<KeyObject> {
  const { default: ssh2 } = await import('ssh2');
  const secret = passphrase === undefined ? undefined : Buffer.from(passphrase).toString('utf8');
  const parsed = ssh2.utils.parseKey(block, secret);
  if (parsed instanceof Error) throw parsed;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined) throw new TypeError('the file holds no key');
  return createPrivateKey(key.getPrivatePEM());
}

/** A public half that lies in the archive, by which a proof is judged. */
export interface Witness {
  readonly keyId: string;
  readonly key: KeyObject;
  readonly from: 'certificate' | 'public-key';
}

export function witnessesOf(bytes: Uint8Array, items: readonly KeyItem[]): readonly Witness[] {
  const isAny = items.some(({ type }) => type === 'certificate' || type === 'public-key');
  if (!isAny) return [];
  const text = Buffer.from(bytes).toString('latin1');
  const found: Witness[] = [];
  const add = (from: Witness['from'], make: () => KeyObject) => {
    try {
      const key = make();
      const keyId = keyIdOf(key);
      if (keyId !== undefined) found.push({ keyId, key, from });
    } catch {
      // What cannot be opened bears no witness: the key is judged by its own public half then.
    }
  };
  for (const { label, body, whole } of pemBlocks(text, (one) => /CERTIFICATE$|PUBLIC KEY$/.test(one))) {
    if (body === undefined) continue;
    if (label.endsWith('CERTIFICATE')) add('certificate', () => new X509Certificate(whole).publicKey);
    else add('public-key', () => createPublicKey(whole));
  }
  if (bytes[0] === 0x30) {
    add('certificate', () => new X509Certificate(bytes).publicKey);
    add('public-key', () => createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' }));
  }
  return found;
}
