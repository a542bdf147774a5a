// Sealed sessions of write-only writers: each seals its data with a key of its own that is kept nowhere but in an object that only the
// repository's private key opens. FORMAT.md §14.

import { randomBytes } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import { Failure } from '../base/failure.ts';
import { type HpkeKem, hpkeOpen, hpkeSeal } from '../keyslots/hpke.ts';
import type { KeyGeneration } from './bundle.ts';
import { kems, type SealingPair } from './sealing-pair.ts';

/** Generations from here on belong to one sealed session each; the others are the repository's own. */
export const sealedGenerationMin = 0x80000000;

const magic = Buffer.from('BKPSKEY1', 'latin1');
const headLength = 32;
const keyLength = 32;
const tagLength = 16;
const encLengths: Readonly<Record<HpkeKem, number>> = { x25519: 32, 'mlkem768-x25519': 1120 };
const info = Buffer.from('bkp1/session', 'latin1');

export function drawSealedGeneration(now: number): KeyGeneration {
  return {
    generation: sealedGenerationMin + (randomBytes(4).readUInt32LE() & 0x7fffffff),
    key: randomBytes(keyLength),
    state: 'active',
    createdAt: now,
  };
}

export function sealedKeyName(generation: number): string {
  return `keys/sealed-${generation.toString(16)}`;
}

/** `own` is for the writer alone: what it needs to go on when it has lost its memory. */
export function encodeSealedKey(
  request: {
    readonly repositoryId: Uint8Array;
    readonly sessionId: Uint8Array;
    readonly session: KeyGeneration;
    readonly to: Pick<SealingPair, 'kem' | 'publicKey'>;
  },
  own: Uint8Array,
): Uint8Array {
  const { session, sessionId, to } = request;
  const head = Buffer.alloc(headLength);
  magic.copy(head);
  head[8] = kems.indexOf(to.kem) + 1;
  head.writeUInt32LE(session.generation, 12);
  head.set(sessionId, 16);
  const aad = Buffer.concat([request.repositoryId, head.subarray(12)]);
  return Buffer.concat([head, hpkeSeal(to.kem, to.publicKey, { info, aad }, session.key), own]);
}

export interface SealedKey {
  readonly generation: number;
  readonly kem: HpkeKem;
  readonly sessionId: string;
  readonly message: Uint8Array;
  /** What follows the message: an envelope for the writer. */
  readonly own: Uint8Array;
}

/** Takes it apart; opens nothing. Fails with corrupt/SEALED_KEY_BROKEN. */
export function decodeSealedKey(bytes: Uint8Array, name: string): SealedKey {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const kem = kems[(head[8] ?? 0) - 1];
  if (bytes.length < headLength || head.compare(magic, 0, 8, 0, 8) !== 0 || kem === undefined)
    throw broken(name, 'is no sealed key of this format');
  const generation = head.readUInt32LE(12);
  if (generation < sealedGenerationMin || sealedKeyName(generation) !== name)
    throw broken(name, `holds the key of generation ${generation}`);
  const end = headLength + encLengths[kem] + keyLength + tagLength;
  if (bytes.length < end) throw broken(name, `is ${bytes.length} bytes long`);
  return {
    generation,
    kem,
    sessionId: hex(bytes.subarray(16, 32)),
    message: bytes.subarray(headLength, end),
    own: bytes.subarray(end),
  };
}

/** The session's key as a generation, or undefined where it was sealed to another key. */
export function openSealedKey(
  repositoryId: Uint8Array,
  pair: SealingPair,
  bytes: Uint8Array,
  name: string,
): KeyGeneration | undefined {
  const sealed = decodeSealedKey(bytes, name);
  if (sealed.kem !== pair.kem) return undefined;
  const aad = Buffer.concat([repositoryId, bytes.subarray(12, headLength)]);
  const key = hpkeOpen(pair.kem, pair.privateKey, { info, aad }, sealed.message);
  return key && { generation: sealed.generation, key, state: 'decrypt-only', createdAt: 0 };
}

function broken(name: string, why: string): Failure {
  return new Failure('corrupt', 'SEALED_KEY_BROKEN', `"${name}" ${why}`, {
    hint: 'Copy the object back from another copy of the repository: the session of this key cannot be read without it.',
  });
}
