// A key inside a token: found by its URI or made there, never readable.

import { randomBytes } from 'node:crypto';
import { Failure } from '../../base/failure.ts';
import { type Attribute, attributes, mechanism, ulongAt, ulongs } from './library.ts';
import { returnValues, tokenFailure } from './return-values.ts';
import type { Session } from './session.ts';
import type { Pkcs11Uri } from './uri.ts';

/** Values of CKA_…, CKO_…, CKK_… that are used here. */
export const cka = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  value: 0x11,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  encrypt: 0x104,
  decrypt: 0x105,
  wrap: 0x106,
  unwrap: 0x107,
  modulus: 0x120,
  publicExponent: 0x122,
  valueLength: 0x161,
  extractable: 0x162,
} as const;
export const classes = { privateKey: 3, secretKey: 4 } as const;
export const keyTypes = { rsa: 0x0, genericSecret: 0x10, aes: 0x1f } as const;
const aesKeyGeneration = 0x1080;

export interface TokenKey {
  readonly handle: number;
  readonly keyType: number;
  /** What finds it again: token, label, id and class. */
  readonly uri: Pkcs11Uri;
}

/** The secret or private key of the URI; exactly one must fit. */
export function findKey(session: Session, uri: Pkcs11Uri): TokenKey {
  const handles = findHandles(session, uri);
  const [handle] = handles;
  const name = uri.object ?? 'of this URI';
  if (handle === undefined) {
    session.demandPresence();
    throw new Failure(
      'missing',
      'PKCS11_KEY_MISSING',
      `the token "${session.token.label}" has no key "${name}"`,
      {
        hint: 'Check "object" and "id" of the URI with "pkcs11-tool -O --login"; "--create-key" makes a key for a new slot.',
        facts: { token: session.token.label },
      },
    );
  }
  if (handles.length > 1) {
    throw new Failure('usage', 'PKCS11_KEY_AMBIGUOUS', `${handles.length} keys fit the PKCS#11 URI`, {
      hint: 'Name one by "object=" and "id=".',
      facts: { token: session.token.label, keys: handles.length },
    });
  }
  const typeBytes = readAttribute(session, handle, cka.keyType);
  const keyType = typeBytes === undefined ? -1 : ulongAt(typeBytes);
  const label = readAttribute(session, handle, cka.label)?.toString('utf8') ?? '';
  const id = readAttribute(session, handle, cka.id)?.toString('latin1') ?? '';
  return {
    handle,
    keyType,
    uri: {
      token: session.token.label,
      ...(label === '' ? {} : { object: label }),
      ...(id === '' ? {} : { id }),
      type: keyType === keyTypes.rsa ? 'private' : 'secret-key',
    },
  };
}

/** Makes an AES-256 key that never leaves the token. Fails when the name is taken. */
export function createKey(session: Session, uri: Pkcs11Uri): void {
  const { object } = uri;
  if (object === undefined) {
    throw new Failure('usage', 'PKCS11_URI_INVALID', 'the PKCS#11 URI does not name the key to be made', {
      hint: 'Add ";object=NAME" to it.',
    });
  }
  if (findHandles(session, { object }).length > 0) {
    throw new Failure('conflict', 'PKCS11_KEY_EXISTS', `the token has a key "${object}" already`, {
      hint: 'Leave out "--create-key" to use it, or choose another name.',
      facts: { token: session.token.label },
    });
  }
  const template = attributes(session.cryptoki, [
    [cka.class, classes.secretKey],
    [cka.keyType, keyTypes.aes],
    [cka.token, true],
    [cka.private, true],
    [cka.sensitive, true],
    [cka.extractable, false],
    [cka.encrypt, true],
    [cka.decrypt, true],
    [cka.wrap, true],
    [cka.unwrap, true],
    [cka.valueLength, 32],
    [cka.label, Buffer.from(object, 'utf8')],
    [cka.id, uri.id === undefined ? randomBytes(16) : Buffer.from(uri.id, 'latin1')],
  ]);
  const how = mechanism(session.cryptoki, aesKeyGeneration);
  const key = ulongs(0);
  session.cryptoki.call('C_GenerateKey', session.handle, how.bytes, template.bytes, template.count, key);
}

function findHandles(session: Session, uri: Pkcs11Uri): number[] {
  const wanted = { 'secret-key': [classes.secretKey], private: [classes.privateKey] }[uri.type ?? ''];
  if (wanted === undefined && uri.type !== undefined) {
    throw new Failure(
      'usage',
      'PKCS11_URI_INVALID',
      `a key slot cannot use an object of type "${uri.type}"`,
      {
        hint: 'Use "type=secret-key" or "type=private", or leave it out.',
      },
    );
  }
  return (wanted ?? [classes.secretKey, classes.privateKey]).flatMap((one) => {
    const list: Attribute[] = [[cka.class, one]];
    if (uri.object !== undefined) list.push([cka.label, Buffer.from(uri.object, 'utf8')]);
    if (uri.id !== undefined) list.push([cka.id, Buffer.from(uri.id, 'latin1')]);
    return search(session, list);
  });
}

function search({ cryptoki, handle }: Session, list: readonly Attribute[]): number[] {
  const template = attributes(cryptoki, list);
  cryptoki.call('C_FindObjectsInit', handle, template.bytes, template.count);
  try {
    // More than this fit only a URI that names no key at all.
    const room = 16;
    const found = Buffer.alloc(8 * room);
    const count = ulongs(0);
    cryptoki.call('C_FindObjects', handle, found, room, count);
    return Array.from({ length: ulongAt(count) }, (_, index) => ulongAt(found, index));
  } finally {
    cryptoki.attempt('C_FindObjectsFinal', handle);
  }
}

/** Undefined where the object has no such attribute, or keeps it to itself. */
export function readAttribute(
  { cryptoki, handle: session }: Session,
  handle: number,
  type: number,
): Buffer | undefined {
  const room = Buffer.alloc(1024);
  const template = attributes(cryptoki, [[type, room]]);
  const result = cryptoki.attempt('C_GetAttributeValue', session, handle, template.bytes, 1);
  if (result === returnValues.attributeSensitive || result === returnValues.attributeTypeInvalid) {
    return undefined;
  }
  if (result !== 0) throw tokenFailure(result, 'C_GetAttributeValue');
  return room.subarray(0, Math.min(ulongAt(template.bytes, 2), room.length));
}

export function isAllowed(session: Session, key: TokenKey, ...types: readonly number[]): boolean {
  return types.every((type) => readAttribute(session, key.handle, type)?.[0] === 1);
}
