// Published test vectors, and every kind of change that must be refused, against the code that seals boxes, wraps keys and signs.
// What this program derives with fixed purposes or limits cannot take a published vector as it is: there a plain reference passes
// the vectors first, and the program must then agree with the reference.

import assert from 'node:assert/strict';
import {
  argon2Sync,
  createHash,
  createPrivateKey,
  createSecretKey,
  pbkdf2Sync,
  randomBytes,
  scryptSync,
  sign,
  verify,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeJcs, encodeJcs, type JsonValue } from '../../src/base/jcs.ts';
import { Secret } from '../../src/base/secret.ts';
import { cipherOf } from '../../src/ciphers/all.ts';
import { keySlotKind } from '../../src/keyslots/all.ts';
import { createSlot, openSlot } from '../../src/keyslots/slot.ts';
import { type BoxMeaning, openBox, sealBox } from '../../src/repository/box.ts';
import { createBundle, signerKeyId } from '../../src/repository/bundle.ts';
import { derive, KeyRing } from '../../src/repository/keys.ts';
import { publicKeyOf } from '../../src/repository/snapshot.ts';

type Vector = Readonly<Record<string, string> & { name: string }>;
type Numbers = Readonly<Record<string, number>>;

function load(name: string): { readonly suite: number; readonly vectors: readonly Vector[] } {
  return JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8'));
}

function bytes(vector: Vector, key: string): Buffer {
  const text = vector[key];
  assert.ok(text !== undefined, `${vector.name} lacks "${key}"`);
  return Buffer.from(text, 'hex');
}

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 2104, from the hash alone. */
function hmac(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  const block = Buffer.alloc(64);
  block.set(key.length > 64 ? sha256(key) : key);
  const inner = sha256(
    block.map((byte) => byte ^ 0x36),
    ...parts,
  );
  return sha256(
    block.map((byte) => byte ^ 0x5c),
    inner,
  );
}

function expand(prk: Uint8Array, info: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [Buffer.alloc(0)];
  for (let n = 1; (n - 1) * 32 < length; n += 1)
    blocks.push(hmac(prk, blocks.at(-1)!, info, Uint8Array.of(n)));
  return Buffer.concat(blocks).subarray(0, length);
}

const suites = ['aes-256-gcm', 'chacha20-poly1305', 'cascade'].map(load);

test('the ciphers seal and open the published vectors', () => {
  for (const { suite, vectors } of suites) {
    const cipher = cipherOf(suite);
    for (const one of vectors) {
      const [key, nonce, aad, plain] = ['key', 'nonce', 'aad', 'plain'].map((part) => bytes(one, part));
      const sealed = Buffer.concat([bytes(one, 'ciphertext'), bytes(one, 'tag')]);
      assert.deepEqual(Buffer.from(cipher.seal(key!, nonce!, aad!, plain!)), sealed, one.name);
      assert.deepEqual(Buffer.from(cipher.open(key!, nonce!, aad!, sealed)!), plain, one.name);
    }
  }
});

interface Change {
  readonly name: string;
  readonly part: string;
  readonly flip?: number;
  /** How many bytes stay; counted from the end when negative. */
  readonly keep?: number;
  readonly zero?: true;
  readonly meaning?: string;
  readonly value?: number | 'other';
}
interface SlotChange {
  readonly name: string;
  readonly change: string;
  readonly byte?: number;
  readonly keep?: number;
  readonly expect: string;
}
const refusals = JSON.parse(readFileSync(join(import.meta.dirname, 'refusals.json'), 'utf8')) as {
  readonly aead: readonly Change[];
  readonly box: readonly Change[];
  readonly slot: readonly SlotChange[];
};

function changed(whole: Uint8Array, change: Change): Buffer {
  const copy = Buffer.from(whole);
  if (change.flip !== undefined) copy[change.flip >> 3]! ^= 1 << (change.flip & 7);
  if (change.zero) copy.fill(0);
  return change.keep === undefined ? copy : copy.subarray(0, change.keep);
}

test('the ciphers refuse every change of tag, text, associated data, nonce and key', () => {
  for (const { suite, vectors } of suites) {
    const base = vectors.at(-1)!;
    for (const change of refusals.aead) {
      const part = (name: string) => {
        const right = bytes(base, name);
        return name === change.part ? changed(right, change) : right;
      };
      const sealed = Buffer.concat([part('ciphertext'), part('tag')]);
      const opened = cipherOf(suite).open(part('key'), part('nonce'), part('aad'), sealed);
      assert.equal(opened, undefined, `suite ${suite}: ${change.name}`);
    }
  }
});

const boxParts: Readonly<Record<string, readonly [number, number]>> = {
  salt: [0, 24],
  commit: [24, 56],
  ciphertext: [56, 66],
  // Of a cascade the inner one; the outer one is the last of any box.
  tag: [66, 82],
};

test('a box refuses every change of itself and of what it means', () => {
  for (const suite of [1, 2, 4]) {
    const key = randomBytes(32);
    const payload = Buffer.from('ten bytes!');
    const meaning: BoxMeaning = {
      repositoryId: randomBytes(16),
      domainId: randomBytes(16),
      generation: 1,
      suite,
      type: 1,
      comp: 0,
      plainLength: payload.length,
    };
    const box = sealBox(createSecretKey(key), meaning, payload);
    assert.deepEqual(Buffer.from(openBox(createSecretKey(key), meaning, box, 'box')), payload);
    for (const change of refusals.box) {
      let other: BoxMeaning = meaning;
      let otherKey: Buffer = key;
      let otherBox: Buffer = box;
      if (change.meaning !== undefined) {
        const value = change.value === 'other' ? (suite % 2) + 1 : change.value;
        other = { ...meaning, [change.meaning]: value };
      } else if (change.part === 'key') {
        otherKey = changed(key, change);
      } else if (change.part === 'repositoryId' || change.part === 'domainId') {
        other = { ...meaning, [change.part]: changed(meaning[change.part], change) };
      } else {
        const [from, to] = boxParts[change.part]!;
        otherBox = Buffer.concat([
          box.subarray(0, from),
          changed(box.subarray(from, to), change),
          box.subarray(to),
        ]);
      }
      assert.throws(
        () => openBox(createSecretKey(otherKey), other, otherBox, 'box'),
        { code: 'BOX_BROKEN' },
        `suite ${suite}: ${change.name}`,
      );
    }
  }
});

test('the hash, HMAC and HKDF references pass the published vectors', () => {
  for (const one of load('sha-256').vectors)
    assert.deepEqual(sha256(bytes(one, 'message')), bytes(one, 'digest'));
  for (const one of load('hmac-sha-256').vectors) {
    assert.deepEqual(hmac(bytes(one, 'key'), bytes(one, 'data')), bytes(one, 'mac'), one.name);
  }
  for (const one of load('hkdf-sha-256').vectors) {
    const prk = hmac(bytes(one, 'salt'), bytes(one, 'ikm'));
    assert.deepEqual(prk, bytes(one, 'prk'), one.name);
    const okm = bytes(one, 'okm');
    assert.deepEqual(expand(prk, bytes(one, 'info'), okm.length), okm, one.name);
  }
});

test('derived keys, data keys, blob ids and key ids are what the references give', () => {
  const secret = sha256(Buffer.from('secret'));
  const noSalt = Buffer.alloc(32);
  for (const purpose of ['config', 'slot-mac', 'bundle', 'pack-head', 'gear64']) {
    const expected = expand(hmac(noSalt, secret), Buffer.from(`bkp1/${purpose}\0`), 32);
    assert.deepEqual(derive(secret, purpose), expected, purpose);
  }
  const chunker = { minBytes: 1, normalBytes: 2, maxBytes: 3, strictMask: 7n, looseMask: 3n };
  const bundle = createBundle(chunker, 0);
  const ring = new KeyRing(randomBytes(16), 1, bundle);
  const domain = bundle.domains[0]!;
  assert.deepEqual(ring.data(1)?.export(), hmac(noSalt, domain.generations[0]!.key));
  for (const type of [1, 2, 3]) {
    const plain = Buffer.from(`plain ${type}`);
    assert.deepEqual(ring.blobId(type, plain), hmac(domain.idKey, Uint8Array.of(type), plain));
  }
  assert.deepEqual(Buffer.from(signerKeyId(secret)), sha256(secret).subarray(0, 16));
});

test('a box is what the format page says, byte by byte', () => {
  for (const suite of [1, 2, 4]) {
    const key = randomBytes(32);
    const [repositoryId, domainId] = [randomBytes(16), randomBytes(16)];
    const meaning = { repositoryId, domainId, generation: 7, suite, type: 3, comp: 1, plainLength: 258 };
    const box = sealBox(createSecretKey(key), meaning, Buffer.from('payload'));
    const info = Buffer.concat([Buffer.from('bkp1/box\0'), Buffer.of(suite, 3), box.subarray(0, 24)]);
    const okm = expand(key, info, 96);
    assert.deepEqual(box.subarray(24, 56), okm.subarray(32, 64));
    const rest = Buffer.of(7, 0, 0, 0, suite, 3, 1, 2, 1, 0, 0);
    const aad = Buffer.concat([Buffer.from('bkp1'), repositoryId, domainId, rest]);
    const nonce = Buffer.alloc(12);
    const isCascade = suite === 4;
    const outer = cipherOf(isCascade ? 1 : suite).open(okm.subarray(0, 32), nonce, aad, box.subarray(56));
    const opened = isCascade ? cipherOf(2).open(okm.subarray(64), nonce, aad, outer!) : outer;
    assert.equal(Buffer.from(opened!).toString(), 'payload');
  }
});

test('the key derivations pass the published vectors', () => {
  for (const one of load('argon2id').vectors) {
    const { memoryKiB, passes, lanes } = one as never as Numbers;
    const key = argon2Sync('argon2id', {
      message: bytes(one, 'password'),
      nonce: bytes(one, 'salt'),
      secret: bytes(one, 'secret'),
      associatedData: bytes(one, 'associatedData'),
      memory: memoryKiB!,
      passes: passes!,
      parallelism: lanes!,
      tagLength: 32,
    });
    assert.deepEqual(key, bytes(one, 'key'));
  }
  for (const one of load('scrypt').vectors) {
    const { cost, blockSize, lanes } = one as never as Numbers;
    const options = { N: cost!, r: blockSize!, p: lanes!, maxmem: 2 ** 26 };
    assert.deepEqual(
      scryptSync(bytes(one, 'password'), bytes(one, 'salt'), 64, options),
      bytes(one, 'key'),
      one.name,
    );
  }
  for (const one of load('pbkdf2-sha-256').vectors) {
    const { rounds } = one as never as Numbers;
    const key = pbkdf2Sync(bytes(one, 'password'), bytes(one, 'salt'), rounds!, 64, 'sha256');
    assert.deepEqual(key, bytes(one, 'key'), one.name);
  }
});

test('a passphrase and a key file stretch as the format page says', async () => {
  const salt = sha256(Buffer.from('salt'));
  const encoded = salt.toString('base64url');
  const binding = { repositoryId: randomBytes(16), slotId: '0'.repeat(32) };
  const phrase = Buffer.from('p\u00e4ssw\u00f6rd', 'utf8');
  const keyOf = async (text: string, params: Readonly<Record<string, string | number>>) =>
    Buffer.from(
      (await (await keySlotKind('passphrase'))!.keyEncryptionKey(
        new Secret(Buffer.from(text, 'utf8')),
        { ...params, salt: encoded },
        binding,
      ))!,
    );
  // Typed decomposed, as some keyboards do: the derivation takes NFC.
  const typed = 'pa\u0308sswo\u0308rd';
  assert.deepEqual(
    await keyOf(typed, { kdf: 'argon2id', memoryKiB: 8192, passes: 2, lanes: 2 }),
    argon2Sync('argon2id', {
      message: phrase,
      nonce: salt,
      memory: 8192,
      passes: 2,
      parallelism: 2,
      tagLength: 32,
    }),
  );
  assert.deepEqual(
    await keyOf(typed, { kdf: 'scrypt', cost: 16_384, blockSize: 4, lanes: 2 }),
    scryptSync(phrase, salt, 32, { N: 16_384, r: 4, p: 2, maxmem: 2 ** 26 }),
  );
  assert.deepEqual(
    await keyOf(typed, { kdf: 'pbkdf2-sha256', rounds: 100_000 }),
    pbkdf2Sync(phrase, salt, 100_000, 32, 'sha256'),
  );
  const key = sha256(Buffer.from('key'));
  const file = new Secret(Buffer.from(`${key.toString('base64url')}\na note\n`));
  assert.deepEqual(
    Buffer.from((await (await keySlotKind('key-file'))!.keyEncryptionKey(file, { salt: encoded }, binding))!),
    expand(hmac(salt, key), Buffer.from('bkp1/key-file\0'), 32),
  );
});

test('a key slot opens as it was written, and every change closes it or is reported', async () => {
  const repositoryId = randomBytes(16);
  const masterKey = randomBytes(32);
  const { bytes: slot } = await createSlot({
    repositoryId,
    masterKey,
    type: 'passphrase',
    secret: new Secret(Buffer.from('right')),
    label: 'label',
    createdAt: 0,
    params: { kdf: 'pbkdf2-sha256', rounds: 100_000 },
  });
  const right = () => new Secret(Buffer.from('right'));
  assert.deepEqual(Buffer.from((await openSlot(slot, repositoryId, right()))!), masterKey);
  for (const { name, change, byte, keep, expect } of refusals.slot) {
    const item = decodeJcs(slot) as { readonly [key: string]: JsonValue };
    const wrapped = Buffer.from(String(item['wrapped']), 'base64url');
    if (byte !== undefined) wrapped[byte]! ^= 1;
    const params = item['params'] as object;
    const replaced: Readonly<Record<string, object>> = {
      'params.salt': {
        params: { ...params, salt: randomBytes(32).toString('base64url') },
      },
      'params.rounds': { params: { ...params, rounds: 100_001 } },
      id: { id: '0'.repeat(32) },
      wrapped: { wrapped: wrapped.subarray(0, keep).toString('base64url') },
      label: { label: 'another' },
      created: { created: '2001-01-01T00:00:00.000Z' },
      mac: { mac: '0'.repeat(64) },
    };
    const other = encodeJcs({ ...item, ...replaced[change] });
    const id = change === 'repositoryId' ? randomBytes(16) : repositoryId;
    const secret = change === 'secret' ? new Secret(Buffer.from('wrong')) : right();
    const open = () => openSlot(other, id, secret);
    if (expect === 'closed') assert.equal(await open(), undefined, name);
    else await assert.rejects(open, { code: expect }, name);
  }
});

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
/** The order of the group, little-endian: a signature whose second half is not below it is another spelling of the same. */
const groupOrder = (1n << 252n) + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

test('signatures are the published ones, and no change of them is believed', () => {
  for (const one of load('ed25519').vectors) {
    const [message, signature] = [bytes(one, 'message'), bytes(one, 'signature')];
    const der = Buffer.concat([pkcs8Prefix, bytes(one, 'seed')]);
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const publicKey = publicKeyOf(bytes(one, 'publicKey'));
    assert.deepEqual(sign(null, message, privateKey), signature, one.name);
    assert.ok(verify(null, message, publicKey, signature), one.name);
    const scalar = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
    const refused: Readonly<Record<string, Buffer>> = {
      'another spelling of S': Buffer.concat([signature.subarray(0, 32), littleEndian(scalar + groupOrder)]),
      'S of zero': Buffer.concat([signature.subarray(0, 32), Buffer.alloc(32)]),
      'all zeros': Buffer.alloc(64),
      'one byte short': signature.subarray(0, 63),
      'one byte long': Buffer.concat([signature, Buffer.of(0)]),
      'a flipped first bit': changed(signature, { name: '', part: '', flip: 0 }),
      'a flipped last byte': changed(signature, { name: '', part: '', flip: 504 }),
    };
    for (const [name, wrong] of Object.entries(refused)) {
      assert.equal(verify(null, message, publicKey, wrong), false, `${one.name}: ${name}`);
    }
    assert.equal(verify(null, Buffer.concat([message, Buffer.of(0)]), publicKey, signature), false);
  }
});
