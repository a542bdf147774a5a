// HPKE and its two KEMs against published vectors, and what a changed bit does.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import {
  generateHpkePair,
  type HpkeKem,
  hpkeKems,
  hpkeOpen,
  hpkeOverhead,
  hpkePublicOf,
  hpkeSeal,
  sealEncapsulated,
} from '../../src/keyslots/hpke.ts';
import { dhkemX25519, xWing } from '../../src/keyslots/kem.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const kems = Object.keys(hpkeKems) as HpkeKem[];

test('DHKEM(X25519, HKDF-SHA256) gives the secret of RFC 9180 A.1.1 on both sides', () => {
  const secret = 'fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc';
  const enc = '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431';
  const received = dhkemX25519.decapsulate(
    hex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'),
    hex(enc),
  );
  assert.equal(Buffer.from(received!).toString('hex'), secret);
  const sent = dhkemX25519.encapsulate(
    hex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d'),
    hex('52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736'),
  );
  assert.equal(Buffer.from(sent!.enc).toString('hex'), enc);
  assert.equal(Buffer.from(sent!.sharedSecret).toString('hex'), secret);
});

test('HPKE with X25519 and AES-256-GCM gives the ciphertext of the published vector', () => {
  const sent = dhkemX25519.encapsulate(
    hex('ac66bae9ffa270cf4a89ed9f274e30c0456babae2572aaaf002ff0d8884ab018'),
    hex('28e212563a8b6f068af7ff17400ff1baf23612b7a738bbaf5dfb321b2b5b431a'),
  );
  const sealed = sealEncapsulated(
    'x25519',
    sent!,
    { info: hex('4f6465206f6e2061204772656369616e2055726e'), aad: hex('436f756e742d30') },
    hex('4265617574792069732074727574682c20747275746820626561757479'),
  );
  assert.equal(
    Buffer.from(sealed).subarray(32).toString('hex'),
    '23ded2d5d90ea89d975dac4792b297240f194952d7421aacbff0474100052b6bb8aa58d18ef6c42b6960e2e28f',
  );
});

test("X-Wing gives the public keys and secrets of the draft's vectors", () => {
  const vectors = JSON.parse(
    readFileSync(join(import.meta.dirname, 'x-wing-vectors.json'), 'utf8'),
  ) as readonly { seed: string; publicKeySha256: string; sharedSecret: string; enc: string }[];
  assert.equal(vectors.length, 2);
  for (const { seed, publicKeySha256, sharedSecret, enc } of vectors) {
    const publicKey = xWing.publicOf(hex(seed));
    assert.equal(createHash('sha256').update(publicKey).digest('hex'), publicKeySha256);
    const secret = xWing.decapsulate(hex(seed), Buffer.from(enc, 'base64'));
    assert.equal(Buffer.from(secret!).toString('hex'), sharedSecret);
  }
});

for (const kem of kems) {
  const { privateKey, publicKey } = generateHpkePair(kem);
  const context = { info: Buffer.from('bkp1/test'), aad: Buffer.from('here') };
  const plain = Buffer.from('thirty-two bytes of a secret key');
  const sealed = hpkeSeal(kem, publicKey, context, plain);

  test(`${kem}: what was sealed opens with the private key alone, and no message is like another`, () => {
    assert.deepEqual(Buffer.from(hpkeOpen(kem, privateKey, context, sealed)!), plain);
    assert.equal(sealed.length, plain.length + hpkeOverhead(kem));
    assert.notDeepEqual(hpkeSeal(kem, publicKey, context, plain), sealed);
    assert.deepEqual(hpkePublicOf(kem, privateKey), publicKey);
    assert.equal(hpkeOpen(kem, generateHpkePair(kem).privateKey, context, sealed), undefined);
  });

  test(`${kem}: another info or aad opens nothing`, () => {
    const elsewhere = { ...context, aad: Buffer.from('there') };
    assert.equal(hpkeOpen(kem, privateKey, elsewhere, sealed), undefined);
    const otherwise = { ...context, info: Buffer.from('bkp1/text') };
    assert.equal(hpkeOpen(kem, privateKey, otherwise, sealed), undefined);
  });

  test(`${kem}: a message with one changed bit or cut anywhere opens nothing`, () => {
    for (let at = 0; at < sealed.length; at += 7) {
      const changed = Uint8Array.from(sealed);
      // The top bit of an X25519 point is no part of it (RFC 7748 §5), so another bit.
      changed[at]! ^= 0x10;
      assert.equal(hpkeOpen(kem, privateKey, context, changed), undefined, `byte ${at}`);
      assert.equal(hpkeOpen(kem, privateKey, context, sealed.subarray(0, at)), undefined, `cut at ${at}`);
    }
  });

  test(`${kem}: keys of a wrong length and points of small order are refused`, () => {
    const refused = (code: string) => (error: unknown) => isFailure(error, 'usage', code);
    const short = publicKey.subarray(1);
    assert.throws(() => hpkeSeal(kem, short, context, plain), refused('PUBLIC_KEY_INVALID'));
    const long = randomBytes(33);
    assert.throws(() => hpkeOpen(kem, long, context, sealed), refused('PRIVATE_KEY_INVALID'));
    const small = Uint8Array.from(publicKey);
    small.fill(0, publicKey.length - 32);
    assert.throws(() => hpkeSeal(kem, small, context, plain), refused('PUBLIC_KEY_INVALID'));
    const poisoned = Uint8Array.from(sealed);
    poisoned.fill(0, hpkeKems[kem].encBytes - 32, hpkeKems[kem].encBytes);
    assert.equal(hpkeOpen(kem, privateKey, context, poisoned), undefined);
  });
}
