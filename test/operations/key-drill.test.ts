// Drills over keys of many programs, from the snapshot alone: what works says yes, what does not says no, what is locked is not guessed.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { Secret } from '../../src/base/secret.ts';
import { drillKeys } from '../../src/operations/key-drill.ts';
import { inventoryOfSnapshot } from '../../src/operations/key-inventory.ts';
import { childrenOf, readDer } from '../../src/sources/keys/recognise/der.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { mutateBytes, randomOf } from '../fuzz/mutations.ts';
import { programsOrSkip } from '../servers/process.ts';
import { certificate, ec, gnupg, passphrase, pkcs8, rsa, run } from '../sources/keys/key-folder.ts';
import { backupFolder, create, noise, open, scratch, snapshotsOf, testContext, writeTree } from '../world.ts';

/** What the drill says of every key of a folder, by file name. */
async function drilled(
  folder: string,
  passphrases: readonly string[] = [],
  context: Context = testContext(),
): Promise<Readonly<Record<string, string>>> {
  using state = scratch();
  const storage = new MemoryStorage();
  await create(storage, state.path, context);
  await using repository = await open(storage, state.path, 'drill', context);
  await backupFolder(folder, repository, context);
  const snapshot = (await snapshotsOf(repository, context)).at(-1)!;
  const secrets = passphrases.map((one) => new Secret(Buffer.from(one)));
  const { keys, counts } = await drillKeys({ snapshot, passphrases: secrets }, repository, context);
  assert.equal(counts.yes + counts.no + counts['not-provable'], keys.length);
  return Object.fromEntries(
    keys.map(({ path, verdict, method, reason, against }) => [
      path.slice(folder.length + 1),
      verdict === 'yes' ? `yes: ${method} (${against})` : `${verdict}: ${reason}`,
    ]),
  );
}

test('every kind of key that Node writes proves itself, judged by what the archive holds', async () => {
  using folder = scratch();
  const pair = rsa(2048);
  const small = rsa(1024);
  writeTree(folder.path, {
    'rsa.key': pkcs8(pair.privateKey),
    'rsa.pub': pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'small.der': small.privateKey.export({ type: 'pkcs1', format: 'der' }),
    'ec.key': ec('secp384r1').privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    'ed.key': pkcs8(generateKeyPairSync('ed25519').privateKey),
    'x.key': pkcs8(generateKeyPairSync('x25519').privateKey),
    'pss.key': pkcs8(
      generateKeyPairSync('rsa-pss', {
        modulusLength: 2048,
        hashAlgorithm: 'sha512',
        mgf1HashAlgorithm: 'sha512',
      }).privateKey,
    ),
    'set.json': JSON.stringify({ keys: [ec('prime256v1').privateKey.export({ format: 'jwk' })] }),
    'account.json': JSON.stringify({
      private_key: pkcs8(ec('prime256v1').privateKey),
      type: 'service_account',
    }),
    'wg0.conf': `[Interface]\nPrivateKey = ${noise('wg', 32).toString('base64')}\n`,
    'sealed.key': pkcs8(ec('prime256v1').privateKey, passphrase),
  });
  assert.deepEqual(await drilled(folder.path, ['another', passphrase]), {
    'account.json': 'yes: signature (own-half)',
    'ec.key': 'yes: signature (own-half)',
    'ed.key': 'yes: signature (own-half)',
    'pss.key': 'yes: signature (own-half)',
    'rsa.key': 'yes: signature, decryption (public-key)',
    'sealed.key': 'yes: signature (own-half)',
    'set.json': 'yes: signature (own-half)',
    'small.der': 'yes: signature, decryption (own-half)',
    'wg0.conf': 'yes: agreement (own-half)',
    'x.key': 'yes: agreement (own-half)',
  });
});

test('a passphrase that does not fit leaves a key locked, and half a key is a no', async () => {
  using folder = scratch();
  const { privateKey } = rsa(2048);
  writeTree(folder.path, {
    'a.key': pkcs8(privateKey, passphrase),
    'b.key': pkcs8(privateKey).slice(0, 900),
  });
  const expected = { 'a.key': 'not-provable: locked', 'b.key': 'no: broken' };
  assert.deepEqual(await drilled(folder.path, ['wrong']), expected);
  assert.deepEqual(await drilled(folder.path), expected);
});

test('a key whose halves do not belong together is a no', async () => {
  using folder = scratch();
  const jwk = ec('prime256v1').privateKey.export({ format: 'jwk' });
  const other = ec('prime256v1').privateKey.export({ format: 'jwk' });
  writeTree(folder.path, { 'mixed.json': JSON.stringify({ ...jwk, d: other['d'] }) });
  assert.match(JSON.stringify(await drilled(folder.path)), /no: (?:failed|broken)/);
});

test('an RSA key with any of its numbers changed is a no, even where OpenSSL still finds a way around it', async () => {
  using folder = scratch();
  const { privateKey } = rsa(2048);
  const der = privateKey.export({ type: 'pkcs1', format: 'der' });
  const numbers = childrenOf(readDer(der))!.slice(1);
  writeTree(folder.path, { 'whole.der': der });
  numbers.forEach(({ content }, index) => {
    const changed = Buffer.from(der);
    const at = content.byteOffset - der.byteOffset + content.length - 1;
    // Odd numbers stay odd, so that nothing is refused before it is tried.
    changed[at]! ^= 2;
    writeTree(folder.path, { [`changed-${index}.der`]: changed });
  });
  const { 'whole.der': whole, ...others } = await drilled(folder.path);
  assert.equal(whole, 'yes: signature, decryption (own-half)');
  assert.equal(Object.keys(others).length, 8);
  for (const [name, said] of Object.entries(others)) assert.match(said, /^no: (?:failed|broken)$/, name);
});

test('a broken key before it takes nothing from a good one', async () => {
  using folder = scratch();
  const good = ec('prime256v1').privateKey;
  const half = pkcs8(rsa(2048).privateKey).slice(0, 600);
  const jwk = { ...good.export({ format: 'jwk' }), d: 'x' };
  writeTree(folder.path, {
    'pem.key': `${half}\n${pkcs8(good)}`,
    'set.json': JSON.stringify({ keys: [jwk, good.export({ format: 'jwk' })] }),
    'wg0.conf': `[Interface]\n# PrivateKey = ${noise('old', 32).toString('base64')}\nPrivateKey = ${noise('new', 32).toString('base64')} # ours\n`,
  });
  using state = scratch();
  const context = testContext();
  const storage = new MemoryStorage();
  await create(storage, state.path, context);
  await using repository = await open(storage, state.path, 'drill', context);
  await backupFolder(folder.path, repository, context);
  const snapshot = (await snapshotsOf(repository, context)).at(-1)!;
  const { keys } = await drillKeys({ snapshot, passphrases: [] }, repository, context);
  assert.deepEqual(
    keys.map(({ path, verdict, reason }) => [path.slice(folder.path.length + 1), verdict, reason]),
    [
      ['pem.key', 'yes', undefined],
      ['pem.key', 'no', 'broken'],
      ['set.json', 'yes', undefined],
      ['set.json', 'no', 'broken'],
      ['wg0.conf', 'yes', undefined],
    ],
  );
});

test('whatever a key file is spoiled to, the drill has an answer', async () => {
  const { privateKey } = rsa(1024);
  const samples = {
    'a.key': pkcs8(privateKey, passphrase),
    'b.key': `${pkcs8(privateKey)}${pkcs8(ec('prime256v1').privateKey)}`,
    'c.json': JSON.stringify(ec('prime256v1').privateKey.export({ format: 'jwk' })),
    'd.der': privateKey.export({ type: 'pkcs1', format: 'der' }).toString('latin1'),
  };
  using folder = scratch();
  const tree: Record<string, Buffer> = {};
  for (const [name, sample] of Object.entries(samples)) {
    for (let seed = 0; seed < 40; seed += 1) {
      tree[`${seed}-${name}`] = Buffer.from(mutateBytes(Buffer.from(sample, 'latin1'), randomOf(seed)));
    }
  }
  writeTree(folder.path, tree);
  const context = testContext();
  assert.ok(Object.keys(await drilled(folder.path, [passphrase], context)).length > 0);
  assert.deepEqual(context.problems, []);
});

test('keys of openssl, OpenSSH and age prove themselves; a store does by a handshake with its certificate', async (t) => {
  const programs = ['openssl', 'ssh-keygen', 'age-keygen'];
  if (!programsOrSkip(t, programs, 'openssl openssh-client age')) return;
  using folder = scratch();
  const at = (name: string) => join(folder.path, name);
  certificate(folder.path, 'shop');
  const store = ['pkcs12', '-export', '-inkey', at('shop.key'), '-in', at('shop.crt'), '-passout'];
  writeFileSync(at('shop.p12'), run('openssl', [...store, `pass:${passphrase}`]));
  writeFileSync(
    at('trust.p12'),
    run('openssl', ['pkcs12', '-export', '-nokeys', '-in', at('shop.crt'), '-passout', `pass:${passphrase}`]),
  );
  writeFileSync(at('age.txt'), run('age-keygen', []));
  for (const [type, secret] of [
    ['ed25519', ''],
    ['rsa', passphrase],
    ['ecdsa', ''],
  ] as const) {
    run('ssh-keygen', ['-q', '-t', type, '-N', secret, '-f', at(`id_${type}`)]);
  }
  const { 'trust.p12': trust, ...others } = await drilled(folder.path, [passphrase]);
  assert.match(trust!, /^not-provable/);
  assert.deepEqual(others, {
    'age.txt': 'yes: decryption (own-half)',
    id_ecdsa: 'yes: signature (own-half)',
    id_ed25519: 'yes: signature (own-half)',
    id_rsa: 'yes: signature, decryption (own-half)',
    'shop.key': 'yes: signature, decryption (certificate)',
    'shop.p12': 'yes: handshake (certificate)',
  });
});

test('keys of the GnuPG agent prove themselves without a passphrase; with one, and as exports, nothing can be proven', async (t) => {
  if (!programsOrSkip(t, ['gpg', 'gpgconf'], 'gpg gpg-agent gpgconf')) return;
  for (const secret of ['', passphrase]) {
    using folder = scratch();
    const { home } = gnupg(folder.path, secret);
    const gpg = ['--homedir', home, '--batch', '--pinentry-mode', 'loopback', '--passphrase', secret];
    for (const kind of ['rsa2048', 'nistp256'])
      run('gpg', [...gpg, '--quick-generate-key', kind, kind, 'sign']);
    run('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    const verdicts = Object.entries(await drilled(folder.path, [secret]));
    const agent = verdicts
      .filter(([path]) => path.includes('private-keys-v1.d'))
      .map(([, verdict]) => verdict);
    const proven = ['agreement', 'signature', 'signature', 'signature, decryption'].map(
      (one) => `yes: ${one} (own-half)`,
    );
    const expected = secret === '' ? proven : Array.from(proven, () => 'not-provable: unsupported');
    assert.deepEqual(agent.sort(), expected);
    assert.deepEqual(
      verdicts.filter(([path]) => path === 'secret.asc'),
      [['secret.asc', 'not-provable: unsupported']],
    );
  }
});

test('the inventory of a snapshot is that of the folder it was taken of, and holds nothing of the keys', async () => {
  using folder = scratch();
  using state = scratch();
  const { privateKey } = rsa(2048);
  const secret = noise('holdfast', 32);
  writeTree(folder.path, {
    'a.key': pkcs8(privateKey),
    'backup_master.key': `${secret.toString('base64url')}\n`,
    'half.key': pkcs8(privateKey).slice(0, 700),
    'readme.txt': 'nothing',
  });
  const context = testContext();
  const storage = new MemoryStorage();
  await create(storage, state.path, context);
  await using repository = await open(storage, state.path, 'look', context);
  await backupFolder(folder.path, repository, context);
  const snapshot = (await snapshotsOf(repository, context)).at(-1)!;
  const inventory = await inventoryOfSnapshot(snapshot, repository, context);
  const { readInventory } = await import('../../src/sources/keys/kind.ts');
  const live = readInventory({ paths: [folder.path], rules: {} }, testContext());
  assert.deepEqual(inventory.files, live.files);
  assert.deepEqual(
    inventory.files.map(({ path, broken }) => [path.slice(folder.path.length + 1), broken !== undefined]),
    [
      ['a.key', false],
      ['backup_master.key', false],
      ['half.key', true],
    ],
  );
  assert.deepEqual(
    context.problems.map(({ code }) => code),
    ['KEY_FILE_BROKEN'],
  );
  const said = JSON.stringify([inventory, context.problems, context.warnings]);
  const inner = Buffer.from(readFileSync(join(folder.path, 'a.key'), 'latin1').split('\n')[5]!, 'base64');
  for (const bytes of [secret, inner]) {
    for (const form of ['base64', 'base64url', 'hex', 'latin1'] as const)
      assert.ok(!said.includes(bytes.toString(form)));
  }
});
