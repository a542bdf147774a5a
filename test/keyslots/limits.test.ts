// What lies beyond the edges of key slots: parameters that are none, objects that are too large, keys of wrong lengths, files that are no keys.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { decodeJcs, encodeJcs, type JsonValue } from '../../src/base/jcs.ts';
import { Secret } from '../../src/base/secret.ts';
import { keySlotKind } from '../../src/keyslots/all.ts';
import { hpkeKems, hpkeSeal } from '../../src/keyslots/hpke.ts';
import { xWing } from '../../src/keyslots/kem.ts';
import { createKeyFile, readSlotKeyFile } from '../../src/keyslots/key-file.ts';
import { keyLine, readKeyText } from '../../src/keyslots/key-text.ts';
import type { SlotParameters } from '../../src/keyslots/keyslot.ts';
import { masterKeySecret, masterKeyText, readMasterKey } from '../../src/keyslots/master-key-text.ts';
import { readPrivateFile, readPublicFile } from '../../src/keyslots/private-file.ts';
import { joinShares, requireShare } from '../../src/keyslots/shamir.ts';
import { createSlot, describeSlot, keyOfShares, openSlot } from '../../src/keyslots/slot.ts';
import { openOnce, openWrapped, sealWrapped } from '../../src/keyslots/wrapping.ts';
import { scratch } from '../world.ts';

const repositoryId = new Uint8Array(16).fill(7);
const masterKey = new Uint8Array(32).fill(9);
const text = (words: string): Secret => new Secret(Buffer.from(words, 'latin1'));
const cheap = { kdf: 'pbkdf2-sha256', rounds: 100_000 };

async function slotOf(secret: Secret, params: SlotParameters = cheap, label = 'desk'): Promise<Uint8Array> {
  const request = {
    repositoryId,
    masterKey,
    type: 'passphrase',
    secret,
    label,
    createdAt: 0,
    params,
  } as const;
  return (await createSlot(request)).bytes;
}

const isBroken = (error: unknown) => isFailure(error, 'corrupt', 'SLOT_BROKEN');

test('a way to stretch that nobody knows makes no slot', async () => {
  for (const kdf of ['md5', 7]) {
    await assert.rejects(
      () => slotOf(text('a'), { kdf }),
      (error) => isFailure(error, 'usage', 'KDF_UNKNOWN'),
    );
  }
});

test('a slot with a parameter of another type, length or form is broken, and stretches nothing', async () => {
  const salt = 'A'.repeat(43);
  const argon = { kdf: 'argon2id', memoryKiB: 8192, passes: 1, lanes: 1, salt };
  const scrypt = { kdf: 'scrypt', cost: 16_384, blockSize: 8, lanes: 1, salt };
  const pbkdf = { ...cheap, salt };
  const wrong: Record<string, JsonValue>[] = [
    { salt },
    { ...pbkdf, kdf: 7 },
    { ...pbkdf, kdf: 'md5' },
    { ...pbkdf, salt: 7 },
    { ...pbkdf, salt: salt.slice(2) },
    { ...pbkdf, salt: `${salt}AA` },
    { kdf: 'pbkdf2-sha256', salt },
    { ...pbkdf, rounds: '100000' },
    { ...argon, passes: 0 },
    { ...argon, lanes: -1 },
    { ...scrypt, cost: 16_385 },
    { ...scrypt, blockSize: 0 },
    // RFC 7914: below 2 ^ (16 * block size).
    { ...scrypt, cost: 65_536, blockSize: 1 },
  ];
  const good = decodeJcs(await slotOf(text('a'))) as Record<string, JsonValue>;
  for (const params of wrong) {
    const changed = encodeJcs({ ...good, params });
    await assert.rejects(() => openSlot(changed, repositoryId, text('a')), isBroken, JSON.stringify(params));
  }
});

test('what would exhaust the machine is refused at each of its measures', async () => {
  const costly: SlotParameters[] = [
    { kdf: 'argon2id', lanes: 65 },
    { kdf: 'scrypt', cost: 2 ** 20, blockSize: 16 },
    { kdf: 'scrypt', cost: 16_384, lanes: 65 },
  ];
  for (const params of costly) {
    await assert.rejects(
      () => slotOf(text('a'), params),
      (error) => isFailure(error, 'usage', 'KDF_TOO_COSTLY'),
      JSON.stringify(params),
    );
  }
});

test('a passphrase that is no UTF-8 opens with its own bytes and no others', async () => {
  const slot = await slotOf(text('\xff\xfe\x80'));
  assert.deepEqual(
    Buffer.from((await openSlot(slot, repositoryId, text('\xff\xfe\x80')))!),
    Buffer.from(masterKey),
  );
  assert.equal(await openSlot(slot, repositoryId, text('\xff\xfe\x81')), undefined);
});

test('a slot is never larger than a reader takes, and no larger one is read', async () => {
  await assert.rejects(
    () => slotOf(text('a'), cheap, 'x'.repeat(17_000)),
    (error) => isFailure(error, 'usage', 'LABEL_TOO_LONG'),
  );
  const short = await slotOf(text('a'));
  const room = 16 * 1024 - short.length + 'desk'.length;
  const full = await slotOf(text('a'), cheap, 'x'.repeat(room));
  assert.equal(full.length, 16 * 1024);
  assert.equal(describeSlot(full).label.length, room);
  const item = decodeJcs(full) as Record<string, JsonValue>;
  assert.throws(() => describeSlot(encodeJcs({ ...item, label: 'x'.repeat(room + 1) })), isBroken);
});

test('JSON that is no object is no slot, nor is an object with a field of another kind', async () => {
  for (const value of [null, [], 7, 'slot', true])
    assert.throws(() => describeSlot(encodeJcs(value)), isBroken);
  const item = decodeJcs(await slotOf(text('a'))) as Record<string, JsonValue>;
  for (const key of ['id', 'type', 'created', 'label', 'wrapped', 'mac'])
    assert.throws(() => describeSlot(encodeJcs({ ...item, [key]: 7 })), isBroken, key);
  for (const params of [null, [], 'x'])
    assert.throws(() => describeSlot(encodeJcs({ ...item, params })), isBroken);
  for (const v of [0, 2, '1', null]) assert.throws(() => describeSlot(encodeJcs({ ...item, v })), isBroken);
  const wrapped = String(item['wrapped']);
  for (const other of [wrapped.slice(4), `${wrapped}AAAA`, '']) {
    const changed = encodeJcs({ ...item, wrapped: other });
    await assert.rejects(() => openSlot(changed, repositoryId, text('a')), isBroken);
  }
});

test('what is wrapped opens whole or not at all', () => {
  const key = new Uint8Array(32).fill(1);
  const sealed = sealWrapped(key, repositoryId, masterKey);
  assert.deepEqual(openWrapped(key, repositoryId, sealed), Buffer.from(masterKey));
  for (const length of [0, 1, 15, 16, sealed.length - 1])
    assert.equal(openWrapped(key, repositoryId, sealed.subarray(0, length)), undefined, `${length} bytes`);
  assert.equal(openWrapped(key, new Uint8Array(16), sealed), undefined);
  const empty = sealWrapped(key, repositoryId, new Uint8Array(0));
  assert.deepEqual(openOnce(key, new Uint8Array(12), repositoryId, empty), Buffer.alloc(0));
});

test('a public key or a sealed key of another length goes into no encapsulation', () => {
  const seed = xWing.generate();
  const publicKey = xWing.publicOf(seed);
  const sealed = xWing.encapsulate(publicKey)!;
  assert.deepEqual(xWing.decapsulate(seed, sealed.enc), sealed.sharedSecret);
  for (const wrong of [publicKey.subarray(1), Buffer.concat([publicKey, Buffer.alloc(1)]), Buffer.alloc(0)])
    assert.equal(xWing.encapsulate(wrong), undefined);
  for (const wrong of [sealed.enc.subarray(1), Buffer.concat([sealed.enc, Buffer.alloc(1)]), Buffer.alloc(0)])
    assert.equal(xWing.decapsulate(seed, wrong), undefined);
  // Coefficients of a lattice key lie below 3329; all ones lie above.
  const unreduced = Buffer.from(publicKey);
  unreduced.fill(0xff, 0, 1152);
  assert.equal(xWing.encapsulate(unreduced), undefined);
  assert.throws(() => hpkeSeal('x25519', new Uint8Array(31), { info: masterKey, aad: masterKey }, masterKey));
});

test('lines of keys count at their exact lengths, and a text beyond 64 KiB is the wrong file', () => {
  for (const kem of ['x25519', 'mlkem768-x25519'] as const) {
    const { privateBytes, publicBytes } = hpkeKems[kem];
    for (const [length, isPrivate] of [
      [privateBytes, true],
      [publicBytes, false],
    ] as const) {
      const found = readKeyText(text(keyLine(kem, new Uint8Array(length).fill(3), isPrivate)));
      assert.deepEqual(found, [{ type: kem, isPrivate, bytes: new Uint8Array(length).fill(3) }]);
      for (const wrong of [length - 1, length + 1])
        assert.deepEqual(readKeyText(text(keyLine(kem, new Uint8Array(wrong), isPrivate))), []);
    }
  }
  const line = keyLine('x25519', new Uint8Array(32).fill(3), false);
  const filler = (length: number) => `# ${'x'.repeat(length - line.length - 3)}\n${line}`;
  assert.equal(filler(65_536).length, 65_536);
  assert.equal(readKeyText(text(filler(65_536))).length, 1);
  assert.deepEqual(readKeyText(text(filler(65_537))), []);
  assert.deepEqual(readKeyText(text('-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n')), []);
});

test('the text of a master key comes back, also with line ends of another system, and no other text is one', () => {
  const written = masterKeyText(masterKey, 'abc').toString('latin1');
  assert.deepEqual(readMasterKey(text(written)), masterKey);
  assert.deepEqual(readMasterKey(text(written.replaceAll('\n', '\r\n'))), masterKey);
  for (const other of [
    written.slice(0, -2),
    written.replaceAll('KEY ', 'KEY 0'),
    written.toUpperCase().replaceAll('09', '0G'),
    '',
  ])
    assert.equal(readMasterKey(text(other)), undefined);
  const { slotType } = masterKeySecret(text(written));
  assert.equal(slotType, 'master-key');
});

test('a master key as text is tried on no slot', async () => {
  const secret = text('a');
  const slot = await slotOf(secret);
  assert.equal(await openSlot(slot, repositoryId, masterKeySecret(secret)), undefined);
});

test('shares open the slot that they were made for alone, and other secrets are no shares', async () => {
  const request = { repositoryId, masterKey, secret: text(''), label: '', createdAt: 0 };
  const { bytes, handOut } = await createSlot({
    ...request,
    type: 'shamir',
    params: { threshold: 2, count: 3 },
  });
  const lines = handOut.map((share) => Buffer.from(share.reveal()).toString('latin1'));
  const two = text(`${lines[0]}\n${lines[2]}`);
  assert.deepEqual(Buffer.from((await openSlot(bytes, repositoryId, two))!), Buffer.from(masterKey));
  assert.equal(await openSlot(bytes, repositoryId, text('correct horse')), undefined);
  const { kek, params } = (await keyOfShares(bytes, two))!;
  assert.deepEqual(params, describeSlot(bytes).params);
  assert.deepEqual(Buffer.from(await joinShares(lines.join('\n'), params)), Buffer.from(kek));
  // Every line is right, and they are of two shares.
  const [one, another] = lines.map((share) => share.trimEnd().split('\n'));
  assert.throws(
    () => requireShare([...one!.slice(0, -1), another!.at(-1)!], 'here'),
    (error) => isFailure(error, 'usage', 'SHARE_DAMAGED') && !('line' in error.facts),
  );
  assert.throws(
    () => requireShare(one!.slice(0, -1), 'here'),
    (error) => isFailure(error, 'usage', 'SHARE_DAMAGED') && error.facts['line'] === one!.length,
  );
  // The same people open a second slot with what they have.
  const other = new Uint8Array(32).fill(4);
  const made = { ...request, masterKey: other, type: 'shamir', made: { kek, params } } as const;
  const second = await createSlot({ ...made, secret: two });
  assert.deepEqual(second.handOut, []);
  assert.deepEqual(Buffer.from((await openSlot(second.bytes, repositoryId, two))!), Buffer.from(other));
  assert.equal(await keyOfShares(bytes, text('correct horse')), undefined);
  assert.equal(await keyOfShares(await slotOf(text('a')), two), undefined);
  const wrong: SlotParameters[] = [
    { ...params, threshold: '2' },
    { ...params, count: 4 },
    { ...params, threshold: 1 },
    { ...params, threshold: 4 },
    { ...params, set: 7 },
    { ...params, set: `${String(params['set'])}A` },
    { ...params, tags: 'x' },
    { ...params, tags: [] },
  ];
  for (const one of wrong) await assert.rejects(() => joinShares(lines.join('\n'), one), isBroken);
});

test('a file that others may touch, that is cut off or that is not there gives no key', () => {
  using folder = scratch();
  const path = join(folder.path, 'key');
  const made = createKeyFile(path);
  assert.deepEqual(readSlotKeyFile(path).reveal(), made.reveal());
  const content = readFileSync(path);
  writeFileSync(path, content.subarray(0, 40));
  assert.throws(
    () => readSlotKeyFile(path),
    (error) => isFailure(error, 'usage', 'KEY_FILE_INVALID'),
  );
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    chmodSync(path, mode);
    assert.throws(
      () => readPrivateFile(path),
      (error) => isFailure(error, 'denied', 'KEY_FILE_TOO_OPEN'),
      mode.toString(8),
    );
  }
  assert.deepEqual(readPublicFile(path), content.subarray(0, 40));
  writeFileSync(path, Buffer.alloc(70_000, 1));
  assert.equal(readPublicFile(path).length, 65_536);
  for (const read of [readPrivateFile, readPublicFile]) {
    assert.throws(
      () => read(join(folder.path, 'none')),
      (error) => isFailure(error, 'missing', 'KEY_FILE_MISSING'),
    );
  }
});

test('the slots that a quantum computer would open say so', async () => {
  const safe: Record<string, boolean> = {};
  for (const type of ['passphrase', 'key-file', 'shamir', 'rsa', 'x25519', 'mlkem768-x25519', 'age'])
    safe[type] = (await keySlotKind(type))!.isPostQuantum({});
  const token = (await keySlotKind('pkcs11'))!;
  for (const mechanism of ['aes-key-wrap-pad', 'aes-gcm', 'rsa-oaep', 'none of ours'])
    safe[mechanism] = token.isPostQuantum({ mechanism });
  assert.deepEqual(safe, {
    passphrase: true,
    'key-file': true,
    shamir: true,
    rsa: false,
    x25519: false,
    'mlkem768-x25519': true,
    age: false,
    'aes-key-wrap-pad': true,
    'aes-gcm': true,
    'rsa-oaep': false,
    'none of ours': false,
  });
});
