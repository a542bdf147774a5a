// Keys of sealed sessions: opened by the repository's pair alone, and taken apart only when every field fits its name.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { type HpkeKem, hpkeKems } from '../../src/keyslots/hpke.ts';
import {
  decodeSealedKey,
  drawSealedGeneration,
  encodeSealedKey,
  openSealedKey,
  sealedGenerationMin,
  sealedKeyName,
} from '../../src/repository/sealing.ts';
import { kems, type SealingPair } from '../../src/repository/sealing-pair.ts';

const repositoryId = randomBytes(16);
const sessionId = randomBytes(16);
const session = drawSealedGeneration(5);
const name = sealedKeyName(session.generation);
const own = Buffer.from('what the writer keeps for itself');

function pairOf(kem: HpkeKem): SealingPair {
  const privateKey = hpkeKems[kem].generate();
  return { kem, privateKey, publicKey: hpkeKems[kem].publicOf(privateKey) };
}

for (const kem of kems) {
  const pair = pairOf(kem);
  const bytes = encodeSealedKey({ repositoryId, sessionId, session, to: pair }, own);

  test(`${kem}: the pair opens the key of a session, and no other pair and no other repository does`, () => {
    const key = openSealedKey(repositoryId, pair, bytes, name)!;
    assert.deepEqual(Buffer.from(key.key), Buffer.from(session.key));
    assert.deepEqual(
      { ...key, key: undefined },
      { generation: session.generation, key: undefined, state: 'decrypt-only', createdAt: 0 },
    );
    for (const other of kems)
      assert.equal(openSealedKey(repositoryId, pairOf(other), bytes, name), undefined, other);
    assert.equal(openSealedKey(randomBytes(16), pair, bytes, name), undefined);
    const read = decodeSealedKey(bytes, name);
    assert.deepEqual(Buffer.from(read.own), own);
    assert.equal(read.sessionId, sessionId.toString('hex'));
    for (const at of [16, 31, 32, bytes.length - own.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      assert.equal(openSealedKey(repositoryId, pair, changed, name), undefined, `byte ${at}`);
    }
  });

  test(`${kem}: what is no sealed key of its name is refused`, () => {
    const isBroken = (error: unknown) => isFailure(error, 'corrupt', 'SEALED_KEY_BROKEN');
    const whole = bytes.length - own.length;
    assert.equal(decodeSealedKey(bytes.subarray(0, whole), name).own.length, 0);
    for (const length of [0, 8, 9, 31, 32, whole - 1])
      assert.throws(() => decodeSealedKey(bytes.subarray(0, length), name), isBroken, `${length} bytes`);
    for (const [at, value] of [
      [0, 0],
      [7, 0x32],
      [8, 0],
      [8, kems.length + 1],
      [8, 255],
    ] as const) {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      assert.throws(() => decodeSealedKey(changed, name), isBroken, `byte ${at} is ${value}`);
    }
    assert.throws(() => decodeSealedKey(bytes, sealedKeyName(session.generation ^ 1)), isBroken);
    const low = Buffer.from(bytes);
    low.writeUInt32LE(sealedGenerationMin - 1, 12);
    assert.throws(() => decodeSealedKey(low, sealedKeyName(sealedGenerationMin - 1)), isBroken);
    const least = Buffer.from(bytes);
    least.writeUInt32LE(sealedGenerationMin, 12);
    assert.equal(decodeSealedKey(least, sealedKeyName(sealedGenerationMin)).generation, sealedGenerationMin);
  });
}
