// How a private key proves that it works: it signs a nonce, opens a canary, agrees on a secret or ends a handshake; in memory only.

import {
  constants,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { duplexPair } from 'node:stream';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import { fitsTogether } from './rsa-numbers.ts';

export type Method = 'signature' | 'signature, decryption' | 'agreement' | 'decryption' | 'handshake';

export interface Proof {
  readonly works: boolean;
  readonly method: Method;
}

/** Undefined: no way is known for keys of this kind. `witness` is the public half that the archive holds; else the key's own is taken. */
export function proveKey(key: KeyObject, witness: KeyObject | undefined): Proof | undefined {
  const half = witness ?? createPublicKey(key);
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return {
        works: fitsTogether(key) && signs(key, half, 'sha256') && opens(key, half),
        method: 'signature, decryption',
      };
    case 'rsa-pss':
      return { works: fitsTogether(key) && signs(key, half, digestOf(key)), method: 'signature' };
    case 'dsa':
    case 'ec':
      return { works: signs(key, half, digestOf(key)), method: 'signature' };
    case 'ed25519':
    case 'ed448':
      return { works: signs(key, half, null), method: 'signature' };
    case 'x25519':
      return { works: agrees(key, half, generateKeyPairSync('x25519')), method: 'agreement' };
    case 'x448':
      return { works: agrees(key, half, generateKeyPairSync('x448')), method: 'agreement' };
    default:
      return undefined;
  }
}

/** Some keys of RSA-PSS allow one digest only. */
function digestOf(key: KeyObject): string {
  return key.asymmetricKeyDetails?.hashAlgorithm ?? 'sha256';
}

function signs(key: KeyObject, half: KeyObject, digest: string | null): boolean {
  const nonce = randomBytes(32);
  return verify(digest, nonce, half, sign(digest, nonce, key));
}

function opens(key: KeyObject, half: KeyObject): boolean {
  const canary = randomBytes(16);
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING };
  // The smallest keys have no room for a longer digest.
  const sealed = publicEncrypt({ key: half, ...padding }, canary);
  return privateDecrypt({ key, ...padding }, sealed).equals(canary);
}

function agrees(
  key: KeyObject,
  half: KeyObject,
  other: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
): boolean {
  const ours = diffieHellman({ privateKey: key, publicKey: other.publicKey });
  const theirs = diffieHellman({ privateKey: other.privateKey, publicKey: half });
  return ours.equals(theirs);
}

export async function proveAge(identity: string): Promise<Proof> {
  const { Decrypter, Encrypter, identityToRecipient } = await import('age-encryption');
  const canary = randomBytes(16);
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const opened = await decrypter.decrypt(await encrypter.encrypt(canary));
  return { works: canary.equals(opened), method: 'decryption' };
}

/** Keys that are too short for today's connections may still be proven: nothing goes over a network. */
const ciphers = 'DEFAULT@SECLEVEL=0';

/** Opens a PKCS#12 file, which checks its MAC; throws when that does not fit the passphrase. */
export function openStore(
  bytes: Buffer,
  passphrase: Uint8Array | undefined,
): ReturnType<typeof createSecureContext> {
  const secret = Buffer.from(passphrase ?? []).toString('utf8');
  return createSecureContext({ pfx: bytes, passphrase: secret, ciphers });
}

/**
 * A handshake of TLS with ourselves, over no network: the key signs what both sides said, and the other side verifies it with the certificate
 * of the store.
 */
export async function proveStore(
  context: ReturnType<typeof createSecureContext>,
): Promise<Proof | undefined> {
  const [ours, theirs] = duplexPair();
  const server = new TLSSocket(theirs, { isServer: true, secureContext: context });
  const client = connect({ socket: ours, rejectUnauthorized: false, ciphers });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('secureConnect', resolve);
      client.once('error', reject);
      server.once('error', reject);
    });
    return { works: client.getPeerX509Certificate() !== undefined, method: 'handshake' };
  } catch (error) {
    // Stores without a key, and keys that TLS does not sign with.
    if (/no shared|no suitable|unsupported/i.test(error instanceof Error ? error.message : ''))
      return undefined;
    throw error;
  } finally {
    for (const socket of [client, server]) {
      socket.on('error', () => undefined);
      socket.destroy();
    }
    ours.destroy();
    theirs.destroy();
  }
}
