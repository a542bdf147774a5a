// Every kind of key file as its own tools write it: what is told must be what those tools say.

import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KeyItem } from '../../../src/sources/keys/key-item.ts';
import { recognise } from '../../../src/sources/keys/recognise/all.ts';
import { programsOrSkip } from '../../servers/process.ts';
import { scratch } from '../../world.ts';
import { bytesOf, certificate, ec, gnupg, passphrase, pkcs8, rsa, run } from './key-folder.ts';

function itemsOf(name: string, content: string | Buffer): readonly KeyItem[] {
  const found = recognise(`/keys/${name}`, Buffer.from(content));
  assert.ok(found !== undefined, `${name} is not recognised`);
  assert.equal(found.broken, undefined);
  return found.items;
}

function only(name: string, content: string | Buffer): KeyItem {
  const items = itemsOf(name, content);
  assert.equal(items.length, 1, JSON.stringify(items));
  return items[0]!;
}

function idOf(spki: Buffer): string {
  return createHash('sha256').update(spki).digest('hex');
}

test('the halves of a pair have the same id in every form that Node writes', () => {
  const pairs = [
    { ...rsa(2048), facts: { algorithm: 'RSA', bits: 2048 }, forms: ['pkcs8', 'pkcs1'] as const },
    {
      ...ec('prime256v1'),
      facts: { algorithm: 'EC', bits: 256, curve: 'P-256' },
      forms: ['pkcs8', 'sec1'] as const,
    },
    {
      ...generateKeyPairSync('ed25519'),
      facts: { algorithm: 'Ed25519', bits: 255 },
      forms: ['pkcs8'] as const,
    },
    {
      ...generateKeyPairSync('x25519'),
      facts: { algorithm: 'X25519', bits: 255 },
      forms: ['pkcs8'] as const,
    },
    {
      ...generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }),
      facts: { algorithm: 'DSA', bits: 1024 },
      forms: ['pkcs8'] as const,
    },
  ];
  for (const { publicKey, privateKey, facts, forms } of pairs) {
    const keyId = idOf(publicKey.export({ type: 'spki', format: 'der' }));
    const expected = { ...facts, keyId, fingerprint: keyId };
    for (const type of forms) {
      for (const format of ['pem', 'der'] as const) {
        const item = only('a.key', privateKey.export({ type, format } as never) as never);
        assert.deepEqual(item, { type: 'private-key', format: type, ...expected, isEncrypted: false });
      }
    }
    for (const format of ['pem', 'der'] as const) {
      const item = only('a.pub.der', publicKey.export({ type: 'spki', format } as never) as never);
      assert.deepEqual(item, { type: 'public-key', format: 'spki', ...expected });
    }
    if (facts.algorithm !== 'DSA') {
      const set = {
        keys: [privateKey, publicKey].map((key) => ({ ...key.export({ format: 'jwk' }), kid: 'one' })),
      };
      const items = itemsOf('keys.json', JSON.stringify(set));
      assert.deepEqual(
        items.map(({ type }) => type),
        ['private-key', 'public-key'],
      );
      for (const item of items) assert.equal(item.keyId, keyId);
    }
  }
});

test('an encrypted private key is told as such in the new form, bare and in the old form', (t) => {
  const { privateKey } = rsa(2048);
  assert.deepEqual(only('a.key', pkcs8(privateKey, passphrase)), {
    type: 'private-key',
    format: 'pkcs8',
    isEncrypted: true,
    note: 'PBES2',
  });
  const der = privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase });
  assert.equal(only('a.der', der).isEncrypted, true);
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  const old = run('openssl', ['rsa', '-traditional', '-aes128', '-passout', `pass:${passphrase}`], {
    input: pkcs8(privateKey),
  });
  assert.deepEqual(only('old.pem', old), {
    type: 'private-key',
    format: 'pem-legacy',
    algorithm: 'RSA',
    isEncrypted: true,
    note: 'AES-128-CBC',
  });
});

test('certificates, chains, requests and parameters of openssl are told as openssl tells them', (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using folder = scratch();
  certificate(folder.path, 'shop', ['-sha1', '-days', '20']);
  const pem = bytesOf(folder.path, 'shop.crt');
  const known = new X509Certificate(pem);
  const item = only('shop.crt', pem);
  assert.equal(item.fingerprint, known.fingerprint256.replaceAll(':', '').toLowerCase());
  assert.equal(item.expiresAt, Date.parse(known.validTo));
  assert.equal(item.signature, 'sha1WithRSAEncryption');
  assert.equal(item.label, 'CN=shop');
  assert.equal(item.keyId, only('shop.key', bytesOf(folder.path, 'shop.key')).keyId);
  assert.equal(only('shop.der', Buffer.from(known.raw)).fingerprint, item.fingerprint);
  const both = Buffer.concat([bytesOf(folder.path, 'shop.key'), pem, pem]);
  assert.deepEqual(
    itemsOf('both.pem', both).map(({ type }) => type),
    ['private-key', 'certificate', 'certificate'],
  );

  const words = ['req', '-new', '-key', join(folder.path, 'shop.key'), '-subj', '/O=Shop/CN=www', '-sha256'];
  const request = only('www.csr', run('openssl', words));
  assert.equal(request.type, 'certificate-request');
  assert.equal(request.keyId, item.keyId);
  assert.equal(request.label, 'CN=www');
  assert.equal(request.signature, 'sha256WithRSAEncryption');
  assert.equal(only('www.csr', run('openssl', [...words, '-outform', 'DER'])).keyId, item.keyId);

  const groups = run('openssl', ['dhparam', '512']);
  assert.deepEqual(only('dh.pem', groups), { type: 'parameters', format: 'dh', algorithm: 'DH', bits: 512 });
});

test('PKCS#12 is told by its build and never opened', (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using folder = scratch();
  certificate(folder.path, 'shop');
  const input = ['-inkey', join(folder.path, 'shop.key'), '-in', join(folder.path, 'shop.crt')];
  const make = (...words: string[]) =>
    run('openssl', ['pkcs12', '-export', ...input, '-passout', `pass:${passphrase}`, ...words]);
  const sealed = only('shop.p12', make());
  assert.equal(sealed.isEncrypted, true);
  assert.match(sealed.note!, /^MAC with 2048 rounds, 1 protected key, 1 sealed part$/);
  const [open, certificateItem] = itemsOf('shop.pfx', make('-certpbe', 'NONE', '-nomac'));
  assert.match(open!.note!, /^no MAC, 1 protected key, 1 readable certificate$/);
  assert.equal(certificateItem!.label, 'CN=shop');
  const bareStore = itemsOf('bare.p12', make('-keypbe', 'NONE', '-certpbe', 'NONE'));
  const key = bareStore.find(({ type }) => type === 'private-key');
  assert.equal(bareStore[0]!.isEncrypted, false);
  assert.equal(key!.isEncrypted, false);
  assert.equal(key!.keyId, only('shop.key', bytesOf(folder.path, 'shop.key')).keyId);
});

test('keystores of Java are told by aliases, kinds of entries and certificates', (t) => {
  if (!programsOrSkip(t, ['keytool'], 'openjdk-17-jre-headless')) return;
  using folder = scratch();
  for (const type of ['JKS', 'JCEKS']) {
    const store = join(folder.path, `store.${type.toLowerCase()}`);
    const words = ['-keystore', store, '-storetype', type, '-storepass', 'changeit', '-keypass', 'changeit'];
    run('keytool', [
      '-genkeypair',
      '-alias',
      'shop',
      '-keyalg',
      'RSA',
      '-keysize',
      '2048',
      '-dname',
      'CN=shop',
      ...words,
    ]);
    const listed = run('keytool', ['-list', '-alias', 'shop', ...words]).toString();
    const fingerprint = /\(SHA-256\): ([0-9A-F:]+)/.exec(listed)![1]!.replaceAll(':', '').toLowerCase();
    const items = itemsOf(`store.${type.toLowerCase()}`, readFileSync(store));
    assert.deepEqual(
      items.map((item) => item.type),
      ['keystore', 'private-key', 'certificate'],
    );
    assert.deepEqual([items[1]!.label, items[1]!.isEncrypted, items[1]!.bits], ['shop', true, 2048]);
    assert.equal(items[2]!.fingerprint, fingerprint);
    assert.equal(items[1]!.keyId, items[2]!.keyId);
    const cut = readFileSync(store).subarray(0, -9);
    assert.match(recognise('/store', cut)!.broken!, /cut off/);
  }
});

test('OpenSSH keys have the fingerprint that ssh-keygen shows, with and without a passphrase', (t) => {
  if (!programsOrSkip(t, ['ssh-keygen'], 'openssh-client')) return;
  using folder = scratch();
  const kinds = [
    ['ed25519', '', 'Ed25519', 255],
    ['rsa', passphrase, 'RSA', 2048],
    ['ecdsa', '', 'EC', 384],
  ] as const;
  for (const [type, secret, algorithm, bits] of kinds) {
    const path = join(folder.path, `id_${type}`);
    const size = type === 'ed25519' ? [] : ['-b', String(bits)];
    run('ssh-keygen', ['-q', '-t', type, ...size, '-N', secret, '-C', 'me@host', '-f', path]);
    const fingerprint = run('ssh-keygen', ['-lf', path]).toString().split(' ')[1]!;
    const item = only(`id_${type}`, readFileSync(path));
    const half = only(`id_${type}.pub`, readFileSync(`${path}.pub`));
    assert.deepEqual([item.algorithm, item.bits, item.fingerprint], [algorithm, bits, fingerprint]);
    assert.equal(item.isEncrypted, secret !== '');
    assert.deepEqual([half.fingerprint, half.keyId, half.label], [fingerprint, item.keyId, 'me@host']);
    if (type === 'ed25519') continue;
    const pem = run('ssh-keygen', ['-e', '-m', 'PKCS8', '-f', `${path}.pub`]);
    assert.equal(item.keyId, idOf(createPublicKey(pem).export({ type: 'spki', format: 'der' })));
  }
});

test('GnuPG: keybox, exports and the files of the agent tell the same keys', (t) => {
  if (!programsOrSkip(t, ['gpg', 'gpgconf'], 'gpg gpg-agent')) return;
  for (const secret of ['', passphrase]) {
    using folder = scratch();
    const { home, fingerprint } = gnupg(folder.path, secret);
    const box = itemsOf('pubring.kbx', readFileSync(join(home, 'pubring.kbx')));
    const shown = (items: readonly KeyItem[]) =>
      items.map((item) => [item.type, item.algorithm, item.curve, item.label]);
    assert.deepEqual(shown(box), [
      ['public-key', 'EdDSA', 'Ed25519', 'Key Test <keys@example.org>'],
      ['public-key', 'ECDH', 'X25519', undefined],
    ]);
    assert.equal(box[0]!.fingerprint, fingerprint);
    const colons = run('gpg', ['--homedir', home, '--with-colons', '--list-keys']).toString();
    const expiry = [...colons.matchAll(/^(?:pub|sub):(?:[^:]*:){5}(\d+):/gm)].map(
      (match) => Number(match[1]) * 1000,
    );
    assert.deepEqual(
      box.map(({ expiresAt }) => expiresAt),
      expiry,
    );
    assert.deepEqual(itemsOf('public.gpg', bytesOf(folder.path, 'public.gpg')), box);

    const exported = itemsOf('secret.asc', bytesOf(folder.path, 'secret.asc'));
    assert.deepEqual(
      exported.map(({ type, isEncrypted }) => [type, isEncrypted]),
      [
        ['private-key', secret !== ''],
        ['private-key', secret !== ''],
      ],
    );
    assert.deepEqual(
      exported.map((item) => item.fingerprint),
      box.map((item) => item.fingerprint),
    );

    const agent = readdirSync(join(home, 'private-keys-v1.d')).map((name) => {
      const found = recognise(
        `/private-keys-v1.d/${name}`,
        readFileSync(join(home, 'private-keys-v1.d', name)),
      );
      assert.deepEqual([found?.broken, found?.items.length], [undefined, 1]);
      return found!.items[0]!;
    });
    assert.deepEqual(agent.map(({ keyId }) => keyId).sort(), box.map(({ keyId }) => keyId).sort());
    for (const item of agent) assert.equal(item.isEncrypted, secret !== '');
  }
});

test('identities of age are told by the recipient that age-keygen shows', (t) => {
  if (!programsOrSkip(t, ['age-keygen'], 'age')) return;
  const identity = run('age-keygen', []);
  const recipient = /public key: (age1\S+)/.exec(identity.toString())![1]!;
  const item = only('key.txt', identity);
  assert.deepEqual([item.type, item.fingerprint, item.isEncrypted], ['private-key', recipient, false]);
  const half = only('recipients.txt', `# us\n${recipient}\n`);
  assert.deepEqual([half.type, half.keyId], ['public-key', item.keyId]);
  assert.match(recognise('/key.txt', Buffer.from(recipient.replace(/.$/, '')))!.broken!, /mistyped/);
});

test('keys of WireGuard are told by their public half, alone and in a configuration', (t) => {
  if (!programsOrSkip(t, ['wg'], 'wireguard-tools')) return;
  const key = run('wg', ['genkey']).toString();
  const half = run('wg', ['pubkey'], { input: key }).toString().trim();
  const shared = run('wg', ['genpsk']).toString();
  assert.equal(only('privatekey', key).fingerprint, half);
  assert.deepEqual(only('publickey', `${half}\n`).keyId, only('wg.key', key).keyId);
  assert.equal(only('peer.psk', shared).type, 'symmetric-key');
  const config = `[Interface]\nPrivateKey = ${key}ListenPort = 51820\n\n[Peer]\nPublicKey = ${half}\nPresharedKey = ${shared}`;
  assert.deepEqual(
    itemsOf('wg0.conf', config).map(({ type, fingerprint }) => [type, fingerprint]),
    [
      ['private-key', half],
      ['public-key', half],
      ['symmetric-key', undefined],
    ],
  );
});

test('keytabs are told by principal, kind of encryption and key version', (t) => {
  if (!programsOrSkip(t, ['ktutil'], 'krb5-user')) return;
  using folder = scratch();
  const path = join(folder.path, 'krb5.keytab');
  const line = (kind: string) =>
    `addent -password -p HTTP/www.example.org@EXAMPLE.ORG -k 7 -e ${kind}\nsecret\n`;
  run('ktutil', [], {
    input: `${line('aes256-cts-hmac-sha1-96')}${line('aes128-cts-hmac-sha1-96')}wkt ${path}\nquit\n`,
  });
  assert.deepEqual(
    itemsOf('krb5.keytab', readFileSync(path)).map(({ algorithm, label, note }) => [algorithm, label, note]),
    [
      ['aes256-cts-hmac-sha1-96', 'HTTP/www.example.org@EXAMPLE.ORG', 'kvno 7'],
      ['aes128-cts-hmac-sha1-96', 'HTTP/www.example.org@EXAMPLE.ORG', 'kvno 7'],
    ],
  );
});

test('of files with secrets the names and their number are told, never a value', () => {
  const value = 'correct-horse-battery';
  const files: readonly (readonly [string, string, RegExp])[] = [
    [
      '.env',
      `HOST=db\nDB_PASSWORD=${value}\nexport API_KEY="${value}"\nEMPTY_TOKEN=\n`,
      /^2 of 4 .*: DB_PASSWORD, API_KEY$/,
    ],
    ['credentials', `[default]\naws_access_key_id=AKIA\naws_secret_access_key=${value}\n`, /^1 secret$/],
    ['config', `kind: Config\nusers:\n- name: me\n  user:\n    token: ${value}\n`, /^1 secret$/],
    ['.netrc', `machine x login y password ${value}\n`, /^1 secret$/],
  ];
  for (const [name, content, note] of files) {
    const item = only(name, content);
    assert.equal(item.type, 'secrets');
    assert.match(item.note!, note);
    assert.ok(!JSON.stringify(item).includes(value));
  }
});

test('key files of Holdfast and keys of 32 bytes are told without anything of them', () => {
  const key = Buffer.alloc(32, 7);
  const item = only('backup_master.key', `${key.toString('base64url')}\n`);
  assert.deepEqual(item, {
    type: 'symmetric-key',
    format: 'holdfast-key-file',
    bits: 256,
    isEncrypted: false,
  });
  assert.equal(only('any', key.toString('base64')).format, 'base64');
  assert.match(recognise('/backup_master.key', Buffer.from('cut'))!.broken!, /cut off/);
});

test('what is no key stays unknown', () => {
  const others: readonly (readonly [string, string | Buffer])[] = [
    ['readme.md', 'Make a key with `ssh-keygen`, then -----BEGIN a letter.\n'],
    ['photo.jpg', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['ssl.py', 'PEM_HEADER = "-----BEGIN CERTIFICATE-----"\nPEM_FOOTER = "-----END CERTIFICATE-----"\n'],
    ['guide.rst', '-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n'],
    ['library.so', '\0-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAAAAAAAAA\n'],
    ['quick.sh', '[Interface]\nPrivateKey = $(wg genkey)\n'],
    ['client.py', '[default]\naws_secret_access_key = x\n'],
    ['authorized_keys', `ssh-ed25519 ${'A'.repeat(68)} a\nssh-ed25519 ${'A'.repeat(68)} b\n`],
    ['package.json', '{"name":"x","keys":[]}'],
    ['letter.txt', 'age1 is how recipients begin\n'],
    ['empty', ''],
  ];
  for (const [name, content] of others)
    assert.equal(recognise(`/x/${name}`, Buffer.from(content)), undefined, name);
});

test('a private key inside JSON is found, as service accounts have it', () => {
  const { privateKey } = rsa(2048);
  const item = only(
    'account.json',
    JSON.stringify({ type: 'service_account', private_key: pkcs8(privateKey) }),
  );
  assert.equal(item.keyId, only('a.key', pkcs8(privateKey)).keyId);
});

test('half a key file is broken, not unknown and not a key', () => {
  const { privateKey, publicKey } = rsa(2048);
  const files = {
    'a.key': pkcs8(privateKey),
    'a.pem': publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
  for (const [name, whole] of Object.entries(files)) {
    for (const share of [0.3, 0.5, 0.9]) {
      const found = recognise(`/${name}`, Buffer.from(whole.slice(0, Math.floor(whole.length * share))));
      assert.deepEqual([found?.items.length, typeof found?.broken], [0, 'string'], `${name} ${share}`);
    }
  }
});
