// Every recogniser over spoiled key files and noise: it answers, quickly and without an exception, and what it tells never holds a
// secret. SEED=n repeats one case, FUZZ=n is the number of cases a sample.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { recognise, recognisers } from '../../../src/sources/keys/recognise/all.ts';
import { budgetOf } from '../../campaign.ts';
import { mutateBytes, randomOf } from '../../fuzz/mutations.ts';
import { programsOrSkip } from '../../servers/process.ts';
import { scratch } from '../../world.ts';
import { certificate, ec, gnupg, passphrase, pkcs8, rsa, run } from './key-folder.ts';

const budget = budgetOf('FUZZ', 60);
const seedOf = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
const slowestMs = 2_000;

function eachRecogniser(name: string, folder: string, bytes: Buffer, seed: number): void {
  const before = process.cpuUsage();
  const file = { name, folder, bytes, text: bytes.toString('latin1') };
  for (const [which, recogniser] of Object.entries(recognisers)) {
    try {
      recogniser(file);
    } catch (error) {
      throw new Error(`SEED=${seed}: ${which} on ${name}`, { cause: error });
    }
  }
  const { user, system } = process.cpuUsage(before);
  assert.ok((user + system) / 1000 < slowestMs, `SEED=${seed} ${name} took ${(user + system) / 1000} ms`);
}

function campaign(samples: readonly (readonly [path: string, content: string | Buffer])[]): void {
  for (const [path, content] of samples) {
    const [folder = '', name = ''] = path.split('/').slice(-2);
    const whole = Buffer.from(content);
    assert.ok(recognise(path, whole) !== undefined, `${path} is not recognised`);
    const step = Math.max(1, Math.floor(whole.length / budget));
    for (let end = 0; end < whole.length; end += step)
      eachRecogniser(name, folder, whole.subarray(0, end), end);
    for (let seed = seedOf ?? 0; seed < (seedOf === undefined ? budget : seedOf + 1); seed += 1) {
      eachRecogniser(name, folder, Buffer.from(mutateBytes(whole, randomOf(seed))), seed);
    }
  }
}

test('spoiled keys that Node writes give an answer', () => {
  const { privateKey, publicKey } = rsa(2048);
  const pair = ec('prime256v1');
  const jwk = { keys: [privateKey.export({ format: 'jwk' }), pair.publicKey.export({ format: 'jwk' })] };
  campaign([
    ['/k/a.pem', pkcs8(privateKey)],
    ['/k/b.pem', pkcs8(privateKey, passphrase)],
    ['/k/c.key', privateKey.export({ type: 'pkcs1', format: 'der' })],
    ['/k/d.der', publicKey.export({ type: 'spki', format: 'der' })],
    ['/k/e.key', pair.privateKey.export({ type: 'sec1', format: 'der' })],
    ['/k/f.key', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['/k/g.json', JSON.stringify(jwk)],
    ['/k/.env', 'A_TOKEN=x\nB=y\n'],
    ['/k/wg0.conf', `[Interface]\nPrivateKey = ${Buffer.alloc(32, 9).toString('base64')}\n`],
    ['/k/backup_master.key', Buffer.alloc(32, 9).toString('base64url')],
  ]);
});

test('spoiled keys of other programs give an answer', (t) => {
  const programs = ['openssl', 'ssh-keygen', 'gpg', 'age-keygen', 'keytool', 'ktutil'];
  if (!programsOrSkip(t, programs, 'openssl openssh-client gpg age openjdk-17-jre-headless krb5-user'))
    return;
  using folder = scratch();
  const at = (name: string) => join(folder.path, name);
  certificate(folder.path, 'shop');
  const store = ['pkcs12', '-export', '-inkey', at('shop.key'), '-in', at('shop.crt'), '-passout', 'pass:x'];
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('id')]);
  const java = [
    '-keystore',
    at('store.jks'),
    '-storetype',
    'JKS',
    '-storepass',
    'changeit',
    '-keypass',
    'changeit',
  ];
  run('keytool', ['-genkeypair', '-alias', 'a', '-keyalg', 'RSA', '-dname', 'CN=a', ...java]);
  run('ktutil', [], {
    input: `addent -password -p a@B -k 1 -e aes256-cts-hmac-sha1-96\nx\nwkt ${at('a.keytab')}\nquit\n`,
  });
  const { home } = gnupg(folder.path, '');
  const agent = join(home, 'private-keys-v1.d');
  campaign([
    ['/k/shop.crt', readFileSync(at('shop.crt'))],
    [
      '/k/shop.csr',
      run('openssl', ['req', '-new', '-key', at('shop.key'), '-subj', '/CN=a', '-outform', 'DER']),
    ],
    ['/k/shop.p12', run('openssl', store)],
    ['/k/open.pfx', run('openssl', [...store, '-keypbe', 'NONE', '-certpbe', 'NONE', '-nomac'])],
    ['/k/id', readFileSync(at('id'))],
    ['/k/id.pub', readFileSync(at('id.pub'))],
    ['/k/store.jks', readFileSync(at('store.jks'))],
    ['/k/a.keytab', readFileSync(at('a.keytab'))],
    ['/k/key.txt', run('age-keygen', [])],
    ['/k/secret.asc', readFileSync(at('secret.asc'))],
    ['/k/public.gpg', readFileSync(at('public.gpg'))],
    ['/k/pubring.kbx', readFileSync(join(home, 'pubring.kbx'))],
    ...readdirSync(agent).map(
      (name) => [`/private-keys-v1.d/${name}`, readFileSync(join(agent, name))] as const,
    ),
  ]);
});

test('noise and deep nesting give an answer, whatever the file is called', () => {
  const names = [
    'a.key',
    'a.p12',
    'a.jks',
    'a.gpg',
    'a.keytab',
    'pubring.kbx',
    '.env',
    'a.json',
    'a.pub',
    'id_rsa',
  ];
  const heads = [
    '',
    '30',
    'feedfeed',
    'cececece',
    '0502',
    '9901',
    'c5',
    '7b226b747922',
    '0000002001014b425866',
  ];
  for (let seed = 0; seed < budget * 3; seed += 1) {
    const random = randomOf(seed);
    const head = Buffer.from(heads[random(heads.length)]!, 'hex');
    const noise = Buffer.concat([
      head,
      Buffer.from(Uint8Array.from({ length: random(600) }, () => random(256))),
    ]);
    eachRecogniser(names[random(names.length)]!, 'private-keys-v1.d', noise, seed);
  }
  for (const nest of [
    '3080',
    '30840fffffff',
    '(',
    '{"kty":[',
    '[Interface]\n',
    '-----BEGIN PRIVATE KEY-----\n',
    'A: b\n',
    ' \n',
    'A_KEY=b\n',
    'https://:',
  ]) {
    const unit = /^3/.test(nest) ? Buffer.from(nest, 'hex') : Buffer.from(nest);
    const deep = Buffer.alloc(1024 * 1024, unit);
    for (const name of names) eachRecogniser(name, 'private-keys-v1.d', deep, 0);
  }
});
