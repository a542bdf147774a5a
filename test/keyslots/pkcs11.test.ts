// PKCS#11 slots against SoftHSM 2: every mechanism opens what it made, and every way in which a token can be missing, locked or another one
// has a name of its own.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import type { Secret } from '../../src/base/secret.ts';
import { conformanceOf } from '../../src/keyslots/conformance.ts';
import type { SlotParameters } from '../../src/keyslots/keyslot.ts';
import { attributes, loadModule, mechanism, ulongs } from '../../src/keyslots/pkcs11/library.ts';
import { loginFailure, returnValues, tokenFlags } from '../../src/keyslots/pkcs11/return-values.ts';
import { openSession } from '../../src/keyslots/pkcs11/session.ts';
import { cka, findKey } from '../../src/keyslots/pkcs11/token-key.ts';
import { parsePkcs11Uri } from '../../src/keyslots/pkcs11/uri.ts';
import { wrapKey } from '../../src/keyslots/pkcs11/wrapping.ts';
import pkcs11, { pkcs11Secret } from '../../src/keyslots/pkcs11.ts';
import { createSlot } from '../../src/keyslots/slot.ts';
import { pin, type SoftHsm, startSoftHsm } from '../servers/softhsm.ts';

const binding = { repositoryId: randomBytes(16), slotId: 'ab'.repeat(16) };

function secretOf(hsm: SoftHsm, uri: string, own: string | undefined = pin): Secret {
  const bytes = own === undefined ? {} : { pin: Buffer.from(own, 'utf8') };
  return pkcs11Secret({ uri: parsePkcs11Uri(uri).uri, configPath: hsm.configPath, ...bytes });
}

/** A session in this process, for what happens between two calls. */
function sessionOf(hsm: SoftHsm) {
  const cryptoki = loadModule(hsm.module);
  return openSession(cryptoki, { uri: { token: 'vault' }, pin: Buffer.from(pin), isWriting: true });
}

async function refuses(run: () => Promise<unknown>, kind: string, code: string): Promise<void> {
  await assert.rejects(run, (error) => {
    assert.ok(isFailure(error), String(error));
    assert.deepEqual([error.kind, error.code], [kind, code]);
    assert.ok(error.hint !== undefined && error.hint !== '', `${code} has no hint`);
    assert.ok(!JSON.stringify([error.message, error.hint, error.facts]).includes(pin));
    return true;
  });
}

function makeAes(hsm: SoftHsm, label: string): void {
  hsm.pkcs11Tool('--login', '--pin', pin, '--keygen', '--key-type', 'AES:32', '--label', label);
}

/** An AES key with exactly these rights: SoftHSM gives all others by itself to what pkcs11-tool makes. */
function makeLimited(hsm: SoftHsm, label: string, mayEncrypt: boolean): void {
  using session = sessionOf(hsm);
  const { cryptoki, handle } = session;
  const template = attributes(cryptoki, [
    [cka.token, true],
    [cka.label, Buffer.from(label)],
    [cka.valueLength, 32],
    [cka.encrypt, mayEncrypt],
    [cka.decrypt, mayEncrypt],
    [cka.wrap, false],
    [cka.unwrap, false],
  ]);
  const how = mechanism(cryptoki, 0x1080);
  cryptoki.call('C_GenerateKey', handle, how.bytes, template.bytes, template.count, ulongs(0));
}

function makeRsa(hsm: SoftHsm, label: string, bits: number): void {
  const what = [
    '--keypairgen',
    '--key-type',
    `rsa:${bits}`,
    '--label',
    label,
    '--id',
    '0a0b',
    '--usage-decrypt',
  ];
  hsm.pkcs11Tool('--login', '--pin', pin, ...what);
}

test('a token keeps what every kind of key slot promises', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  makeAes(hsm, 'other');
  await pkcs11.newKey(secretOf(hsm, 'pkcs11:token=vault;object=backup'), { createKey: true }, binding);
  const own = secretOf(hsm, 'pkcs11:token=vault;object=backup');
  const stranger = secretOf(hsm, 'pkcs11:token=vault;object=other');
  for (const promised of conformanceOf({ type: 'pkcs11', making: own, opening: () => own, stranger })) {
    await t.test(promised.name, () => promised.check());
  }
});

test('a key that is made never leaves the token, has the name asked for, and is not made twice', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  const secret = secretOf(hsm, 'pkcs11:token=vault;object=backup%202026');
  const made = await pkcs11.newKey(secret, { createKey: true }, binding);
  const listed = hsm.pkcs11Tool('--login', '--pin', pin, '--list-objects');
  assert.match(listed, /AES length 32\n\s+label:\s+backup 2026\n/);
  assert.match(listed, /sensitive, always sensitive, never extractable, local/);
  assert.equal(made?.params['mechanism'], 'aes-key-wrap-pad');
  assert.match(
    String(made?.params['uri']),
    /^pkcs11:token=vault;object=backup%202026;id=(%..){16};type=secret-key$/,
  );
  await refuses(() => pkcs11.newKey(secret, { createKey: true }, binding), 'conflict', 'PKCS11_KEY_EXISTS');
  const nameless = secretOf(hsm, 'pkcs11:token=vault');
  await refuses(() => pkcs11.newKey(nameless, { createKey: true }, binding), 'usage', 'PKCS11_URI_INVALID');
});

test('neither PIN nor key stands in a slot', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  const { bytes } = await createSlot({
    repositoryId: binding.repositoryId,
    masterKey: randomBytes(32),
    type: 'pkcs11',
    secret: secretOf(hsm, 'pkcs11:token=vault;object=k'),
    label: 'token',
    createdAt: 0,
    params: { createKey: true },
  });
  const text = Buffer.from(bytes).toString('utf8');
  assert.ok(!text.includes(pin) && !text.includes(Buffer.from(pin).toString('base64').slice(0, 8)), text);
  assert.ok(!text.includes(hsm.configPath) && !text.includes(hsm.module), text);
});

test('an AES key that may only encrypt is used by AES-GCM, which is bound to repository and slot', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  makeLimited(hsm, 'gcm', true);
  const secret = secretOf(hsm, 'pkcs11:token=vault;object=gcm');
  const made = await pkcs11.newKey(secret, {}, binding);
  assert.equal(made?.params['mechanism'], 'aes-gcm');
  assert.deepEqual(await pkcs11.keyEncryptionKey(secret, made.params, binding), made.kek);
  for (const other of [
    { ...binding, slotId: 'cd'.repeat(16) },
    { ...binding, repositoryId: randomBytes(16) },
  ]) {
    await assert.rejects(
      () => pkcs11.keyEncryptionKey(secret, made.params, other),
      (error) => isFailure(error),
    );
  }
});

test('an RSA key is used by OAEP with the best hash that the token takes, and pkcs11-tool opens the same bytes', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  makeRsa(hsm, 'rsa', 3072);
  const secret = secretOf(hsm, 'pkcs11:token=vault;object=rsa');
  const made = await pkcs11.newKey(secret, {}, binding);
  // SoftHSM 2.6.1 knows OAEP with SHA-1 and no label only.
  assert.deepEqual(
    [made?.params['mechanism'], made?.params['hash'], made?.params['isLabeled']],
    ['rsa-oaep', 'sha1', false],
  );
  assert.deepEqual(await pkcs11.keyEncryptionKey(secret, made!.params, binding), made!.kek);
  const input = join(hsm.folder, 'wrapped');
  const output = join(hsm.folder, 'kek');
  writeFileSync(input, Buffer.from(String(made!.params['wrapped']), 'base64url'));
  const how = [
    '--decrypt',
    '--mechanism',
    'RSA-PKCS-OAEP',
    '--hash-algorithm',
    'SHA-1',
    '--mgf',
    'MGF1-SHA1',
  ];
  hsm.pkcs11Tool(
    '--login',
    '--pin',
    pin,
    ...how,
    '--id',
    '0a0b',
    '--input-file',
    input,
    '--output-file',
    output,
  );
  assert.deepEqual(readFileSync(output), Buffer.from(made!.kek));
});

test('a key that is too short or may do nothing for us is refused', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  makeRsa(hsm, 'short', 2048);
  makeLimited(hsm, 'idle', false);
  const newKey = (object: string) => pkcs11.newKey(secretOf(hsm, `pkcs11:object=${object}`), {}, binding);
  await refuses(() => newKey('short'), 'usage', 'RSA_TOO_SHORT');
  await refuses(() => newKey('idle'), 'usage', 'PKCS11_NO_MECHANISM');
});

test('a wrong PIN is tried once, said as what it is, and the right one opens afterwards', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  const uri = 'pkcs11:token=vault;object=k';
  const made = await pkcs11.newKey(secretOf(hsm, uri), { createKey: true }, binding);
  const open = (own: string | undefined) =>
    pkcs11.keyEncryptionKey(secretOf(hsm, uri, own), made!.params, binding);
  await refuses(() => open('0000-wrong'), 'denied', 'PKCS11_PIN_WRONG');
  // SoftHSM tells in its flags that a try was spent.
  await assert.rejects(
    () => open('0000-wrong'),
    (error) => isFailure(error) && error.facts['triesLeft'] === 'few',
  );
  const without = pkcs11Secret({ uri: parsePkcs11Uri(uri).uri, configPath: hsm.configPath });
  await refuses(
    () => pkcs11.keyEncryptionKey(without, made!.params, binding),
    'denied',
    'PKCS11_PIN_MISSING',
  );
  assert.deepEqual(await open(pin), made?.kek);
});

test('a locked token, the last try and an expired PIN are told apart', () => {
  const cases: readonly [result: number, flags: number, code: string, triesLeft?: string][] = [
    [returnValues.pinLocked, 0, 'PKCS11_PIN_LOCKED'],
    [returnValues.pinIncorrect, tokenFlags.pinLocked, 'PKCS11_PIN_LOCKED'],
    [returnValues.pinIncorrect, tokenFlags.pinFinalTry | tokenFlags.pinCountLow, 'PKCS11_PIN_WRONG', 'one'],
    [returnValues.pinIncorrect, tokenFlags.pinCountLow, 'PKCS11_PIN_WRONG', 'few'],
    [returnValues.pinIncorrect, 0, 'PKCS11_PIN_WRONG', 'not told'],
    [returnValues.pinExpired, 0, 'PKCS11_PIN_EXPIRED'],
    [0xe0, 0, 'PKCS11_TOKEN_GONE'],
  ];
  for (const [result, flags, code, triesLeft] of cases) {
    const failure = loginFailure(result, flags, 'vault');
    assert.deepEqual([failure.code, failure.facts['triesLeft']], [code, triesLeft]);
  }
});

test('a token or key that is not there, or is there twice, has a name of its own', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  const uri = 'pkcs11:token=vault;object=k';
  const made = await pkcs11.newKey(secretOf(hsm, uri), { createKey: true }, binding);
  const newKey = (text: string) => pkcs11.newKey(secretOf(hsm, text), {}, binding);
  await refuses(() => newKey('pkcs11:token=none;object=k'), 'missing', 'PKCS11_TOKEN_ABSENT');
  await refuses(() => newKey('pkcs11:token=vault;object=none'), 'missing', 'PKCS11_KEY_MISSING');
  await refuses(() => newKey('pkcs11:token=vault;type=cert'), 'usage', 'PKCS11_URI_INVALID');
  makeAes(hsm, 'second');
  await refuses(() => newKey('pkcs11:token=vault'), 'usage', 'PKCS11_KEY_AMBIGUOUS');
  hsm.addToken('spare');
  await refuses(() => newKey('pkcs11:object=k'), 'usage', 'PKCS11_TOKEN_AMBIGUOUS');
  hsm.unplug();
  const open = () => pkcs11.keyEncryptionKey(secretOf(hsm, uri), made!.params, binding);
  await refuses(open, 'unavailable', 'PKCS11_MODULE_FAILED');
  hsm.plugIn();
  assert.deepEqual(await open(), made?.kek);
});

test('another key under the same name is told from the right one', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  const secret = secretOf(hsm, 'pkcs11:token=vault;object=k;id=%01');
  const made = await pkcs11.newKey(secret, { createKey: true }, binding);
  hsm.pkcs11Tool('--login', '--pin', pin, '--delete-object', '--type', 'secrkey', '--label', 'k');
  await pkcs11.newKey(secret, { createKey: true }, binding);
  await assert.rejects(
    () => pkcs11.keyEncryptionKey(secret, made!.params, binding),
    (error) => isFailure(error) && /^PKCS11_(NOT_UNWRAPPED|DEVICE_ERROR)$/.test(error.code),
  );
});

test('a token taken off in the middle ends the call with a failure, and works again when it is back', (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  makeAes(hsm, 'k');
  for (const moment of ['before the key is looked for', 'before the key is used']) {
    {
      using session = sessionOf(hsm);
      const key = moment === 'before the key is used' ? findKey(session, { object: 'k' }) : undefined;
      hsm.unplug();
      assert.throws(
        () => wrapKey(session, key ?? findKey(session, { object: 'k' }), randomBytes(32), randomBytes(48)),
        (error) => isFailure(error, 'unavailable', 'PKCS11_TOKEN_GONE'),
        moment,
      );
      hsm.plugIn();
    }
    using again = sessionOf(hsm);
    wrapKey(again, findKey(again, { object: 'k' }), randomBytes(32), randomBytes(48));
  }
});

test('a slot of another token is not even asked: a PIN is not tried where it does not belong', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  const params: SlotParameters = {
    uri: 'pkcs11:token=elsewhere;object=k',
    mechanism: 'aes-key-wrap-pad',
    wrapped: 'AAAA',
  };
  const secret = secretOf(hsm, 'pkcs11:token=vault', 'wrong');
  assert.equal(await pkcs11.keyEncryptionKey(secret, params, binding), undefined);
});

test('parameters that were made to do harm reach no native code', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  const good: SlotParameters = {
    uri: 'pkcs11:token=vault',
    mechanism: 'rsa-oaep',
    wrapped: 'AA',
    hash: 'sha1',
    isLabeled: false,
  };
  const secret = secretOf(hsm, 'pkcs11:', 'wrong');
  for (const change of [
    { uri: 'pkcs11:token=a?module-path=/tmp/evil.so' },
    { uri: 7 },
    { mechanism: 'rsa-pkcs' },
    { mechanism: 'aes-gcm', iv: '' },
    { hash: 'md5' },
    { isLabeled: 'no' },
    { wrapped: '' },
    { wrapped: 'A'.repeat(4096) },
  ]) {
    await refuses(
      () => pkcs11.keyEncryptionKey(secret, { ...good, ...change }, binding),
      'corrupt',
      'SLOT_BROKEN',
    );
  }
});

test('a module that is none, or ends its process, is said as such', async (t) => {
  using hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  writeFileSync(hsm.configPath, 'module-path = /bin/sh\n');
  const secret = secretOf(hsm, 'pkcs11:object=k');
  await refuses(() => pkcs11.newKey(secret, {}, binding), 'missing', 'PKCS11_MODULE_BROKEN');
  const before = process.env.NODE_OPTIONS;
  t.after(() => {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
  });
  // The process of the module ends without an answer, as with a module that crashes.
  process.env.NODE_OPTIONS = `--require ${hsm.folder}/none.cjs`;
  await refuses(() => pkcs11.newKey(secret, {}, binding), 'unavailable', 'PKCS11_MODULE_CRASHED');
});
