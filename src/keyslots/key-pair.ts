// New pairs of keys for public-key slots, as the texts of their two files.

import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { generateHpkePair } from './hpke.ts';
import { keyLine } from './key-text.ts';

export const keyPairTypes = ['x25519', 'mlkem768-x25519', 'rsa', 'age'] as const;
export type KeyPairType = (typeof keyPairTypes)[number];

export interface KeyPairTexts {
  readonly privateText: string;
  /** Without comments; safe to show. */
  readonly publicText: string;
}

const rsaBits = 4096;

export async function generateKeyPairTexts(type: KeyPairType): Promise<KeyPairTexts> {
  if (type === 'rsa') return generateRsa();
  if (type === 'age') return generateAge();
  const { privateKey, publicKey } = generateHpkePair(type);
  return withComment(type, keyLine(type, privateKey, true), keyLine(type, publicKey, false));
}

async function generateRsa(): Promise<KeyPairTexts> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: rsaBits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { privateText: privateKey, publicText: publicKey };
}

// The X25519 identity, which every release of age reads; `age-keygen -pq` makes the other.
async function generateAge(): Promise<KeyPairTexts> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  return withComment('age', identity, await identityToRecipient(identity));
}

function withComment(type: KeyPairType, privateLine: string, publicLine: string): KeyPairTexts {
  // A post-quantum public key is 1,900 characters long: too long for a comment.
  const comment = publicLine.length < 100 ? `# public key: ${publicLine}\n` : '';
  return {
    privateText: `# Holdfast private key, ${type}. Whoever has it can unlock every repository that has a slot for it.\n${comment}${privateLine}\n`,
    publicText: `${publicLine}\n`,
  };
}
