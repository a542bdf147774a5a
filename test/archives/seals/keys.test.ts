// Keys of seals: which are taken, which are refused and by what name, and that none is shown.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { generateHybridIdentity, generateIdentity, identityToRecipient } from 'age-encryption';
import { sealOf } from '../../../src/archives/seals/all.ts';
import { gather, inSteps } from '../../../src/archives/seals/conformance.ts';
import { makeHead } from '../../../src/archives/seals/container.ts';
import type { SealKey } from '../../../src/archives/seals/seal.ts';
import { testContext } from '../../world.ts';
import { fernetKey, keyFileContent, rsaPair, secret } from './seal-world.ts';

const rounds = { kdf: 'pbkdf2-sha256', rounds: 100_000 };
const cheapScrypt = { kdf: 'scrypt', cost: 16_384 };
const plain = Buffer.from('-----BEGIN PRIVATE KEY-----');

async function seal(name: string, key: SealKey, bytes: Uint8Array = plain): Promise<Buffer> {
  return Buffer.from(await gather((await sealOf(name)).seal(inSteps(bytes, 7), key, testContext())));
}

async function open(name: string, sealed: Uint8Array, key: SealKey): Promise<Buffer> {
  return Buffer.from(await gather((await sealOf(name)).open(inSteps(sealed, 999), key, testContext())));
}

test('passwords open by every way to stretch them, in any form of their letters, and no other does', async () => {
  const kdfs = [
    { kdf: 'argon2id', memoryKiB: 8192, passes: 1, lanes: 1 },
    { kdf: 'scrypt', cost: 16_384, blockSize: 8, lanes: 1 },
    rounds,
  ];
  for (const kdf of kdfs) {
    const sealed = await seal('aes-256-gcm', { password: secret('u\u0308bel'), kdf });
    assert.deepEqual(await open('aes-256-gcm', sealed, { password: secret('\u00fcbel') }), plain);
    await assert.rejects(open('aes-256-gcm', sealed, { password: secret('ubel') }), {
      code: 'SEAL_KEY_WRONG',
    });
  }
});

test('without a choice a password is stretched by Argon2id with 64 MiB', async () => {
  const sealed = await seal('aes-256-gcm', { password: secret('words') });
  assert.deepEqual([...sealed.subarray(8, 12)], [1, 1, 44, 0]);
  assert.deepEqual(
    [0, 4, 8].map((at) => sealed.readUInt32LE(12 + at)),
    [65_536, 3, 1],
  );
});

test('a head that asks for too little or too much work is refused before the work', async () => {
  const heads: readonly (readonly [number, readonly number[], string])[] = [
    [3, [99_999, 0, 0], 'KDF_TOO_WEAK'],
    [3, [10_000_001, 0, 0], 'KDF_TOO_COSTLY'],
    [1, [8191, 3, 1], 'KDF_TOO_WEAK'],
    [1, [4 * 1024 * 1024 + 1, 3, 1], 'KDF_TOO_COSTLY'],
    [1, [65_536, 65, 1], 'KDF_TOO_COSTLY'],
    [2, [2 ** 24, 8, 1], 'KDF_TOO_COSTLY'],
    [2, [8192, 8, 1], 'KDF_TOO_WEAK'],
    [2, [20_000, 8, 1], 'SEAL_BROKEN'],
    [3, [100_000, 1, 0], 'SEAL_BROKEN'],
    [1, [0, 3, 1], 'SEAL_BROKEN'],
    [9, [1, 1, 1], 'SEAL_BROKEN'],
  ];
  for (const [source, numbers, code] of heads) {
    const packed = Buffer.alloc(44);
    for (const [at, number] of numbers.entries()) packed.writeUInt32LE(number, at * 4);
    const sealed = Buffer.concat([makeHead(source, packed), randomBytes(100)]);
    await assert.rejects(open('aes-256-gcm', sealed, { password: secret('words') }), { code }, `${numbers}`);
  }
  await assert.rejects(seal('aes-256-gcm', { password: secret('w'), kdf: { ...rounds, rounds: 99_999 } }), {
    code: 'KDF_TOO_WEAK',
  });
});

test('a changed head of a password container is refused, whatever number changed', async () => {
  const key: SealKey = { password: secret('words'), kdf: rounds };
  const sealed = await seal('aes-256-gcm', key);
  for (const at of [8, 9, 10, 11, 12, 16, 20, 24, 55]) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    await assert.rejects(open('aes-256-gcm', changed, key), /./, `byte ${at}`);
  }
});

test('a missing or empty password is named before anything is written', async () => {
  for (const name of ['aes-256-gcm', 'fernet', 'openssl', 'age']) {
    await assert.rejects(seal(name, {}), { code: 'SEAL_KEY_MISSING' });
    await assert.rejects(seal(name, { password: secret('') }), { code: 'SEAL_KEY_MISSING' });
  }
  for (const name of ['rsa', 'rsa-hybrid']) {
    await assert.rejects(seal(name, {}), { code: 'SEAL_KEY_MISSING' });
    await assert.rejects(open(name, randomBytes(500), {}), { code: 'SEAL_KEY_MISSING' });
  }
});

test('a key file and a password are not taken for each other', async () => {
  const content = keyFileContent();
  const byFile = await seal('aes-256-gcm', { password: secret(content, 'key-file') });
  assert.deepEqual(await open('aes-256-gcm', byFile, { password: secret(content) }), plain);
  await assert.rejects(open('aes-256-gcm', byFile, { password: secret('words') }), {
    code: 'SEAL_KEY_WRONG',
  });
  await assert.rejects(seal('aes-256-gcm', { password: secret('words', 'key-file') }), {
    code: 'SEAL_KEY_WRONG',
  });
});

test('fernet takes a Fernet key as it is and stretches anything else', async () => {
  const key = fernetKey();
  const byKey = (await seal('fernet', { password: secret(`${key}\n`) })).toString('latin1');
  assert.match(byKey, /^gAAAAA[A-Za-z0-9_=-]+\n$/);
  const password: SealKey = { password: secret('words'), kdf: rounds };
  const byWords = await seal('fernet', password);
  assert.match(
    byWords.toString('latin1'),
    /^# holdfast-fernet pbkdf2-sha256 100000 [A-Za-z0-9_-]{43}\ngAAAAA/,
  );
  assert.deepEqual(await open('fernet', byWords, { password: secret('words') }), plain);
  await assert.rejects(open('fernet', byWords, { password: secret(key) }), { code: 'SEAL_KEY_WRONG' });
  await assert.rejects(open('fernet', Buffer.from(byKey), { password: secret('words') }), {
    code: 'SEAL_KEY_WRONG',
  });
  const weaker = Buffer.from(byWords.toString('latin1').replace(' 100000 ', ' 1 '));
  await assert.rejects(open('fernet', weaker, password), { code: 'KDF_TOO_WEAK' });
  await assert.rejects(seal('fernet', { ...password, kdf: cheapScrypt }), { code: 'SEAL_KDF_UNSUPPORTED' });
});

test('every changed character of a first line of Fernet is refused', async () => {
  const key: SealKey = { password: secret('words'), kdf: rounds };
  const sealed = await seal('fernet', key);
  const length = sealed.indexOf('\n') + 1;
  for (let at = 0; at < length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    await assert.rejects(open('fernet', changed, key), /./, `byte ${at}`);
  }
  // The last character of the salt has two spare bits: other text, same salt.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spare = Buffer.from(sealed);
  spare.write(alphabet[alphabet.indexOf(String.fromCharCode(sealed[length - 2]!)) + 1]!, length - 2);
  await assert.rejects(open('fernet', spare, key), { code: 'SEAL_BROKEN' });
});

test('rsa seals what fits as one block, and says when it is hybrid instead', async () => {
  const pair = rsaPair();
  const key: SealKey = { recipients: [pair.publicPem], identities: [secret(pair.privatePem)] };
  const rsa = await sealOf('rsa');
  for (const [length, warnings] of [
    [318, 0],
    [319, 1],
    [100_000, 1],
  ] as const) {
    const bytes = randomBytes(length);
    const context = testContext();
    const sealed = Buffer.from(await gather(rsa.seal(inSteps(bytes, 1000), key, context)));
    assert.equal(sealed.length === 384, warnings === 0);
    assert.equal(context.warnings.length, warnings);
    assert.deepEqual(await open('rsa', sealed, key), bytes);
    // What is hybrid opens as such, too.
    if (warnings > 0) assert.deepEqual(await open('rsa-hybrid', sealed, key), bytes);
  }
});

test('any of several RSA recipients opens, with other keys beside its own', async () => {
  const [one, two, three] = [rsaPair(), rsaPair(4096), rsaPair()];
  for (const name of ['rsa', 'rsa-hybrid']) {
    const sealed = await seal(name, { recipients: [one.publicPem, two.publicPem] });
    for (const pair of [one, two]) {
      const identities = [secret(three.privatePem), secret(pair.privatePem)];
      assert.deepEqual(await open(name, sealed, { identities }), plain);
    }
    await assert.rejects(open(name, sealed, { identities: [secret(three.privatePem)] }), {
      code: 'SEAL_KEY_WRONG',
    });
  }
});

test('RSA keys that are small, of another kind or private are refused as recipients', async () => {
  const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
  const recipients = [
    ['SEAL_RECIPIENT_WEAK', rsaPair(2048).publicPem],
    ['SEAL_RECIPIENT_INVALID', String(ed25519)],
    ['SEAL_RECIPIENT_INVALID', rsaPair().privatePem],
    ['SEAL_RECIPIENT_INVALID', 'age1xyz'],
  ] as const;
  for (const [code, pem] of recipients) {
    for (const name of ['rsa', 'rsa-hybrid'])
      await assert.rejects(seal(name, { recipients: [pem] }), { code });
  }
  const identities = [secret('-----BEGIN PRIVATE KEY-----\nsecretsecret\n-----END PRIVATE KEY-----\n')];
  await assert.rejects(open('rsa', randomBytes(384), { identities }), (error: Error) => {
    assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, /secretsecret/);
    return (error as { code?: string }).code === 'SEAL_IDENTITY_INVALID';
  });
});

test('a container for RSA and one for a password are not taken for each other', async () => {
  const pair = rsaPair();
  const key: SealKey = {
    recipients: [pair.publicPem],
    identities: [secret(pair.privatePem)],
    password: secret('words'),
    kdf: rounds,
  };
  const byPassword = await seal('aes-256-gcm', key);
  const byRsa = await seal('rsa-hybrid', key);
  await assert.rejects(open('rsa-hybrid', byPassword, key), { code: 'SEAL_KEY_WRONG' });
  await assert.rejects(open('aes-256-gcm', byRsa, key), { code: 'SEAL_KEY_WRONG' });
});

test('age opens with a passphrase, an X25519 or a post-quantum identity, from files with comments', async () => {
  const password: SealKey = { password: secret('words'), kdf: cheapScrypt };
  const byWords = await seal('age', password);
  assert.deepEqual(await open('age', byWords, password), plain);
  await assert.rejects(open('age', byWords, { password: secret('other') }), { code: 'SEAL_KEY_WRONG' });
  for (const identity of [await generateIdentity(), await generateHybridIdentity()]) {
    const sealed = await seal('age', { recipients: [await identityToRecipient(identity)] });
    const identities = [
      secret(`# created: today\n# public key: age1\n${await generateIdentity()}\n${identity}\n`),
    ];
    assert.deepEqual(await open('age', sealed, { identities }), plain);
    await assert.rejects(open('age', sealed, { password: secret('words') }), { code: 'SEAL_KEY_WRONG' });
  }
});

test('age refuses recipients that undo each other, strangers, and weak or strange stretching', async () => {
  const classic = await identityToRecipient(await generateIdentity());
  const quantumSafe = await identityToRecipient(await generateHybridIdentity());
  await assert.rejects(seal('age', { recipients: [classic, quantumSafe] }), {
    code: 'SEAL_RECIPIENTS_MIXED',
  });
  await assert.rejects(seal('age', { recipients: [classic], password: secret('words') }), {
    code: 'SEAL_KEY_AMBIGUOUS',
  });
  await assert.rejects(seal('age', { recipients: ['ssh-ed25519 AAAA'] }), { code: 'SEAL_RECIPIENT_INVALID' });
  for (const kdf of [rounds, { kdf: 'scrypt', cost: 8192 }, { cost: 2 ** 21 }, { cost: 100_000 }])
    await assert.rejects(seal('age', { password: secret('w'), kdf }), { code: 'SEAL_KDF_UNSUPPORTED' });
  const identities = [secret('AGE-SECRET-KEY-1SECRETSECRET')];
  await assert.rejects(
    open('age', await seal('age', { recipients: [classic] }), { identities }),
    (error: Error) => {
      assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, /SECRETSECRET/);
      return (error as { code?: string }).code === 'SEAL_IDENTITY_INVALID';
    },
  );
});

test('openssl refuses what its own command could not be told', async () => {
  for (const words of ['two\nlines', 'nul\0', 'x'.repeat(1023)])
    await assert.rejects(seal('openssl', { password: secret(words) }), { code: 'SEAL_PASSWORD_UNFIT' });
  for (const number of [99_999, 10_000_001, 1.5])
    await assert.rejects(seal('openssl', { password: secret('w'), kdf: { ...rounds, rounds: number } }), {
      code: 'SEAL_ROUNDS_INVALID',
    });
  await assert.rejects(seal('openssl', { password: secret('w'), kdf: cheapScrypt }), {
    code: 'SEAL_KDF_UNSUPPORTED',
  });
  const key: SealKey = { password: secret('w'), kdf: rounds };
  const sealed = await seal('openssl', key);
  await assert.rejects(open('openssl', sealed.subarray(0, -1), key), { code: 'SEAL_TRUNCATED' });
  await assert.rejects(open('openssl', Buffer.from('Salted_'), key), { code: 'SEAL_TRUNCATED' });
  await assert.rejects(open('openssl', Buffer.from('Unsalted12345678'), key), { code: 'SEAL_BROKEN' });
});

test('what is of another seal is refused, not misread', async () => {
  const pair = rsaPair();
  const key: SealKey = {
    password: secret(fernetKey()),
    identities: [secret(pair.privatePem)],
    kdf: rounds,
  };
  for (const name of ['aes-256-gcm', 'fernet', 'rsa', 'rsa-hybrid', 'openssl']) {
    for (const noise of [randomBytes(5), randomBytes(384), randomBytes(5000), Buffer.alloc(2_000_000, 'a')])
      await assert.rejects(open(name, noise, key), /./, name);
  }
});
