// Sealed archives and the programs of others: openssl, age and python3-cryptography read what we seal, and we read what they do.
// Secrets reach them by files alone.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sealOf } from '../../src/archives/seals/all.ts';
import { gather, inSteps } from '../../src/archives/seals/conformance.ts';
import type { SealKey } from '../../src/archives/seals/seal.ts';
import { Secret } from '../../src/base/secret.ts';
import { fernetKey, keyFileContent, rsaPair, secret } from '../archives/seals/seal-world.ts';
import { project } from '../cli/holdfast.ts';
import { scratch, testContext } from '../world.ts';

const python = '/usr/bin/python3';
const sizes = [0, 1, 100_000, 1024 * 1024, 2 * 1024 * 1024 + 5];
const rounds = { kdf: 'pbkdf2-sha256', rounds: 100_000 };

async function seal(name: string, plain: Uint8Array, key: SealKey): Promise<Uint8Array> {
  return gather((await sealOf(name)).seal(inSteps(plain, 70_001), key, testContext()));
}

async function open(name: string, sealed: Uint8Array, key: SealKey): Promise<Buffer> {
  return Buffer.from(await gather((await sealOf(name)).open(inSteps(sealed, 70_001), key, testContext())));
}

function run(program: string, words: readonly string[], input: Uint8Array): Buffer {
  const done = spawnSync(program, words, { input, maxBuffer: 2 ** 26 });
  assert.equal(done.status, 0, `${program}: ${String(done.stderr)}`);
  return done.stdout;
}

function has(...programs: readonly string[]): false | string {
  const missing = programs.filter((one) => !existsSync(`/usr/bin/${one}`));
  return missing.length > 0 && `${missing.join(', ')} not installed`;
}

function hasPython(...modules: readonly string[]): false | string {
  const done = existsSync(python) && spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0;
  return !done && `python3 without ${modules.join(', ')}`;
}

/** Puts a secret where programs can read it, and gives the file's name. */
function fileOf(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const readContainer = join(project, 'docs/read-container.py');

test('the reader in docs, which shares no line with us, opens containers of every way to a key', {
  skip: hasPython('cryptography', 'argon2'),
}, async () => {
  using folder = scratch();
  const pair = rsaPair();
  const keyFile = keyFileContent();
  const words = 'Gru\u0308n und \u00fcbel';
  const ways: readonly (readonly [string, SealKey, string])[] = [
    ['aes-256-gcm', { password: secret(keyFile, 'key-file') }, keyFile],
    ['aes-256-gcm', { password: secret(words) }, words],
    ['aes-256-gcm', { password: secret(words), kdf: { kdf: 'scrypt', cost: 16_384 } }, words],
    ['aes-256-gcm', { password: secret(words), kdf: rounds }, words],
    ['rsa-hybrid', { recipients: [rsaPair().publicPem, pair.publicPem] }, pair.privatePem],
  ];
  for (const [at, [name, key, content]] of ways.entries()) {
    const path = fileOf(folder.path, `key-${at}`, content);
    for (const size of at === 0 ? sizes : [2 * 1024 * 1024 + 5]) {
      const plain = randomBytes(size);
      const sealed = await seal(name, plain, key);
      assert.ok(plain.equals(run(python, [readContainer, path], sealed)), `way ${at}, ${size} bytes`);
      for (const broken of at === 0 && size === 1 ? brokenOf(sealed) : []) {
        assert.notEqual(spawnSync(python, [readContainer, path], { input: broken }).status, 0);
      }
    }
  }
});

test('openssl enc reads the seal openssl, and we read what it writes', { skip: has('openssl') }, async () => {
  using folder = scratch();
  const key: SealKey = { password: secret('correct horse battery'), kdf: rounds };
  const pass = `file:${fileOf(folder.path, 'pass', 'correct horse battery\n')}`;
  const words = ['-aes-256-cbc', '-pbkdf2', '-iter', '100000', '-pass', pass];
  for (const size of sizes) {
    const plain = randomBytes(size);
    const sealed = await seal('openssl', plain, key);
    assert.ok(plain.equals(run('openssl', ['enc', '-d', ...words], sealed)), `${size} bytes`);
    const theirs = run('openssl', ['enc', '-e', '-salt', ...words], plain);
    assert.ok(plain.equals(await open('openssl', theirs, key)), `${size} bytes of openssl`);
  }
});

test('openssl enc reads 600,000 rounds, which are the default, and the longest password', {
  skip: has('openssl'),
}, async () => {
  using folder = scratch();
  const longest = 'x'.repeat(1022);
  const pass = `file:${fileOf(folder.path, 'pass', `${longest}\n`)}`;
  const sealed = await seal('openssl', Buffer.from('keys'), { password: secret(longest) });
  const words = ['enc', '-d', '-aes-256-cbc', '-pbkdf2', '-iter', '600000', '-pass', pass];
  assert.equal(run('openssl', words, sealed).toString(), 'keys');
});

const oaepWords = ['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', 'rsa_oaep_md:sha256'];

test('openssl pkeyutl reads a payload that RSA takes directly, and we read what it seals', {
  skip: has('openssl'),
}, async () => {
  using folder = scratch();
  const pair = rsaPair();
  const private_ = fileOf(folder.path, 'private.pem', pair.privatePem);
  const public_ = fileOf(folder.path, 'public.pem', pair.publicPem);
  for (const size of [0, 1, 384 - 66]) {
    const plain = randomBytes(size);
    const sealed = await seal('rsa', plain, { recipients: [pair.publicPem] });
    assert.equal(sealed.length, 384);
    const words = ['pkeyutl', '-decrypt', '-inkey', private_, ...oaepWords];
    assert.ok(plain.equals(run('openssl', words, sealed)), `${size} bytes`);
    const theirs = run('openssl', ['pkeyutl', '-encrypt', '-pubin', '-inkey', public_, ...oaepWords], plain);
    assert.ok(plain.equals(await open('rsa', theirs, { identities: [secret(pair.privatePem)] })));
  }
});

test('openssl unwraps the key of the seal rsa-hybrid; keys, certificates and encrypted keys of openssl are taken', {
  skip: has('openssl'),
}, async () => {
  using folder = scratch();
  const pass = fileOf(folder.path, 'pass', 'pem words\n');
  const private_ = join(folder.path, 'private.pem');
  const certificate = join(folder.path, 'certificate.pem');
  const request = ['req', '-x509', '-newkey', 'rsa:3072', '-subj', '/CN=backup', '-keyout', private_];
  run('openssl', [...request, '-out', certificate, '-passout', `file:${pass}`], new Uint8Array(0));
  const plain = randomBytes(5000);
  const sealed = await seal('rsa-hybrid', plain, { recipients: [readFileSync(certificate, 'utf8')] });
  const identities = [new Secret(readFileSync(private_))];
  assert.ok(plain.equals(await open('rsa-hybrid', sealed, { identities, password: secret('pem words') })));
  await assert.rejects(open('rsa-hybrid', sealed, { identities }), { code: 'SEAL_IDENTITY_INVALID' });
  const words = ['pkeyutl', '-decrypt', '-inkey', private_, '-passin', `file:${pass}`, ...oaepWords];
  assert.equal(run('openssl', words, sealed.subarray(12 + 34, 12 + 34 + 384)).length, 32);
});

const fernetPython = `
import base64, hashlib, os, struct, sys
from cryptography.fernet import Fernet
mode, path = sys.argv[1:]
secret = open(path, "rb").read().rstrip(b"\\n")
if mode == "open":
    lines, out, head = sys.stdin.buffer.read().split(b"\\n"), b"", None
    assert lines.pop() == b""
    if lines[0].startswith(b"#"):
        _, kind, kdf, rounds, salt = lines.pop(0).split(b" ")
        assert kind == b"holdfast-fernet" and kdf == b"pbkdf2-sha256"
        raw = hashlib.pbkdf2_hmac("sha256", secret, base64.urlsafe_b64decode(salt + b"="), int(rounds))
        secret = base64.urlsafe_b64encode(raw)
    for index, line in enumerate(lines):
        plain = Fernet(secret).decrypt(line)
        head = head or plain[:16]
        assert plain[:25] == head + struct.pack("<QB", index, index == len(lines) - 1)
        out += plain[25:]
    sys.stdout.buffer.write(out)
else:
    plain, head, piece = sys.stdin.buffer.read(), os.urandom(16), 777777
    count = max(1, -(-len(plain) // piece))
    for index in range(count):
        place = head + struct.pack("<QB", index, index == count - 1)
        sys.stdout.buffer.write(Fernet(secret).encrypt(place + plain[index * piece:][:piece]) + b"\\n")
`;

test('python3-cryptography reads every line of the seal fernet, and we read its lines', {
  skip: hasPython('cryptography.fernet'),
}, async () => {
  using folder = scratch();
  const script = fileOf(folder.path, 'fernet.py', fernetPython);
  const key = fernetKey();
  const keyPath = fileOf(folder.path, 'key', `${key}\n`);
  const password = secret(`${key}\n`);
  for (const size of sizes) {
    const plain = randomBytes(size);
    const sealed = await seal('fernet', plain, { password });
    assert.ok(plain.equals(run(python, [script, 'open', keyPath], sealed)), `${size} bytes`);
    const theirs = run(python, [script, 'seal', keyPath], plain);
    assert.ok(plain.equals(await open('fernet', theirs, { password })), `${size} bytes of python`);
  }
  const wordsPath = fileOf(folder.path, 'words', 'correct horse\n');
  const plain = randomBytes(1_100_000);
  const sealed = await seal('fernet', plain, { password: secret('correct horse'), kdf: rounds });
  assert.ok(plain.equals(run(python, [script, 'open', wordsPath], sealed)));
});

test('age reads the seal age for recipients, and we read what it writes', {
  skip: has('age', 'age-keygen'),
}, async () => {
  using folder = scratch();
  const identity = join(folder.path, 'identity');
  run('age-keygen', ['-o', identity], new Uint8Array(0));
  const recipient = run('age-keygen', ['-y', identity], new Uint8Array(0)).toString().trim();
  const key: SealKey = { recipients: [recipient], identities: [new Secret(readFileSync(identity))] };
  for (const size of [...sizes, 64 * 1024, 64 * 1024 + 1]) {
    const plain = randomBytes(size);
    const sealed = await seal('age', plain, key);
    assert.ok(plain.equals(run('age', ['-d', '-i', identity], sealed)), `${size} bytes`);
    assert.ok(plain.equals(await open('age', run('age', ['-r', recipient], plain), key)), `${size} of age`);
  }
});

// Debian's age asks for a passphrase on a terminal only: here is one, which answers from a file.
const typist = `
import os, pty, sys
passphrase = open(sys.argv[1], "rb").read()
seen = b""
def read(fd):
    global seen
    data = os.read(fd, 1024)
    seen += data
    if seen.rstrip().endswith(b":"):
        seen = b""
        os.write(fd, passphrase)
    return data
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:], read)))
`;

test('age reads the seal age with a passphrase, and we read what it writes', {
  skip: has('age', 'python3'),
}, async () => {
  using folder = scratch();
  const script = fileOf(folder.path, 'typist.py', typist);
  const words = fileOf(folder.path, 'words', 'correct horse\n');
  const password = secret('correct horse');
  const plain = randomBytes(200_000);
  const plainPath = fileOf(folder.path, 'plain', plain);
  const sealed = await seal('age', plain, { password, kdf: { kdf: 'scrypt', cost: 16_384 } });
  const sealedPath = fileOf(folder.path, 'sealed', sealed);
  const openedPath = join(folder.path, 'opened');
  run(python, [script, words, 'age', '-d', '-o', openedPath, sealedPath], new Uint8Array(0));
  assert.ok(plain.equals(readFileSync(openedPath)));
  const theirsPath = join(folder.path, 'theirs');
  run(python, [script, words, 'age', '-p', '-o', theirsPath, plainPath], new Uint8Array(0));
  assert.ok(plain.equals(await open('age', readFileSync(theirsPath), { password })));
});

function brokenOf(sealed: Uint8Array): readonly Uint8Array[] {
  const changed = Uint8Array.from(sealed);
  changed[sealed.length - 1]! ^= 1;
  return [changed, sealed.subarray(0, -1), sealed.subarray(0, 44)];
}
