// OpenPGP keys (RFC 9580 and the older 4880): packets enough for type, algorithm, size, fingerprint, times and names, from exported files
// (armored or not) and from GnuPG's keyrings. Nothing is verified: whose key it is, its signatures would have to tell.

import { createHash } from 'node:crypto';
import { type KeyFile, type KeyItem, labelled, type Recognition } from '../key-item.ts';
import { Cursor } from './cursor.ts';
import { bitLength } from './der.ts';
import { factsOfJwk } from './key-facts.ts';

const packetsMax = 100_000;
const tags = {
  signature: 2,
  secretKey: 5,
  publicKey: 6,
  secretSubkey: 7,
  userId: 13,
  publicSubkey: 14,
} as const;

interface Packet {
  readonly tag: number;
  readonly body: Uint8Array;
}

/** The body of an armored block; undefined when it is broken. */
export function openpgpBlock(_label: string, body: string): readonly KeyItem[] | undefined {
  const start = /\r?\n[ \t]*\r?\n/.exec(body);
  if (start === null) return undefined;
  const lines = body.slice(start.index + start[0].length).split(/\r?\n/);
  const sum = lines.find((line) => /^=[A-Za-z0-9+/]{4}$/.test(line));
  const bytes = Buffer.from(lines.filter((line) => !line.startsWith('=')).join(''), 'base64');
  if (sum !== undefined && Buffer.from(sum.slice(1), 'base64').readUIntBE(0, 3) !== crc24(bytes))
    return undefined;
  return openpgpItems(bytes);
}

/** A binary export or an old keyring. Whether damage is worth telling, the name decides: a first byte alone proves little. */
export function openpgp({ bytes, name }: KeyFile): Recognition | undefined {
  const first = bytes[0] ?? 0;
  const tag = (first & 0xc0) === 0xc0 ? first & 0x3f : (first & 0x80) === 0x80 ? (first >> 2) & 15 : 0;
  if (tag !== tags.secretKey && tag !== tags.publicKey) return undefined;
  const items = openpgpItems(bytes);
  if (items !== undefined) return { items };
  return /\.(?:gpg|pgp|kbx|key)$/i.test(name)
    ? { items: [], broken: 'the OpenPGP packets are cut off or damaged' }
    : undefined;
}

/** All keys in a row of packets, each subkey an item of its own; undefined when they are broken. */
export function openpgpItems(bytes: Uint8Array): readonly KeyItem[] | undefined {
  const packets = packetsOf(bytes);
  if (packets === undefined) return undefined;
  const found: { item: KeyItem; createdSeconds: number }[] = [];
  let primary: number | undefined;
  for (const { tag, body } of packets) {
    if (tag === tags.userId) {
      const owner = primary === undefined ? undefined : found[primary];
      if (owner !== undefined && owner.item.label === undefined) {
        owner.item = { ...owner.item, ...labelled(Buffer.from(body).toString('utf8')) };
      }
    } else if (tag === tags.signature) {
      applySignature(body, found, primary);
    } else if (
      tag !== tags.secretKey &&
      tag !== tags.publicKey &&
      tag !== tags.secretSubkey &&
      tag !== tags.publicSubkey
    ) {
    } else {
      const key = keyOf(body, tag === tags.secretKey || tag === tags.secretSubkey);
      if (key === undefined) return undefined;
      if (tag === tags.secretKey || tag === tags.publicKey) primary = found.length;
      else
        key.item = {
          ...key.item,
          note: [key.item.note, 'subkey'].filter((one) => one !== undefined).join(', '),
        };
      found.push(key);
    }
  }
  return found.length === 0 ? undefined : found.map(({ item }) => item);
}

function packetsOf(bytes: Uint8Array): readonly Packet[] | undefined {
  const packets: Packet[] = [];
  const cursor = new Cursor(bytes);
  while (cursor.left > 0) {
    const head = cursor.number(1);
    if ((head & 0x80) === 0 || packets.length === packetsMax) return undefined;
    const isNew = (head & 0x40) !== 0;
    const tag = isNew ? head & 0x3f : (head >> 2) & 15;
    const length = isNew ? newLength(cursor) : oldLength(cursor, head & 3);
    if (length === undefined) return undefined;
    const body = cursor.take(length);
    if (cursor.isBroken) return undefined;
    packets.push({ tag, body });
  }
  return packets;
}

function oldLength(cursor: Cursor, type: number): number | undefined {
  // A packet without a length goes to the end.
  return type === 3 ? cursor.left : cursor.number(([1, 2, 4] as const)[type]!);
}

function newLength(cursor: Cursor): number | undefined {
  const first = cursor.number(1);
  if (first < 192) return first;
  if (first < 224) return (first - 192) * 256 + cursor.number(1) + 192;
  // Parts of unknown number are for data, not for keys.
  return first === 255 ? cursor.number(4) : undefined;
}

const algorithms: Readonly<Record<number, string>> = {
  1: 'RSA',
  2: 'RSA',
  3: 'RSA',
  16: 'ElGamal',
  17: 'DSA',
  18: 'ECDH',
  19: 'ECDSA',
  22: 'EdDSA',
  25: 'X25519',
  26: 'X448',
  27: 'Ed25519',
  28: 'Ed448',
};

const curves: Readonly<Record<string, readonly [name: string, bits: number]>> = {
  '2b06010401da470f01': ['Ed25519', 255],
  '2b060104019755010501': ['X25519', 255],
  '2a8648ce3d030107': ['P-256', 256],
  '2b81040022': ['P-384', 384],
  '2b81040023': ['P-521', 521],
  '2b8104000a': ['secp256k1', 256],
  '2b2403030208010107': ['brainpoolP256r1', 256],
  '2b240303020801010b': ['brainpoolP384r1', 384],
  '2b240303020801010d': ['brainpoolP512r1', 512],
};

const rawBytes: Readonly<Record<number, number>> = { 25: 32, 26: 56, 27: 32, 28: 57 };

function keyOf(body: Uint8Array, isSecret: boolean): { item: KeyItem; createdSeconds: number } | undefined {
  const cursor = new Cursor(body);
  const version = cursor.number(1);
  const createdSeconds = cursor.number(4);
  if (version === 3) cursor.number(2);
  const code = cursor.number(1);
  if (version >= 5) cursor.number(4);
  const algorithm = algorithms[code];
  if (cursor.isBroken || algorithm === undefined || version < 3 || version > 6) return undefined;
  const facts = numbersOf(code, cursor);
  if (facts === undefined || cursor.isBroken) return undefined;
  const fingerprint = fingerprintOf(version, body.subarray(0, cursor.at));
  const item: KeyItem = {
    type: isSecret ? 'private-key' : 'public-key',
    format: 'openpgp',
    algorithm,
    ...facts,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(isSecret ? protectionOf(cursor) : {}),
  };
  return { item, createdSeconds };
}

type Numbers = Pick<KeyItem, 'bits' | 'curve' | 'keyId'>;

/** The public numbers, which also says where they end. */
function numbersOf(code: number, cursor: Cursor): Numbers | undefined {
  const integer = () => cursor.take(Math.ceil(cursor.number(2) / 8));
  const raw = rawBytes[code];
  if (raw !== undefined) {
    const x = text(cursor.take(raw));
    const crv = algorithms[code]!;
    return { bits: raw === 32 ? 255 : 448, curve: crv, ...idOf(factsOfJwk({ kty: 'OKP', crv, x })) };
  }
  if (code <= 3) {
    const n = integer();
    const e = integer();
    return { bits: bitLength(n), ...idOf(factsOfJwk({ kty: 'RSA', n: text(n), e: text(e) })) };
  }
  if (code === 16 || code === 17) {
    const bits = bitLength(integer());
    for (let left = code === 16 ? 2 : 3; left > 0; left -= 1) integer();
    return { bits };
  }
  const oid = Buffer.from(cursor.counted(1)).toString('hex');
  const point = integer();
  if (code === 18) cursor.counted(1);
  const curve = curves[oid];
  if (curve === undefined) return {};
  return { curve: curve[0], bits: curve[1], ...idOf(pointFacts(curve[0], point)) };
}

/** Facts of a point as GnuPG writes it: Montgomery and Edwards ones behind 0x40, others uncompressed. */
export function pointFacts(curve: string, point: Uint8Array): ReturnType<typeof factsOfJwk> {
  if (curve.endsWith('25519')) {
    const bytes = point.length === 33 && point[0] === 0x40 ? point.subarray(1) : point;
    return factsOfJwk({ kty: 'OKP', crv: curve, x: text(bytes) });
  }
  const half = (point.length - 1) / 2;
  if (!curve.startsWith('P-') || point[0] !== 4 || !Number.isInteger(half)) return undefined;
  return factsOfJwk({
    kty: 'EC',
    crv: curve,
    x: text(point.subarray(1, 1 + half)),
    y: text(point.subarray(1 + half)),
  });
}

function idOf(facts: Pick<KeyItem, 'keyId'> | undefined): { readonly keyId?: string } {
  return facts?.keyId === undefined ? {} : { keyId: facts.keyId };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function fingerprintOf(version: number, body: Uint8Array): string | undefined {
  if (version === 3) return undefined;
  const head = Buffer.alloc(version === 4 ? 3 : 5);
  head[0] = version === 4 ? 0x99 : version === 5 ? 0x9a : 0x9b;
  head.writeUIntBE(body.length, 1, version === 4 ? 2 : 4);
  const hash = createHash(version === 4 ? 'sha1' : 'sha256')
    .update(head)
    .update(body);
  return hash.digest('hex').toUpperCase();
}

/** What stands before the secret numbers: how they are protected, or that they are not here at all. */
function protectionOf(cursor: Cursor): { isEncrypted?: boolean; note?: string } {
  const usage = cursor.number(1);
  if (usage === 0) return { isEncrypted: false };
  // GnuPG writes "not here" or "on a card" as an encryption of its own.
  const rest = Buffer.from(cursor.take(Math.min(cursor.left, 16)));
  const gnu = rest.indexOf('GNU', 0, 'latin1');
  if (rest[1] === 101 && gnu >= 0) {
    return { isEncrypted: true, note: rest[gnu + 3] === 2 ? 'on a card' : 'secret part elsewhere' };
  }
  return { isEncrypted: true };
}

/** A signature of the owner may say when the key ends: seconds after it was made. */
function applySignature(
  body: Uint8Array,
  found: { item: KeyItem; createdSeconds: number }[],
  primary: number | undefined,
): void {
  const cursor = new Cursor(body);
  const version = cursor.number(1);
  const type = cursor.number(1);
  if (version < 4) return;
  cursor.number(2);
  const subpackets = new Cursor(cursor.counted(version === 6 ? 4 : 2));
  const index =
    type === 0x18 ? found.length - 1 : (type >= 0x10 && type <= 0x13) || type === 0x1f ? primary : undefined;
  const key = index === undefined ? undefined : found[index];
  if (key === undefined) return;
  while (subpackets.left > 0) {
    const length = newLength(subpackets);
    if (length === undefined || length === 0) return;
    const kind = subpackets.number(1) & 0x7f;
    const value = new Cursor(subpackets.take(length - 1));
    if (subpackets.isBroken) return;
    const seconds = kind === 9 && value.left === 4 ? value.number(4) : 0;
    if (seconds > 0) key.item = { ...key.item, expiresAt: (key.createdSeconds + seconds) * 1000 };
  }
}

function crc24(bytes: Uint8Array): number {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit += 1) {
      crc <<= 1;
      if ((crc & 0x1000000) !== 0) crc ^= 0x1864cfb;
    }
  }
  return crc & 0xffffff;
}
