// A key slot whose key lies in a hardware security module, smart card or other PKCS#11 token, and never leaves it. FORMAT.md §4. The
// secret given says which token and holds the PIN; see `pkcs11Secret`.

import { randomBytes } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { KeySlotKind, SlotBinding, SlotParameters } from './keyslot.ts';
import { askToken } from './pkcs11/ask-token.ts';
import { formatPkcs11Uri, mayMeanSame, type Pkcs11Uri, parsePkcs11Uri } from './pkcs11/uri.ts';
import type { Wrapped } from './pkcs11/wrapping.ts';

const type = 'pkcs11';

export interface TokenAccess {
  readonly uri: Pkcs11Uri;
  /** Absent for a token that has a PIN pad or asks for none. */
  readonly pin?: Uint8Array;
  /** The file of root that names the module. */
  readonly configPath: string;
}

export function pkcs11Secret({ uri, pin, configPath }: TokenAccess): Secret {
  const content = {
    uri: formatPkcs11Uri(uri),
    configPath,
    ...(pin === undefined ? {} : { pin: Buffer.from(pin).toString('base64') }),
  };
  return new Secret(Buffer.from(JSON.stringify(content), 'utf8'), type);
}

interface Access {
  readonly uri: Pkcs11Uri;
  readonly pin: string | undefined;
  readonly configPath: string;
}

const pkcs11: KeySlotKind = {
  type,
  title: 'PKCS#11 token',
  // AES of the token withstands a quantum computer, RSA does not. What wrapped it is in the slot, sealed by the master key.
  isPostQuantum: ({ mechanism }) => mechanism === 'aes-key-wrap-pad' || mechanism === 'aes-gcm',
  canOpen: (secret) => accessOf(secret) !== undefined,
  async newKey(secret, choice, binding) {
    const access = accessOf(secret);
    if (access === undefined) return undefined;
    const kek = randomBytes(32);
    const { uri, wrapped } = await askToken({
      ...access,
      ask: 'wrap',
      kek: kek.toString('base64'),
      binding: bytesOf(binding),
      isKeyToBeMade: choice['createKey'] === true,
    });
    return { kek, params: { uri: formatPkcs11Uri(uri), ...wrapped } };
  },
  async keyEncryptionKey(secret, params, binding) {
    const access = accessOf(secret);
    if (access === undefined) return undefined;
    const { uri, wrapped } = parseParameters(params);
    // Another token is not asked at all: a PIN that is not its own would be one wrong try.
    if (!mayMeanSame(access.uri, uri)) return undefined;
    const { kek } = await askToken({
      ...access,
      uri: { ...uri, ...access.uri },
      ask: 'unwrap',
      wrapped,
      binding: bytesOf(binding),
    });
    return Buffer.from(kek, 'base64');
  },
};
export default pkcs11;

function accessOf(secret: Secret): Access | undefined {
  if (secret.slotType !== type) return undefined;
  const { uri, pin, configPath } = JSON.parse(Buffer.from(secret.reveal()).toString('utf8')) as {
    readonly uri: string;
    readonly pin?: string;
    readonly configPath: string;
  };
  return { uri: parsePkcs11Uri(uri).uri, pin, configPath };
}

/** Repository and slot: what the token must see again, where its mechanism has a place for it. */
function bytesOf({ repositoryId, slotId }: SlotBinding): string {
  return Buffer.concat([repositoryId, Buffer.from(slotId, 'latin1')]).toString('base64');
}

/** The parameters come from the storage: nothing of them is believed, least of all in what is handed to native code. */
function parseParameters(params: SlotParameters): { readonly uri: Pkcs11Uri; readonly wrapped: Wrapped } {
  const text = (key: string, pattern: RegExp): string => {
    const value = params[key];
    if (typeof value !== 'string' || value.length > 2048 || !pattern.test(value)) throw broken(key);
    return value;
  };
  const base64url = /^[A-Za-z0-9_-]+$/;
  let uri: Pkcs11Uri;
  try {
    uri = parsePkcs11Uri(text('uri', /^pkcs11:/)).uri;
  } catch (cause) {
    throw broken('uri', cause);
  }
  const wrapped = text('wrapped', base64url);
  const mechanism = params['mechanism'];
  switch (mechanism) {
    case 'aes-key-wrap-pad':
      return { uri, wrapped: { mechanism, wrapped } };
    case 'aes-gcm':
      return { uri, wrapped: { mechanism, wrapped, iv: text('iv', /^[A-Za-z0-9_-]{16}$/) } };
    case 'rsa-oaep': {
      const hash = text('hash', /^sha(1|256)$/) as 'sha1' | 'sha256';
      const isLabeled = params['isLabeled'];
      if (typeof isLabeled !== 'boolean') throw broken('isLabeled');
      return { uri, wrapped: { mechanism, wrapped, hash, isLabeled } };
    }
    default:
      throw broken('mechanism');
  }
}

function broken(key: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'SLOT_BROKEN', `the key slot has no usable parameter "${key}"`, {
    hint: 'Use another key slot, or copy this one back from another copy of the repository.',
    cause,
  });
}
