// Slots for public keys: which texts are keys, what binds a slot to its place, and what foreign parameters cannot do.

import assert from 'node:assert/strict';
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { decodeJcs, encodeJcs, type JsonValue } from '../../src/base/jcs.ts';
import { Secret } from '../../src/base/secret.ts';
import { keySlotKind, type SlotType } from '../../src/keyslots/all.ts';
import { decodeBech32, encodeBech32 } from '../../src/keyslots/bech32.ts';
import { hpkeSeal } from '../../src/keyslots/hpke.ts';
import { generateKeyPairTexts, keyPairTypes } from '../../src/keyslots/key-pair.ts';
import { keyLine, readKeyText } from '../../src/keyslots/key-text.ts';
import { isLockedKey, unlockKey } from '../../src/keyslots/locked-key.ts';
import { createSlot, identityType, openSlot } from '../../src/keyslots/slot.ts';

type Item = Record<string, JsonValue> & { params: Record<string, JsonValue>; wrapped: string };

const repositoryId = randomBytes(16);
const masterKey = randomBytes(32);
const secretOf = (text: string | Buffer): Secret => new Secret(Buffer.from(text), identityType);
const pairs = Object.fromEntries(
  await Promise.all(keyPairTypes.map(async (type) => [type, await generateKeyPairTexts(type)] as const)),
);
const itemOf = (bytes: Uint8Array): Item => decodeJcs(bytes) as Item;

async function slotFor(type: SlotType, text: string, id = repositoryId): Promise<Uint8Array> {
  const secret = secretOf(text);
  return (await createSlot({ repositoryId: id, masterKey, type, secret, label: 'desk', createdAt: 0 })).bytes;
}

test('a mistyped character anywhere in a key line makes it no key', () => {
  const line = keyLine('x25519', Buffer.alloc(32, 7), false);
  assert.equal(readKeyText(secretOf(line)).length, 1);
  for (let at = 0; at < line.length; at++) {
    const wrong = `${line.slice(0, at)}${line[at] === 'q' ? 'p' : 'q'}${line.slice(at + 1)}`;
    assert.deepEqual(readKeyText(secretOf(wrong)), [], wrong);
  }
});

test('bech32 gives back what it was given, refuses mixed case and reads the example of BIP 173', () => {
  for (let length = 0; length < 40; length++) {
    const bytes = randomBytes(length);
    assert.deepEqual(decodeBech32(encodeBech32('age', bytes)), {
      prefix: 'age',
      bytes: new Uint8Array(bytes),
    });
  }
  assert.equal(decodeBech32('A12UEL5L')?.prefix, 'a');
  assert.equal(decodeBech32('A12uEL5L'), undefined);
  assert.equal(decodeBech32('1nwldj5'), undefined);
});

test('PEM keys of OpenSSL, certificates and lines among comments are read, other keys are not', async () => {
  const types = (text: string) => readKeyText(secretOf(text)).map(({ type, isPrivate }) => [type, isPrivate]);
  const x25519 = generateKeyPairSync('x25519');
  const pkcs8 = x25519.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const spki = x25519.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  assert.deepEqual(types(pkcs8), [['x25519', true]]);
  assert.deepEqual(types(spki), [['x25519', false]]);
  const opened = await openSlot(await slotFor('x25519', spki), repositoryId, secretOf(pkcs8));
  assert.deepEqual(Buffer.from(opened!), masterKey);
  assert.deepEqual(types(pairs['rsa']!.publicText), [['rsa', false]]);
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  assert.deepEqual(types(ec.export({ type: 'spki', format: 'pem' }).toString()), []);
  const line = pairs['x25519']!.publicText;
  assert.deepEqual(types(`# of Anna\n\n  ${line}\r\n`), [['x25519', false]]);
  assert.deepEqual(types('correct horse battery staple'), []);
});

test('an RSA key under 3072 bits makes no slot', async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await assert.rejects(slotFor('rsa', pem), (error) => isFailure(error, 'usage', 'KEY_TOO_WEAK'));
});

test('a private key locked by a passphrase is unlocked by it and by no other', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const cipher = 'aes-256-cbc';
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher, passphrase: 'sesame' });
  assert.equal(isLockedKey(Buffer.from(pem)), true);
  const unlocked = await unlockKey(Buffer.from(pem), new Secret(Buffer.from('sesame')));
  assert.deepEqual(
    readKeyText(unlocked).map(({ type, isPrivate }) => [type, isPrivate]),
    [['rsa', true]],
  );
  await assert.rejects(unlockKey(Buffer.from(pem), new Secret(Buffer.from('open'))), (error) =>
    isFailure(error, 'denied', 'KEY_PASSPHRASE_WRONG'),
  );
});

test("age's post-quantum keys fit slots of both types", async () => {
  const { generateHybridIdentity, identityToRecipient } = await import('age-encryption');
  const identity = await generateHybridIdentity();
  const recipient = await identityToRecipient(identity);
  for (const type of ['age', 'mlkem768-x25519'] as const) {
    const opened = await openSlot(await slotFor(type, recipient), repositoryId, secretOf(identity));
    assert.deepEqual(Buffer.from(opened!), masterKey);
  }
});

test('an age slot opens for each of its recipients, and is not made for more than it has room for', async () => {
  const others = await Promise.all(Array.from({ length: 3 }, () => generateKeyPairTexts('age')));
  const bytes = await slotFor('age', others.map(({ publicText }) => publicText).join(''));
  for (const { privateText } of others) {
    const opened = await openSlot(bytes, repositoryId, secretOf(privateText));
    assert.deepEqual(Buffer.from(opened!), masterKey);
  }
  await assert.rejects(slotFor('age', others[0]!.publicText.repeat(120)), (error) =>
    isFailure(error, 'usage', 'RECIPIENTS_TOO_MANY'),
  );
});

test('a public key of small order, whose slot everybody could open, makes none', async () => {
  const zero = Buffer.alloc(32);
  for (const [type, line] of [
    ['x25519', keyLine('x25519', zero, false)],
    ['age', encodeBech32('age', zero)],
  ] as const) {
    await assert.rejects(
      slotFor(type, line),
      (error) => isFailure(error, 'usage', 'PUBLIC_KEY_INVALID'),
      type,
    );
  }
});

for (const type of keyPairTypes) {
  const { publicText, privateText } = pairs[type]!;

  test(`${type}: the key is for one repository and one slot, even with the wrapping of another slot`, async () => {
    const kind = (await keySlotKind(type))!;
    const here = { repositoryId, slotId: randomBytes(16).toString('hex') };
    const { params, kek } = (await kind.newKey(secretOf(publicText), {}, here))!;
    const opened = await kind.keyEncryptionKey(secretOf(privateText), params, here);
    assert.deepEqual(Buffer.from(opened!), Buffer.from(kek));
    const elsewhere = { ...here, repositoryId: randomBytes(16) };
    assert.equal(await kind.keyEncryptionKey(secretOf(privateText), params, elsewhere), undefined);
    // Parameters moved into another slot of the same repository, as one who can write may do.
    const [one, two] = [await slotFor(type, publicText), await slotFor(type, publicText)].map(itemOf);
    const moved = encodeJcs({ ...one!, params: two!.params });
    assert.equal(await openSlot(moved, repositoryId, secretOf(privateText)), undefined);
  });

  test(`${type}: parameters that are missing, garbled, cut off or changed give no key`, async () => {
    const item = itemOf(await slotFor(type, publicText));
    const sealed = Buffer.from(String(item.params['sealed']), 'base64url');
    const flipped = Uint8Array.from(sealed);
    flipped[sealed.length - 20]! ^= 1;
    const values: readonly JsonValue[] = [
      null,
      7,
      '',
      '!',
      'AAAA',
      sealed.subarray(0, -1).toString('base64url'),
      Buffer.from(flipped).toString('base64url'),
      Buffer.concat([sealed, sealed]).toString('base64url'),
    ];
    for (const value of values) {
      const changed = encodeJcs({ ...item, params: { ...item.params, sealed: value } });
      const opened = openSlot(changed, repositoryId, secretOf(privateText)).catch((error: unknown) => {
        if (isFailure(error, 'corrupt', 'SLOT_BROKEN')) return undefined;
        throw error;
      });
      assert.equal(await opened, undefined, String(value).slice(0, 40));
    }
  });

  test(`${type}: a public key opens nothing, and no key text is taken for a passphrase`, async () => {
    const bytes = await slotFor(type, publicText);
    assert.equal(await openSlot(bytes, repositoryId, secretOf(publicText)), undefined);
    const other = await createSlot({
      repositoryId,
      masterKey,
      type: 'passphrase',
      secret: new Secret(Buffer.from(privateText)),
      label: '',
      createdAt: 0,
      params: { kdf: 'pbkdf2-sha256', rounds: 100_000 },
    });
    assert.equal(await openSlot(other.bytes, repositoryId, secretOf(privateText)), undefined);
  });
}

test('a slot whose ciphertext decrypts under two keys opens for the one that it commits to alone', async () => {
  // GCM commits to no key: whoever writes slots can make one ciphertext fit many keys and learn from who could open it.
  const kem = 'x25519';
  const slotId = randomBytes(16).toString('hex');
  const context = {
    info: Buffer.from('bkp1/slot-x25519'),
    aad: Buffer.concat([repositoryId, Buffer.from(slotId)]),
  };
  const { publicText, privateText } = pairs[kem]!;
  const [publicKey] = readKeyText(secretOf(publicText));
  assert.ok(publicKey?.type === kem);
  const params = [randomBytes(32), randomBytes(32)].map((kek) => ({
    kek,
    params: { sealed: Buffer.from(hpkeSeal(kem, publicKey.bytes, context, kek)).toString('base64url') },
  }));
  const salt = randomBytes(24);
  const okms = params.map((one) => expand(one.kek, slotId, kem, one.params, salt));
  const keys = okms.map((okm) => okm.subarray(0, 32));
  const forged = twoKeyCiphertext(keys[0]!, keys[1]!, repositoryId);
  for (const key of keys) assert.equal(gcmOpens(key, repositoryId, forged), true, 'the forgery is real');
  const wrapped = Buffer.concat([salt, okms[0]!.subarray(32), forged]).toString('base64url');
  const outcomes = await Promise.all(
    params.map(async (one) => {
      const body = {
        v: 1,
        id: slotId,
        type: kem,
        created: '',
        label: '',
        params: one.params,
        wrapped,
        mac: '',
      };
      const opened = openSlot(encodeJcs(body), repositoryId, secretOf(privateText));
      return opened.then(String, (error: unknown) => (isFailure(error) ? error.message : 'fault'));
    }),
  );
  // The first gets as far as the description, which nobody without the master key can make.
  assert.match(outcomes[0]!, /description was changed/);
  assert.equal(outcomes[1], 'undefined');
});

function expand(kek: Uint8Array, id: string, type: string, params: JsonValue, salt: Uint8Array): Buffer {
  const hash = createHash('sha256').update(encodeJcs(params)).digest();
  const info = Buffer.concat([Buffer.from(`bkp1/slot${id}${type}`), hash, salt]);
  const one = createHmac('sha256', kek).update(info).update(Uint8Array.of(1)).digest();
  const two = createHmac('sha256', kek).update(one).update(info).update(Uint8Array.of(2)).digest();
  return Buffer.concat([one, two]);
}

/** 32 bytes of ciphertext and a tag that are valid under both keys (Dodis, Grubbs, Ristenpart, Woodage 2018). */
function twoKeyCiphertext(one: Uint8Array, two: Uint8Array, aad: Uint8Array): Buffer {
  const first = randomBytes(16);
  const lengths = Buffer.alloc(16);
  lengths.writeUInt32BE(aad.length * 8, 4);
  lengths.writeUInt32BE(256, 12);
  const parts = [one, two].map((key) => {
    const h = toField(ecb(key, Buffer.alloc(16)));
    const counter = Buffer.alloc(16);
    counter[15] = 1;
    const h2 = multiply(h, h);
    const constant =
      multiply(toField(aad), multiply(h2, h2)) ^
      multiply(toField(first), multiply(h2, h)) ^
      multiply(toField(lengths), h) ^
      toField(ecb(key, counter));
    return { h2, constant };
  });
  const sum = parts[0]!.h2 ^ parts[1]!.h2;
  const second = multiply(parts[0]!.constant ^ parts[1]!.constant, inverse(sum));
  const tag = parts[0]!.constant ^ multiply(second, parts[0]!.h2);
  return Buffer.concat([first, fromField(second), fromField(tag)]);
}

function ecb(key: Uint8Array, block: Uint8Array): Buffer {
  return createCipheriv('aes-256-ecb', key, null).update(block);
}

const toField = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const fromField = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(32, '0'), 'hex');

// GF(2^128) as GCM writes it: the highest bit is the coefficient of 1.
function multiply(x: bigint, y: bigint): bigint {
  let sum = 0n;
  let v = y;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) sum ^= v;
    v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n;
  }
  return sum;
}

// x^(2^128 - 2)
function inverse(x: bigint): bigint {
  let power = x;
  let product = 1n << 127n;
  for (let bit = 1; bit < 128; bit++) {
    power = multiply(power, power);
    product = multiply(product, power);
  }
  return product;
}

function gcmOpens(key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): boolean {
  const decipher = createDecipheriv('aes-256-gcm', key, new Uint8Array(12), { authTagLength: 16 });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(32));
  decipher.update(sealed.subarray(0, 32));
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
