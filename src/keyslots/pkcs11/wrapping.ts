// A key-encryption key under a key of a token, by the best way that both offer: AES key wrap with padding (RFC 5649), AES-GCM, or RSA-OAEP
// with the private key in the token. Whatever is chosen for a new slot has been undone once, inside the token, before it counts.

import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { Failure, isFailure } from '../../base/failure.ts';
import {
  type Argument,
  attributes,
  gcmParameter,
  mechanism,
  oaepParameter,
  type Structure,
  ulongAt,
  ulongs,
} from './library.ts';
import type { Session } from './session.ts';
import { cka, classes, isAllowed, keyTypes, readAttribute, type TokenKey } from './token-key.ts';

const mechanisms = { rsaOaep: 0x9, aesGcm: 0x1087, aesKeyWrapPad: 0x210a } as const;
/** Bits of CK_MECHANISM_INFO.flags. */
const can = { encrypt: 0x100, decrypt: 0x200, wrap: 0x20000, unwrap: 0x40000 } as const;
const keyBytes = 32;
const rsaBitsMin = 3072;

/** As it stands in the slot's parameters. FORMAT.md §4. */
export type Wrapped =
  | { readonly mechanism: 'aes-key-wrap-pad'; readonly wrapped: string }
  | { readonly mechanism: 'aes-gcm'; readonly wrapped: string; readonly iv: string }
  | {
      readonly mechanism: 'rsa-oaep';
      readonly wrapped: string;
      readonly hash: 'sha256' | 'sha1';
      /** Whether repository and slot are the label. */
      readonly isLabeled: boolean;
    };

const hashes = {
  sha256: { hash: 0x250, mgf: 0x2 },
  sha1: { hash: 0x220, mgf: 0x1 },
} as const;

/** `binding` goes in as additional data or label, where the mechanism has a place for it. */
export function wrapKey(session: Session, key: TokenKey, kek: Buffer, binding: Buffer): Wrapped {
  for (const candidate of candidates(session, key)) {
    try {
      const wrapped = candidate(kek, binding);
      const opened = unwrapKey(session, key, wrapped, binding);
      const isSame = opened.equals(kek);
      opened.fill(0);
      if (isSame) return wrapped;
    } catch (error) {
      // A token may list a mechanism and still refuse it for this key, or with these parameters.
      if (!isFailure(error, 'usage', 'PKCS11_MECHANISM_REFUSED')) throw error;
    }
  }
  throw new Failure(
    'usage',
    'PKCS11_NO_MECHANISM',
    'the token offers no mechanism that Holdfast can use with this key',
    {
      hint: `It takes an AES key that may wrap and unwrap (AES_KEY_WRAP_PAD) or encrypt and decrypt (AES_GCM), or an RSA key of ${rsaBitsMin} bits that may decrypt (RSA_PKCS_OAEP). "--create-key" makes a fitting AES key.`,
      facts: { token: session.token.label },
    },
  );
}

type Candidate = (kek: Buffer, binding: Buffer) => Wrapped;

function* candidates(session: Session, key: TokenKey): Generator<Candidate> {
  const offers = (type: number, bits: number) => (session.mechanismFlags(type) & bits) === bits;
  if (key.keyType === keyTypes.aes) {
    const isWrapping = isAllowed(session, key, cka.wrap, cka.unwrap);
    if (isWrapping && offers(mechanisms.aesKeyWrapPad, can.wrap | can.unwrap)) {
      yield (kek) => ({ mechanism: 'aes-key-wrap-pad', wrapped: wrapObject(session, key, kek) });
    }
    const isEncrypting = isAllowed(session, key, cka.encrypt, cka.decrypt);
    if (isEncrypting && offers(mechanisms.aesGcm, can.encrypt | can.decrypt)) {
      yield (kek, binding) => {
        const iv = randomBytes(12);
        const how = mechanism(
          session.cryptoki,
          mechanisms.aesGcm,
          gcmParameter(session.cryptoki, iv, binding),
        );
        const wrapped = crypt(session, 'Encrypt', how, key.handle, kek).toString('base64url');
        return { mechanism: 'aes-gcm', wrapped, iv: iv.toString('base64url') };
      };
    }
  }
  if (key.keyType === keyTypes.rsa) {
    if (!isAllowed(session, key, cka.decrypt) || !offers(mechanisms.rsaOaep, can.decrypt)) return;
    yield (kek, binding) => encryptOaep(session, key, kek, 'sha256', binding);
    yield (kek) => encryptOaep(session, key, kek, 'sha256', undefined);
    yield (kek) => encryptOaep(session, key, kek, 'sha1', undefined);
  }
}

/** 32 bytes, or a failure: what a token gives back for another key or changed bytes is refused by itself. */
export function unwrapKey(session: Session, key: TokenKey, wrapped: Wrapped, binding: Buffer): Buffer {
  const bytes = Buffer.from(wrapped.wrapped, 'base64url');
  const { cryptoki } = session;
  let kek: Buffer;
  switch (wrapped.mechanism) {
    case 'aes-key-wrap-pad':
      kek = unwrapObject(session, key, bytes);
      break;
    case 'aes-gcm': {
      const parameter = gcmParameter(cryptoki, Buffer.from(wrapped.iv, 'base64url'), binding);
      const how = mechanism(cryptoki, mechanisms.aesGcm, parameter);
      kek = crypt(session, 'Decrypt', how, key.handle, bytes);
      break;
    }
    case 'rsa-oaep': {
      const { hash, mgf } = hashes[wrapped.hash];
      const label = wrapped.isLabeled ? binding : Buffer.alloc(0);
      const how = mechanism(cryptoki, mechanisms.rsaOaep, oaepParameter(cryptoki, hash, mgf, label));
      kek = crypt(session, 'Decrypt', how, key.handle, bytes);
      break;
    }
  }
  if (kek.length === keyBytes) return kek;
  throw new Failure(
    'denied',
    'PKCS11_NOT_UNWRAPPED',
    'the key of the token gives back something else than was wrapped',
    {
      hint: 'The key has the right name but is another one, or the slot was changed; use another key slot.',
    },
  );
}

/** The public half needs no token, and a token that encrypts may have lost its public object. */
function encryptOaep(
  session: Session,
  key: TokenKey,
  kek: Buffer,
  hash: 'sha256' | 'sha1',
  binding: Buffer | undefined,
): Wrapped {
  const modulus = readAttribute(session, key.handle, cka.modulus);
  const exponent = readAttribute(session, key.handle, cka.publicExponent);
  if (modulus === undefined || exponent === undefined) {
    throw new Failure(
      'usage',
      'PKCS11_MECHANISM_REFUSED',
      'the token does not tell the public half of its key',
      {
        hint: 'Use an AES key of the token.',
      },
    );
  }
  const publicKey = createPublicKey({
    format: 'jwk',
    key: { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') },
  });
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < rsaBitsMin) {
    throw new Failure('usage', 'RSA_TOO_SHORT', `an RSA key of ${bits} bits is too weak`, {
      hint: `Use one of ${rsaBitsMin} bits or more.`,
      facts: { bits },
    });
  }
  const wrapped = publicEncrypt(
    {
      key: publicKey,
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: hash,
      ...(binding === undefined ? {} : { oaepLabel: binding }),
    },
    kek,
  );
  return {
    mechanism: 'rsa-oaep',
    wrapped: wrapped.toString('base64url'),
    hash,
    isLabeled: binding !== undefined,
  };
}

function crypt(
  session: Session,
  direction: 'Encrypt' | 'Decrypt',
  how: Structure,
  key: number,
  input: Buffer,
): Buffer {
  const { cryptoki, handle } = session;
  cryptoki.call(`C_${direction}Init`, handle, how.bytes, key);
  return withRoom((room, length) => {
    cryptoki.call(`C_${direction}`, handle, input, input.length, room, length);
  });
}

/** The key goes into the token as an object of this session, which nobody else sees and which ends with it. */
function wrapObject(session: Session, key: TokenKey, kek: Buffer): string {
  const { cryptoki, handle } = session;
  const template = attributes(cryptoki, [...sessionKey, [cka.value, kek]]);
  const object = ulongs(0);
  cryptoki.call('C_CreateObject', handle, template.bytes, template.count, object);
  try {
    const how = mechanism(cryptoki, mechanisms.aesKeyWrapPad);
    return withRoom((room, length) => {
      cryptoki.call('C_WrapKey', handle, how.bytes, key.handle, ulongAt(object), room, length);
    }).toString('base64url');
  } finally {
    cryptoki.attempt('C_DestroyObject', handle, ulongAt(object));
  }
}

function unwrapObject(session: Session, key: TokenKey, wrapped: Buffer): Buffer {
  const { cryptoki, handle } = session;
  const how = mechanism(cryptoki, mechanisms.aesKeyWrapPad);
  const template = attributes(cryptoki, sessionKey);
  const object = ulongs(0);
  const more: readonly Argument[] = [wrapped, wrapped.length, template.bytes, template.count, object];
  cryptoki.call('C_UnwrapKey', handle, how.bytes, key.handle, ...more);
  try {
    return readAttribute(session, ulongAt(object), cka.value) ?? Buffer.alloc(0);
  } finally {
    cryptoki.attempt('C_DestroyObject', handle, ulongAt(object));
  }
}

const sessionKey = [
  [cka.class, classes.secretKey],
  [cka.keyType, keyTypes.genericSecret],
  [cka.token, false],
  [cka.sensitive, false],
  [cka.extractable, true],
] as const;

function withRoom(call: (room: Buffer, length: Buffer) => void): Buffer {
  const room = Buffer.alloc(1024);
  const length = ulongs(room.length);
  call(room, length);
  return room.subarray(0, ulongAt(length));
}
