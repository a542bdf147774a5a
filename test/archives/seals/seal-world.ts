// Keys of every kind, made once for the tests of seals. Derivations are as cheap as the format allows: thousands of streams are opened.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { sealOf } from '../../../src/archives/seals/all.ts';
import type { SealUnderTest } from '../../../src/archives/seals/conformance.ts';
import type { SealKey } from '../../../src/archives/seals/seal.ts';
import { Secret } from '../../../src/base/secret.ts';

export function secret(text: string, slotType?: string): Secret {
  return new Secret(Buffer.from(text), slotType);
}

export interface RsaPair {
  readonly publicPem: string;
  readonly privatePem: string;
}

export function rsaPair(bits = 3072): RsaPair {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { publicPem: publicKey, privatePem: privateKey };
}

export function keyFileContent(): string {
  return `${randomBytes(32).toString('base64url')}\n`;
}

export function fernetKey(): string {
  return `${randomBytes(32).toString('base64url')}=`;
}

/** One of each kind; `key` has no derivation where the seal can do without. */
export async function sealsUnderTest(): Promise<readonly (SealUnderTest & { readonly title: string })[]> {
  const [rsaOne, rsaTwo] = [rsaPair(), rsaPair()];
  const [ageOne, ageTwo] = [await generateIdentity(), await generateIdentity()];
  const rounds = { kdf: 'pbkdf2-sha256', rounds: 100_000 };
  const forRsa = (pair: RsaPair): SealKey => ({
    recipients: [pair.publicPem],
    identities: [secret(pair.privatePem)],
  });
  return [
    {
      title: 'aes-256-gcm with a key file',
      seal: await sealOf('aes-256-gcm'),
      key: { password: secret(keyFileContent(), 'key-file') },
      otherKey: { password: secret(keyFileContent(), 'key-file') },
      authenticates: true,
      chunkLength: 1024 * 1024,
    },
    {
      title: 'age for a recipient',
      seal: await sealOf('age'),
      key: { recipients: [await identityToRecipient(ageOne)], identities: [secret(ageOne)] },
      otherKey: { recipients: [await identityToRecipient(ageTwo)], identities: [secret(ageTwo)] },
      authenticates: true,
      chunkLength: 64 * 1024,
    },
    {
      title: 'fernet with a Fernet key',
      seal: await sealOf('fernet'),
      key: { password: secret(fernetKey()) },
      otherKey: { password: secret(fernetKey()) },
      authenticates: true,
      chunkLength: 1024 * 1024,
    },
    {
      title: 'rsa',
      seal: await sealOf('rsa'),
      key: forRsa(rsaOne),
      otherKey: forRsa(rsaTwo),
      authenticates: true,
      chunkLength: 384 - 66,
      bitStride: 29,
    },
    {
      title: 'rsa-hybrid',
      seal: await sealOf('rsa-hybrid'),
      key: forRsa(rsaOne),
      otherKey: forRsa(rsaTwo),
      authenticates: true,
      chunkLength: 1024 * 1024,
      bitStride: 29,
    },
    {
      title: 'openssl',
      seal: await sealOf('openssl'),
      key: { password: secret('correct horse battery'), kdf: rounds },
      otherKey: { password: secret('staple'), kdf: rounds },
      authenticates: false,
      chunkLength: 1024 * 1024,
    },
  ];
}
