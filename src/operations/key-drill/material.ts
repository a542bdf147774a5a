// Private keys out of the bytes of a key file, in memory only: each with the way to open it, once a passphrase is at hand.

import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  type webcrypto,
  X509Certificate,
} from 'node:crypto';
import type { KeyFile, KeyItem, Recognition } from '../../sources/keys/key-item.ts';
import { age } from '../../sources/keys/recognise/age.ts';
import { jwk } from '../../sources/keys/recognise/jwk.ts';
import { keyIdOf, x25519Pkcs8 } from '../../sources/keys/recognise/key-facts.ts';
import { pem, pemBlocks } from '../../sources/keys/recognise/pem.ts';
import { wireGuardConfig } from '../../sources/keys/recognise/single-keys.ts';
import { agentPrivateKey } from './agent-key.ts';

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
      : items.filter(isPrivate).map((item) => ({ item }));
  }
  const text = Buffer.from(bytes).toString('latin1');
  const format = items.find(isPrivate)?.format;
  switch (format) {
    case undefined:
      return [];
    case 'jwk':
      return jsonKeys(text).flatMap((key) =>
        paired(
          jwk(fileOf(JSON.stringify(key))),
          keyOf(() => createPrivateKey({ key, format: 'jwk' })),
        ),
      );
    case 'age':
      return text.split(/\r?\n/).flatMap((line) => {
        const isPlugin = line.startsWith('AGE-PLUGIN-');
        return paired(
          age(fileOf(line)),
          isPlugin ? undefined : async () => ({ kind: 'age', identity: line }),
        );
      });
    case 'wireguard':
      return wireGuardKeys(text).flatMap((key) =>
        paired(
          wireGuardConfig(fileOf(`[Interface]\nPrivateKey = ${key}\n`)),
          keyOf(() => x25519Key(key)),
        ),
      );
    case 'gnupg-agent':
      return items.filter(isPrivate).map((item) =>
        item.isEncrypted === true
          ? { item }
          : withOpener(
              item,
              keyOf(() => agentPrivateKey(text)),
            ),
      );
    case 'openpgp':
      return items.filter(isPrivate).map((item) => ({ item }));
    default:
      return text.includes('-----BEGIN ')
        ? pemKeys(text)
        : items.filter(isPrivate).map((item) => withOpener(item, derKey(Buffer.from(bytes))));
  }
}

function isPrivate({ type }: KeyItem): boolean {
  return type === 'private-key';
}

function fileOf(text: string): KeyFile {
  return { name: '', folder: '', bytes: Buffer.from(text), text };
}

/** A part of a file is recognised by itself, so that a broken part before it can shift nothing. */
function paired(found: Recognition | undefined, open: Candidate['open']): Candidate[] {
  return (found?.items ?? []).filter(isPrivate).map((item) => withOpener(item, open));
}

function withOpener(item: KeyItem, open: Candidate['open']): Candidate {
  return open === undefined ? { item } : { item, open };
}

function wireGuardKeys(text: string): string[] {
  const line = /^[ \t]*(?:PrivateKey[ \t]*=[ \t]*)?([A-Za-z0-9+/]{43}=)[ \t]*(?:#[^\r\n]*)?\r?$/gim;
  return [...text.matchAll(line)].map(([, key = '']) => key);
}

function x25519Key(key: string): KeyObject {
  const pkcs8 = x25519Pkcs8(Buffer.from(key, 'base64'));
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
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

function pemKeys(text: string): readonly Candidate[] {
  // In JSON line breaks are written as escapes, and a block begins behind a quote.
  const isJson = /^\s{0,100}\{/.test(text);
  const plain = isJson ? text.replaceAll('\\n', '\n').replaceAll('"-----BEGIN', '\n-----BEGIN') : text;
  const blocks = [...pemBlocks(plain, (label) => /PRIVATE KEY(?: BLOCK)?$/.test(label))];
  return blocks.flatMap(({ label, whole }) => {
    const open: Candidate['open'] = label.startsWith('OPENSSH')
      ? async (passphrase) => ({ kind: 'key', key: await opensshKey(whole, passphrase) })
      : async (passphrase) => ({
          kind: 'key',
          key: createPrivateKey({ key: whole, format: 'pem', ...phrase(passphrase) }),
        });
    return paired(pem({ text: whole }), label.endsWith('BLOCK') ? undefined : open);
  });
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
