// Findings over inventories made by hand: one promise a finding, and none where there is nothing to find.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findKeyTrouble } from '../../../src/sources/keys/findings.ts';
import type { InventoryFile } from '../../../src/sources/keys/inventory.ts';
import type { KeyItem } from '../../../src/sources/keys/key-item.ts';

const now = Date.UTC(2026, 5, 1);
const day = 24 * 60 * 60 * 1000;

function file(path: string, items: readonly KeyItem[], mode = 0o600): InventoryFile {
  return { path, mode, uid: 0, gid: 0, sizeBytes: 1, items };
}

function told(...files: readonly InventoryFile[]): string[] {
  return findKeyTrouble(files, now).map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}

const openssh: KeyItem = {
  type: 'private-key',
  format: 'openssh',
  algorithm: 'Ed25519',
  keyId: 'a',
  isEncrypted: true,
};
const certificate: KeyItem = {
  type: 'certificate',
  format: 'x509',
  algorithm: 'RSA',
  bits: 4096,
  keyId: 'a',
  note: 'CA',
};

test('a sound key that is protected and closed gives no finding', () => {
  assert.deepEqual(
    told(file('/a', [openssh]), file('/a.pub', [{ ...openssh, type: 'public-key' }], 0o644)),
    [],
  );
});

test('sizes below 2048 bits are critical, below 3072 a warning, from there nothing', () => {
  const of = (algorithm: string, bits: number) =>
    told(file('/a', [{ type: 'public-key', format: 'spki', algorithm, bits }]));
  for (const algorithm of ['RSA', 'RSA-PSS', 'DH', 'ElGamal']) {
    assert.deepEqual(of(algorithm, 2047), ['critical KEY_WEAK /a'], algorithm);
    assert.deepEqual(of(algorithm, 2048), ['warning KEY_SHORT /a'], algorithm);
    assert.deepEqual(of(algorithm, 3072), [], algorithm);
  }
  assert.deepEqual(of('DSA', 1024), ['critical KEY_WEAK /a', 'warning KEY_OUTDATED /a']);
  assert.deepEqual(of('EC', 192), ['critical KEY_WEAK /a']);
  assert.deepEqual(of('EC', 256), []);
  assert.deepEqual(of('des-cbc-md5', 56), ['critical KEY_WEAK /a']);
  assert.deepEqual(of('arcfour-hmac', 128), ['warning KEY_OUTDATED /a']);
});

test('a signature with MD5 is critical, with SHA-1 a warning, with SHA-256 nothing', () => {
  const of = (signature: string) => told(file('/a', [{ ...certificate, signature }]));
  assert.deepEqual(of('md5WithRSAEncryption'), ['critical SIGNATURE_WEAK /a']);
  assert.deepEqual(of('sha1WithRSAEncryption'), ['warning SIGNATURE_WEAK /a']);
  assert.deepEqual(of('ecdsa-with-SHA1'), ['warning SIGNATURE_WEAK /a']);
  for (const fine of ['sha256WithRSAEncryption', 'sha512WithRSAEncryption', 'ecdsa-with-SHA384', 'ED25519']) {
    assert.deepEqual(of(fine), [], fine);
  }
  // Its own signature protects no root.
  const root = { ...certificate, note: 'root CA', signature: 'sha1WithRSAEncryption' };
  assert.deepEqual(told(file('/a', [root])), []);
});

test('what has expired or will within 30 days is told, what lives longer is not', () => {
  const of = (expiresAt: number) => told(file('/a', [{ ...certificate, expiresAt }]));
  assert.deepEqual(of(now), ['warning EXPIRED /a']);
  assert.deepEqual(of(now + 30 * day), ['warning EXPIRES_SOON /a']);
  assert.deepEqual(of(now + 30 * day + 1), []);
});

test('modes that let others in are told by what they let them at', () => {
  const of = (mode: number, item: KeyItem) =>
    told(file('/a', [item], mode)).filter((one) => /MODE/.test(one));
  const bare = { ...openssh, isEncrypted: false };
  assert.deepEqual(of(0o604, bare), ['critical MODE_TOO_OPEN /a']);
  assert.deepEqual(of(0o640, bare), ['warning MODE_TOO_OPEN /a']);
  assert.deepEqual(of(0o644, openssh), ['warning MODE_TOO_OPEN /a']);
  assert.deepEqual(of(0o640, openssh), ['note MODE_TOO_OPEN /a']);
  assert.deepEqual(of(0o644, { type: 'secrets', format: 'env', isEncrypted: false }), [
    'critical MODE_TOO_OPEN /a',
  ]);
  assert.deepEqual(of(0o644, certificate), []);
});

test('a private key without a passphrase is a warning', () => {
  assert.deepEqual(told(file('/a', [{ ...openssh, isEncrypted: false }])), ['warning KEY_UNPROTECTED /a']);
});

test('a key without its certificate and a certificate without its key are notes, together they are none', () => {
  const key: KeyItem = {
    type: 'private-key',
    format: 'pkcs8',
    algorithm: 'RSA',
    bits: 4096,
    keyId: 'k',
    isEncrypted: true,
  };
  const { note: _, ...server } = certificate;
  assert.deepEqual(told(file('/k/a', [key])), ['note KEY_WITHOUT_CERTIFICATE /k/a']);
  assert.deepEqual(told(file('/c/a', [{ ...server, keyId: 'k' }])), ['note CERTIFICATE_WITHOUT_KEY /c/a']);
  assert.deepEqual(told(file('/k/a', [key]), file('/c/a', [{ ...server, keyId: 'k' }])), []);
  assert.deepEqual(told(file('/c/ca', [certificate])), []);
  // Nobody knows which certificate an encrypted key beside it belongs to.
  const closed: KeyItem = { type: 'private-key', format: 'pkcs8', isEncrypted: true };
  assert.deepEqual(told(file('/c/a', [{ ...server, keyId: 'k' }]), file('/c/b', [closed])), []);
});

test('the same private key in several files is told once, with all places', () => {
  const [found, ...more] = findKeyTrouble(
    [file('/a', [openssh]), file('/b', [openssh]), file('/c', [openssh])],
    now,
  );
  assert.deepEqual(more, []);
  assert.deepEqual(
    [found!.severity, found!.code, found!.path, found!.others],
    ['note', 'KEY_DUPLICATE', '/a', ['/b', '/c']],
  );
});

test('the worst stands first, then the order of paths', () => {
  const weak: KeyItem = { type: 'public-key', format: 'spki', algorithm: 'RSA', bits: 512 };
  assert.deepEqual(told(file('/z', [weak]), file('/a', [{ ...weak, bits: 2048 }]), file('/b', [weak])), [
    'critical KEY_WEAK /b',
    'critical KEY_WEAK /z',
    'warning KEY_SHORT /a',
  ]);
});
