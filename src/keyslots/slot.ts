// The slot object: the master key wrapped under a key-encryption key. FORMAT.md §4.

import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import { decodeJcs, encodeJcs, type JsonValue } from '../base/jcs.ts';
import { Secret } from '../base/secret.ts';
import { keySlotKind, type SlotType } from './all.ts';
import type { NewSlotKey, SlotParameters } from './keyslot.ts';
import { openWrapped, sealWrapped } from './wrapping.ts';

const slotMax = 16 * 1024;

/** The `slotType` of a secret that is the text of private or public keys, of whatever type they are. */
export const identityType = 'identity';
const sharesType = 'shamir';
const identityTypes = new Set(['rsa', 'x25519', 'mlkem768-x25519', 'age']);

export interface SlotDescription {
  readonly id: string;
  readonly type: string;
  readonly createdAt: string;
  readonly label: string;
  readonly params: SlotParameters;
}

export interface NewSlot {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What people must be given now, or nobody can open the slot. */
  readonly handOut: readonly Secret[];
}

/**
 * A new slot object, proven to open with this secret or with what is handed out; a public key can prove nothing. The salt and the
 * id are drawn here.
 */
export async function createSlot(request: {
  readonly repositoryId: Uint8Array;
  readonly masterKey: Uint8Array;
  readonly type: SlotType;
  readonly secret: Secret;
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly params?: SlotParameters;
  /** 32 hex digits; drawn when absent. */
  readonly id?: string;
  /** Of a slot that there is, to go on using: a key in the hands of several people, who keep what they have. */
  readonly made?: NewSlotKey;
}): Promise<NewSlot> {
  const kind = (await keySlotKind(request.type))!;
  const id = request.id ?? randomBytes(16).toString('hex');
  const salt = randomBytes(24);
  const binding = { repositoryId: request.repositoryId, slotId: id };
  const made = request.made ?? (await kind.newKey(request.secret, request.params ?? {}, binding));
  if (made === undefined) {
    throw new Failure('usage', 'SECRET_INVALID', `the secret is none for a key slot of type "${kind.type}"`, {
      hint: 'A key file holds 32 random bytes as base64url in its first line: let Holdfast make one. A recipient is a public key.',
    });
  }
  const { params, kek, handOut = [] } = made;
  const okm = expand(kek, id, request.type, params, salt);
  const wrapped = Buffer.concat([
    salt,
    okm.subarray(32),
    sealWrapped(okm.subarray(0, 32), request.repositoryId, request.masterKey),
  ]);
  const body = {
    v: 1,
    id,
    type: request.type,
    created: new Date(request.createdAt).toISOString(),
    label: request.label,
    params,
    wrapped: wrapped.toString('base64url'),
  };
  const bytes = encodeJcs({ ...body, mac: macOf(request.masterKey, body) });
  if (bytes.length > slotMax)
    throw new Failure('usage', 'LABEL_TOO_LONG', 'the label of the key slot is too long');
  const opening = handOut.length === 0 ? request.secret : joined(handOut, request.type);
  if (kind.canOpen(opening)) await proveSlot(bytes, opening, made.again, request);
  return { name: `keys/slot-${id}`, bytes, handOut };
}

/** With a key that was derived a second time: a slot that only a fault of memory opens would lock its owner out for good. */
async function proveSlot(
  bytes: Uint8Array,
  secret: Secret,
  again: Uint8Array | undefined,
  { repositoryId, masterKey }: { readonly repositoryId: Uint8Array; readonly masterKey: Uint8Array },
): Promise<void> {
  let cause: unknown;
  try {
    const opened =
      again === undefined
        ? await openSlot(bytes, repositoryId, secret)
        : unwrap(parse(bytes), repositoryId, again);
    if (opened?.length === masterKey.length && timingSafeEqual(opened, masterKey)) return;
  } catch (error) {
    cause = error;
  }
  throw new Failure('corrupt', 'SLOT_NOT_REPRODUCED', 'a new key slot does not open with its secret', {
    hint: 'The memory or processor of this machine is faulty. Nothing wrong was stored.',
    cause,
  });
}

/** What was handed out opens the slot together, one a line. */
function joined(handOut: readonly Secret[], type: string): Secret {
  const lines = handOut.map((one) => `${Buffer.from(one.reveal()).toString('latin1')}\n`);
  return new Secret(Buffer.from(lines.join(''), 'latin1'), type);
}

/** What a slot says of itself: believed only after it was opened. */
export function describeSlot(bytes: Uint8Array): SlotDescription {
  const item = parse(bytes);
  return {
    id: item['id'] as string,
    type: item['type'] as string,
    createdAt: item['created'] as string,
    label: item['label'] as string,
    params: item['params'] as SlotParameters,
  };
}

type SlotItem = { readonly [key: string]: JsonValue };

function wrappedOf(item: SlotItem): Uint8Array {
  const wrapped = Buffer.from(item['wrapped'] as string, 'base64url');
  if (wrapped.length !== 24 + 32 + 32 + 16) throw broken('its wrapped key has a wrong length');
  return wrapped;
}

/**
 * The master key, or undefined when this secret does not fit. Fails with corrupt/SLOT_BROKEN when the slot was changed. `meanwhile` is
 * called once the key is being derived, which may take a while on another thread.
 */
export async function openSlot(
  bytes: Uint8Array,
  repositoryId: Uint8Array,
  secret: Secret,
  meanwhile?: () => void,
): Promise<Uint8Array | undefined> {
  const item = parse(bytes);
  const type = item['type'] as string;
  if (!mayOpen(secret, type)) return undefined;
  const kind = await keySlotKind(type);
  if (kind === undefined) return undefined;
  wrappedOf(item);
  const binding = { repositoryId, slotId: item['id'] as string };
  const deriving = kind.keyEncryptionKey(secret, item['params'] as SlotParameters, binding);
  meanwhile?.();
  const kek = await deriving;
  return kek && unwrap(item, repositoryId, kek);
}

/** Undefined when this key is another slot's. */
function unwrap(item: SlotItem, repositoryId: Uint8Array, kek: Uint8Array): Uint8Array | undefined {
  const wrapped = wrappedOf(item);
  const okm = expand(
    kek,
    item['id'] as string,
    item['type'] as string,
    item['params'] as SlotParameters,
    wrapped.subarray(0, 24),
  );
  if (!timingSafeEqual(okm.subarray(32), wrapped.subarray(24, 56))) return undefined;
  const masterKey = openWrapped(okm.subarray(0, 32), repositoryId, wrapped.subarray(56));
  if (masterKey === undefined) throw broken('its wrapped key was changed');
  verifyDescription(item, masterKey);
  return masterKey;
}

/** The key of a slot of shares: the same shares can open another slot, which spares all holders new ones. */
export async function keyOfShares(bytes: Uint8Array, secret: Secret): Promise<NewSlotKey | undefined> {
  const { type, params, id } = describeSlot(bytes);
  if (type !== sharesType) return undefined;
  const kind = await keySlotKind(type);
  const kek = await kind?.keyEncryptionKey(secret, params, { repositoryId: new Uint8Array(16), slotId: id });
  return kek && { params, kek };
}

/** A private key says itself which slots it is for; of age's keys, some fit two types. */
function mayOpen({ slotType = 'any' }: Secret, type: string): boolean {
  if (slotType === identityType) return identityTypes.has(type);
  return slotType === 'any' || slotType === type;
}

/** Fails with corrupt/SLOT_BROKEN unless the slot is exactly as it was written. Needs no secret of this slot, but the master key. */
export function verifySlot(bytes: Uint8Array, masterKey: Uint8Array): void {
  verifyDescription(parse(bytes), masterKey);
}

function verifyDescription(item: SlotItem, masterKey: Uint8Array): void {
  const { mac, ...body } = item;
  const expected = Buffer.from(macOf(masterKey, body), 'hex');
  // Hex has two spellings; only the one that is written counts.
  const found = Buffer.from(/^[0-9a-f]{64}$/.test(String(mac)) ? String(mac) : '', 'hex');
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) {
    throw broken('its description was changed');
  }
}

function parse(bytes: Uint8Array): SlotItem {
  if (bytes.length > slotMax) throw broken(`it is ${bytes.length} bytes long`);
  let value: JsonValue;
  try {
    value = decodeJcs(bytes);
  } catch (cause) {
    throw broken('it is not canonical JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw broken('it is not an object');
  const item = value as SlotItem;
  for (const key of ['id', 'type', 'created', 'label', 'wrapped', 'mac']) {
    if (typeof item[key] !== 'string') throw broken(`it lacks "${key}"`);
  }
  const { params } = item;
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw broken('it lacks "params"');
  if (item['v'] !== 1) throw broken(`it has version ${JSON.stringify(item['v'])}`);
  return item;
}

function expand(kek: Uint8Array, id: string, type: string, params: SlotParameters, salt: Uint8Array): Buffer {
  const info = Buffer.concat([
    Buffer.from(`bkp1/slot${id}${type}`, 'latin1'),
    createHash('sha256').update(encodeJcs(params)).digest(),
    salt,
  ]);
  // HKDF-Expand alone: two blocks of HMAC under the key-encryption key.
  const first = createHmac('sha256', kek).update(info).update(Uint8Array.of(1)).digest();
  const second = createHmac('sha256', kek).update(first).update(info).update(Uint8Array.of(2)).digest();
  return Buffer.concat([first, second]);
}

function macOf(masterKey: Uint8Array, body: object): string {
  const key = Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(0), 'bkp1/slot-mac\0', 32));
  return createHmac('sha256', key).update(encodeJcs(body)).digest('hex');
}

function broken(why: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'SLOT_BROKEN', `a key slot cannot be used: ${why}`, {
    hint: 'Use another key slot, or copy this one back from another copy of the repository.',
    cause,
  });
}
