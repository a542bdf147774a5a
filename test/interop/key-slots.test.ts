// The sealed keys of slots, opened by programs of others, and theirs by us: OpenSSL for RSA and X25519 keys, age for its own.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes, scryptSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { armor, Decrypter, Encrypter, Stanza } from 'age-encryption';
import { Secret } from '../../src/base/secret.ts';
import { openWithPassphrase, sealWithPassphrase } from '../../src/keyslots/age-file.ts';
import { keySlotKind, type SlotType } from '../../src/keyslots/all.ts';
import { identityType } from '../../src/keyslots/slot.ts';
import { sealOnce } from '../../src/keyslots/wrapping.ts';
import { scratch } from '../world.ts';

const binding = { repositoryId: randomBytes(16), slotId: randomBytes(16).toString('hex') };
const label = binding.repositoryId.toString('hex');
const secretIn = (path: string): Secret => new Secret(readFileSync(path), identityType);

async function sealFor(type: SlotType, path: string): Promise<{ sealed: Buffer; kek: Buffer }> {
  const made = await (await keySlotKind(type))!.newKey(secretIn(path), {}, binding);
  return { sealed: Buffer.from(String(made!.params['sealed']), 'base64url'), kek: Buffer.from(made!.kek) };
}

async function openWith(type: SlotType, path: string, sealed: Buffer): Promise<Buffer | undefined> {
  const params = { sealed: sealed.toString('base64url') };
  const kek = await (await keySlotKind(type))!.keyEncryptionKey(secretIn(path), params, binding);
  return kek && Buffer.from(kek);
}

test('OpenSSL opens the key of an RSA slot, and we open one that OpenSSL sealed, for a key and for a certificate', async () => {
  using folder = scratch();
  const [key, certificate, file] = ['key.pem', 'certificate.pem', 'sealed'].map((name) =>
    join(folder.path, name),
  );
  const openssl = (...words: string[]) =>
    execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072', '-out', key!);
  openssl('req', '-x509', '-key', key!, '-subj', '/CN=backup', '-days', '1', '-out', certificate!);
  const oaep = [
    'rsa_padding_mode:oaep',
    'rsa_oaep_md:sha256',
    'rsa_mgf1_md:sha256',
    `rsa_oaep_label:${label}`,
  ];
  const options = oaep.flatMap((option) => ['-pkeyopt', option]);

  for (const recipient of [key!, certificate!]) {
    const { sealed, kek } = await sealFor('rsa', recipient);
    writeFileSync(file!, sealed);
    assert.deepEqual(openssl('pkeyutl', '-decrypt', '-inkey', key!, '-in', file!, ...options), kek);
  }
  const kek = randomBytes(32);
  writeFileSync(file!, kek);
  const sealed = openssl('pkeyutl', '-encrypt', '-certin', '-inkey', certificate!, '-in', file!, ...options);
  assert.deepEqual(await openWith('rsa', key!, sealed), kek);
  // Padding of PKCS#1 v1.5 is no way in.
  const old = openssl('pkeyutl', '-encrypt', '-certin', '-inkey', certificate!, '-in', file!);
  assert.equal(await openWith('rsa', key!, old), undefined);
});

test('age opens the key of an age slot, and we open one that age sealed', async () => {
  using folder = scratch();
  const [identity, recipient, file] = ['identity', 'recipient', 'sealed'].map((name) =>
    join(folder.path, name),
  );
  execFileSync('age-keygen', ['-o', identity!], { stdio: 'pipe' });
  writeFileSync(recipient!, execFileSync('age-keygen', ['-y', identity!]));

  const { sealed, kek } = await sealFor('age', recipient!);
  writeFileSync(file!, sealed);
  const place = Buffer.concat([binding.repositoryId, Buffer.from(binding.slotId)]);
  assert.deepEqual(execFileSync('age', ['-d', '-i', identity!, file!]), Buffer.concat([kek, place]));

  const theirs = randomBytes(32);
  const input = Buffer.concat([theirs, place]);
  const made = execFileSync('age', ['-e', '-R', recipient!], { input });
  assert.deepEqual(await openWith('age', identity!, made), theirs);
  const elsewhere = execFileSync('age', ['-e', '-R', recipient!], {
    input: Buffer.concat([theirs, place]).fill(0, 40),
  });
  assert.equal(await openWith('age', identity!, elsewhere), undefined);
});

test('age under a passphrase: we open what the library of age seals, and it opens what we seal', async () => {
  const passphrase = new Secret(Buffer.from('sch\u00f6ne Worte'));
  const words = Buffer.from(passphrase.reveal()).toString('utf8');
  const plain = randomBytes(100);
  const encrypter = new Encrypter();
  encrypter.setPassphrase(words);
  encrypter.setScryptWorkFactor(10);
  const theirs = await encrypter.encrypt(plain);
  assert.deepEqual(Buffer.from((await openWithPassphrase(passphrase, theirs))!), plain);
  const armored = Buffer.from(armor.encode(theirs), 'latin1');
  assert.deepEqual(Buffer.from((await openWithPassphrase(passphrase, armored))!), plain);
  assert.equal(await openWithPassphrase(new Secret(Buffer.from('schone')), theirs), undefined);

  const decrypter = new Decrypter();
  decrypter.addPassphrase(words);
  assert.deepEqual(Buffer.from(await decrypter.decrypt(await sealWithPassphrase(passphrase, plain))), plain);
});

test('a passphrase opens no age file with a factor that age would not write, or with further recipients', async () => {
  const passphrase = new Secret(Buffer.from('a'));
  const sealed = async (factor: string, times: number): Promise<Uint8Array> => {
    const encrypter = new Encrypter();
    encrypter.addRecipient({
      wrapFileKey(fileKey) {
        const salt = randomBytes(16);
        const labelled = Buffer.concat([Buffer.from('age-encryption.org/v1/scrypt'), salt]);
        const key = scryptSync('a', labelled, 32, { N: 2 ** Number(factor), r: 8, p: 1 });
        const body = sealOnce(key, new Uint8Array(12), new Uint8Array(0), fileKey, 'chacha20-poly1305');
        const stanza = new Stanza(['scrypt', salt.toString('base64').replaceAll('=', ''), factor], body);
        return Array.from({ length: times }, () => stanza);
      },
    });
    return encrypter.encrypt(Buffer.from('open'));
  };
  const opened = await openWithPassphrase(passphrase, await sealed('8', 1));
  assert.equal(Buffer.from(opened!).toString(), 'open');
  assert.equal(await openWithPassphrase(passphrase, await sealed('08', 1)), undefined);
  assert.equal(await openWithPassphrase(passphrase, await sealed('8', 2)), undefined);
});
