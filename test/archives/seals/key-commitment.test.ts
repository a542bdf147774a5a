// T-44: GCM does not commit to its key. Who knows two keys can make one body that is good under both, and so ask with one archive which
// of many passwords is the right one. Here such a body is made, against the very keys that a container derives, and is refused.

import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { aes256Gcm } from '../../../src/archives/seals/aes-256-gcm.ts';
import { gather, inSteps } from '../../../src/archives/seals/conformance.ts';
import { makeHead } from '../../../src/archives/seals/container.ts';
import { testContext } from '../../world.ts';
import { secret } from './seal-world.ts';

const blockLength = 16;
const bodyBlocks = 2;

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const toBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(32, '0'), 'hex');

/** Multiplication in GF(2^128) as GHASH has it. */
function multiply(x: bigint, y: bigint): bigint {
  let product = 0n;
  let shifted = y;
  for (let bit = 127n; bit >= 0n; bit -= 1n) {
    if ((x >> bit) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ (0xe1n << 120n) : shifted >> 1n;
  }
  return product;
}

/** To the power of 2^128 - 2. */
function inverse(x: bigint): bigint {
  let result = 1n << 127n;
  let power = x;
  for (let bit = 1; bit < 128; bit += 1) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}

/** What GCM computes from a key: the point of its polynomial, and what masks the tag at a nonce of zeros. */
function partsOf(key: Uint8Array): { point: bigint; mask: bigint } {
  const encrypt = (input: Uint8Array): bigint =>
    toNumber(createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(input));
  const counter = new Uint8Array(blockLength);
  const point = encrypt(counter);
  counter[15] = 1;
  return { point, mask: encrypt(counter) };
}

/** The tag of blocks (padded associated data, body, lengths) under one key. */
function tagOf(key: Uint8Array, blocks: readonly bigint[]): bigint {
  const { point, mask } = partsOf(key);
  return blocks.reduce((sum, block) => multiply(sum ^ block, point), 0n) ^ mask;
}

/** A body of two blocks and a tag that are good under both keys: the second block is solved for. */
function twoKeyBody(keys: readonly [Uint8Array, Uint8Array], aad: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.ceil(aad.length / blockLength) * blockLength);
  padded.set(aad);
  const before: bigint[] = [];
  for (let at = 0; at < padded.length; at += blockLength)
    before.push(toNumber(padded.subarray(at, at + blockLength)));
  const first = randomBytes(blockLength);
  const lengths = (BigInt(aad.length * 8) << 64n) | BigInt(bodyBlocks * blockLength * 8);
  const withSecond = (second: bigint): bigint[] => [...before, toNumber(first), second, lengths];
  // The tag is linear in the second block, whose factor is the square of the point.
  const difference = tagOf(keys[0], withSecond(0n)) ^ tagOf(keys[1], withSecond(0n));
  const [one, two] = keys.map((key) => partsOf(key).point) as [bigint, bigint];
  const second = multiply(difference, inverse(multiply(one, one) ^ multiply(two, two)));
  return Buffer.concat([first, toBytes(second), toBytes(tagOf(keys[0], withSecond(second)))]);
}

/** The key and the commitment of a chunk, from a key file, as FORMAT.md has it. */
function chunkSecrets(raw: Uint8Array, headSalt: Uint8Array, chunkSalt: Uint8Array): Buffer[] {
  const key = Buffer.from(hkdfSync('sha256', raw, headSalt, 'bkp1/seal-key-file\0', 32));
  const info = Buffer.concat([Buffer.from('bkp1/seal\0\x01', 'latin1'), chunkSalt]);
  const okm = expand(key, info);
  return [okm.subarray(0, 32), okm.subarray(32)];
}

function expand(key: Uint8Array, info: Uint8Array): Buffer {
  const step = (before: Uint8Array, count: number): Buffer =>
    createHmacOf(key, Buffer.concat([before, info, Uint8Array.of(count)]));
  const first = step(new Uint8Array(0), 1);
  return Buffer.concat([first, step(first, 2)]);
}

// HMAC-SHA-256 from its definition: this file takes nothing from the code that it tests.
function createHmacOf(key: Uint8Array, message: Uint8Array): Buffer {
  const pad = (byte: number): Buffer =>
    Buffer.alloc(64, byte).map((value, at) => value ^ (key[at] ?? 0)) as Buffer;
  const inner = createHash('sha256').update(pad(0x36)).update(message).digest();
  return createHash('sha256').update(pad(0x5c)).update(inner).digest();
}

test('T-44: one body that GCM takes under two keys opens under the key it commits to, and under no other', async () => {
  const raws = [randomBytes(32), randomBytes(32)] as const;
  const [headSalt, chunkSalt] = [randomBytes(32), randomBytes(24)];
  const head = makeHead(0, headSalt);
  const aad = Buffer.alloc(49);
  aad.write('bkp1', 'latin1');
  aad.set(createHash('sha256').update(head).digest(), 4);
  aad[44] = 1;
  aad.writeUInt32LE(bodyBlocks * blockLength, 45);
  const [one, two] = raws.map((raw) => chunkSecrets(raw, headSalt, chunkSalt)) as [Buffer[], Buffer[]];
  const body = twoKeyBody([one[0]!, two[0]!], aad);

  for (const [key] of [one, two]) {
    const decipher = createDecipheriv('aes-256-gcm', key!, new Uint8Array(12), { authTagLength: 16 });
    decipher.setAAD(aad).setAuthTag(body.subarray(-16));
    decipher.update(body.subarray(0, -16));
    decipher.final();
  }

  const open = (commit: Uint8Array, raw: Uint8Array): Promise<Uint8Array> => {
    const password = secret(Buffer.from(raw).toString('base64url'), 'key-file');
    const sealed = Buffer.concat([head, chunkSalt, commit, body]);
    return gather(aes256Gcm.open(inSteps(sealed, 1000), { password }, testContext()));
  };
  assert.equal((await open(one[1]!, raws[0])).length, 32);
  assert.equal((await open(two[1]!, raws[1])).length, 32);
  await assert.rejects(open(one[1]!, raws[1]), { code: 'SEAL_KEY_WRONG' });
  await assert.rejects(open(two[1]!, raws[0]), { code: 'SEAL_KEY_WRONG' });
  for (const raw of raws) await assert.rejects(open(randomBytes(32), raw), { code: 'SEAL_KEY_WRONG' });
});
