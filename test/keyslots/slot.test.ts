// Key slots: the right secret opens, every other one does not, and a changed slot is never believed.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { decodeJcs, encodeJcs } from '../../src/base/jcs.ts';
import { Secret } from '../../src/base/secret.ts';
import { keySlotKind, type SlotType } from '../../src/keyslots/all.ts';
import type { KeySlotKind, SlotParameters } from '../../src/keyslots/keyslot.ts';
import { createSlot, openSlot, verifySlot } from '../../src/keyslots/slot.ts';

const repositoryId = randomBytes(16);
const masterKey = randomBytes(32);
const words = (text: string): Secret => new Secret(Buffer.from(text, 'utf8'));
const keyFileOf = (fill: number): Secret => words(`${Buffer.alloc(32, fill).toString('base64url')}\n`);

async function slotOf(type: SlotType, secret: Secret, params: SlotParameters = {}): Promise<Uint8Array> {
  return (await createSlot({ repositoryId, masterKey, type, secret, label: 'desk', createdAt: 0, params }))
    .bytes;
}

const cheap: readonly SlotParameters[] = [
  { kdf: 'argon2id', memoryKiB: 8192, passes: 1 },
  { kdf: 'scrypt', cost: 16_384 },
  { kdf: 'pbkdf2-sha256', rounds: 100_000 },
];

for (const params of cheap) {
  test(`${params['kdf']}: the right passphrase opens in either Unicode form, a wrong one does not`, async () => {
    const bytes = await slotOf('passphrase', words('sch\u00f6n'), params);
    assert.deepEqual(Buffer.from((await openSlot(bytes, repositoryId, words('scho\u0308n')))!), masterKey);
    assert.equal(await openSlot(bytes, repositoryId, words('schon')), undefined);
  });
}

test('parameters over or under the limits are refused, when a slot is made and when one is opened', async () => {
  const cases: readonly [SlotParameters, string][] = [
    [{ kdf: 'argon2id', memoryKiB: 4 * 1024 * 1024 + 1 }, 'KDF_TOO_COSTLY'],
    [{ kdf: 'argon2id', passes: 65 }, 'KDF_TOO_COSTLY'],
    [{ kdf: 'argon2id', memoryKiB: 8191 }, 'KDF_TOO_WEAK'],
    [{ kdf: 'scrypt', cost: 2 ** 21 }, 'KDF_TOO_COSTLY'],
    [{ kdf: 'scrypt', cost: 8192 }, 'KDF_TOO_WEAK'],
    [{ kdf: 'pbkdf2-sha256', rounds: 10_000_001 }, 'KDF_TOO_COSTLY'],
    [{ kdf: 'pbkdf2-sha256', rounds: 99_999 }, 'KDF_TOO_WEAK'],
  ];
  const good = await slotOf('passphrase', words('a'), cheap[2]);
  for (const [params, code] of cases) {
    await assert.rejects(
      () => slotOf('passphrase', words('a'), params),
      (error) => isFailure(error, 'usage', code),
    );
    const item = decodeJcs(good) as Record<string, SlotParameters>;
    const full = { memoryKiB: 65_536, passes: 3, lanes: 1, blockSize: 8, ...item['params'], ...params };
    const changed = encodeJcs({ ...item, params: full });
    await assert.rejects(
      () => openSlot(changed, repositoryId, words('a')),
      (error) => isFailure(error, 'usage', code),
    );
  }
});

test('a slot that was changed in any byte gives no key', async () => {
  const bytes = await slotOf('key-file', keyFileOf(1));
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [1, 0x20]) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= flip;
      try {
        assert.equal(await openSlot(changed, repositoryId, keyFileOf(1)), undefined, `byte ${at}`);
      } catch (error) {
        assert.ok(error instanceof Failure && error.code === 'SLOT_BROKEN', `byte ${at}: ${error}`);
      }
      assert.throws(
        () => verifySlot(changed, masterKey),
        (error) => isFailure(error, 'corrupt', 'SLOT_BROKEN'),
      );
    }
  }
});

test('two slots open one master key, each with its own secret alone', async () => {
  const first = await slotOf('key-file', keyFileOf(1));
  const second = await slotOf('key-file', keyFileOf(2));
  assert.deepEqual(Buffer.from((await openSlot(first, repositoryId, keyFileOf(1)))!), masterKey);
  assert.deepEqual(Buffer.from((await openSlot(second, repositoryId, keyFileOf(2)))!), masterKey);
  assert.equal(await openSlot(first, repositoryId, keyFileOf(2)), undefined);
});

test('a slot of another repository is refused even with its own secret', async () => {
  const bytes = await slotOf('key-file', keyFileOf(1));
  await assert.rejects(
    () => openSlot(bytes, randomBytes(16), keyFileOf(1)),
    (error) => isFailure(error, 'corrupt', 'SLOT_BROKEN'),
  );
});

test('a key file without its 32 bytes makes no slot and opens none', async () => {
  const bytes = await slotOf('key-file', keyFileOf(1));
  for (const text of ['', '\n', 'garbage', Buffer.alloc(31, 1).toString('base64url'), 'A'.repeat(86)]) {
    assert.equal(await openSlot(bytes, repositoryId, words(text)), undefined);
    await assert.rejects(
      () => slotOf('key-file', words(text)),
      (error) => isFailure(error, 'usage', 'SECRET_INVALID'),
    );
  }
});

test('a secret is tried on slots of its own type alone, so that no key file is stretched as a passphrase', async () => {
  const bytes = Buffer.from(await slotOf('passphrase', words('right'), { kdf: 'pbkdf2-sha256' }));
  const weak = Buffer.from(bytes.toString('utf8').replace('"rounds":600000', '"rounds":1'));
  const stretched = (secret: Secret) => openSlot(weak, repositoryId, secret);
  // Parameters are checked when stretching begins: a refusal shows that it did.
  await assert.rejects(stretched(words('right')), { code: 'KDF_TOO_WEAK' });
  await assert.rejects(stretched(new Secret(Buffer.from('right'), 'passphrase')), { code: 'KDF_TOO_WEAK' });
  assert.equal(await stretched(new Secret(keyFileOf(1).reveal(), 'key-file')), undefined);
});

test('a slot that does not open with its secret is never handed out', async () => {
  const kind = (await keySlotKind('key-file')) as { keyEncryptionKey: KeySlotKind['keyEncryptionKey'] };
  const sound = kind.keyEncryptionKey;
  for (const faulty of [0, 1]) {
    let call = 0;
    kind.keyEncryptionKey = async (secret, params, binding) => {
      const key = await sound(secret, params, binding);
      if (call === faulty) key![0]! ^= 1;
      call += 1;
      return key;
    };
    try {
      await assert.rejects(
        () => slotOf('key-file', keyFileOf(1)),
        (error) => isFailure(error, 'corrupt', 'SLOT_NOT_REPRODUCED'),
      );
    } finally {
      kind.keyEncryptionKey = sound;
    }
  }
  // A secret that says it is of another type opens no slot of this one.
  const other = new Secret(keyFileOf(1).reveal(), 'passphrase');
  await assert.rejects(
    () => slotOf('key-file', other),
    (error) => isFailure(error, 'corrupt', 'SLOT_NOT_REPRODUCED'),
  );
});

test('a slot whose key came out otherwise the second time is not made', async () => {
  const secret = words('the words');
  const { default: kind } = await import('../../src/keyslots/passphrase.ts');
  const binding = { repositoryId, slotId: '00'.repeat(16) };
  const { params, kek, again } = (await kind.newKey(secret, cheap[2]!, binding))!;
  assert.deepEqual(again, kek);
  const request = { repositoryId, masterKey, type: 'passphrase', secret, label: '', createdAt: 0 } as const;
  const { bytes } = await createSlot({ ...request, made: { params, kek, again: again! } });
  assert.deepEqual(Buffer.from((await openSlot(bytes, repositoryId, secret))!), masterKey);
  const flipped = Uint8Array.from(kek, (byte, at) => (at === 31 ? byte ^ 1 : byte));
  for (const made of [
    { params, kek, again: flipped },
    { params, kek: flipped },
  ]) {
    await assert.rejects(
      () => createSlot({ ...request, made }),
      (error) => isFailure(error, 'corrupt', 'SLOT_NOT_REPRODUCED'),
    );
  }
});
