// KMS slots against our double of AWS KMS: bound to repository and slot, and every refusal has a name of its own.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { conformanceOf } from '../../src/keyslots/conformance.ts';
import { keyToAsk, parseKmsArn } from '../../src/keyslots/kms/arn.ts';
import kms, { kmsSecret } from '../../src/keyslots/kms.ts';
import { accessKeyId, type KmsDouble, secretAccessKey, startKmsDouble } from '../servers/kms-double.ts';
import { freePort } from '../servers/process.ts';

const binding = { repositoryId: randomBytes(16), slotId: 'ab'.repeat(16) };

/** The double, and an environment that knows it and nothing of this machine's own AWS. */
async function start(t: TestContext): Promise<KmsDouble> {
  const double = await startKmsDouble();
  t.after(() => double[Symbol.asyncDispose]());
  setEnvironment(t, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_KMS: double.endpoint,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PROFILE: undefined,
  });
  return double;
}

function setEnvironment(t: TestContext, wanted: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(wanted)) {
    const before = process.env[name];
    const set = (to: string | undefined) => {
      if (to === undefined) delete process.env[name];
      else process.env[name] = to;
    };
    set(value);
    t.after(() => set(before));
  }
}

async function refuses(run: () => Promise<unknown>, kind: string, code: string): Promise<void> {
  await assert.rejects(run, (error) => {
    assert.ok(isFailure(error), String(error));
    assert.deepEqual([error.kind, error.code], [kind, code]);
    assert.ok(error.hint !== undefined && error.hint !== '', `${code} has no hint`);
    assert.ok(!JSON.stringify([error.message, error.hint, error.facts]).includes(secretAccessKey));
    return true;
  });
}

test('KMS keeps what every kind of key slot promises', async (t) => {
  const double = await start(t);
  const own = kmsSecret(double.makeKey().arn);
  const stranger = kmsSecret(double.makeKey().arn);
  for (const promised of conformanceOf({ type: 'kms', making: own, opening: () => own, stranger })) {
    await t.test(promised.name, () => promised.check());
  }
});

test('a slot names the key itself where an alias was given, and opens after the alias was turned', async (t) => {
  const double = await start(t);
  const key = double.makeKey();
  const alias = key.arn.replace(/key\/.*/, 'alias/backup/daily');
  double.aliases.set(alias, key.arn);
  const made = await kms.newKey(kmsSecret(alias), {}, binding);
  assert.equal(made?.params['key'], key.arn);
  double.aliases.set(alias, double.makeKey().arn);
  assert.deepEqual(await kms.keyEncryptionKey(kmsSecret(alias), made.params, binding), made.kek);
  assert.ok(!JSON.stringify(made.params).includes(Buffer.from(made.kek).toString('base64url')));
});

test('another repository, another slot or a changed blob is refused by KMS', async (t) => {
  const double = await start(t);
  const secret = kmsSecret(double.makeKey().arn);
  const made = (await kms.newKey(secret, {}, binding))!;
  const wrapped = Buffer.from(String(made.params['wrapped']), 'base64url');
  wrapped[40]! ^= 1;
  for (const [params, other] of [
    [made.params, { ...binding, repositoryId: randomBytes(16) }],
    [made.params, { ...binding, slotId: 'cd'.repeat(16) }],
    [{ ...made.params, wrapped: wrapped.toString('base64url') }, binding],
    [{ ...made.params, wrapped: 'AAAA' }, binding],
  ] as const) {
    await refuses(() => kms.keyEncryptionKey(secret, params, other), 'denied', 'KMS_NOT_DECRYPTED');
  }
});

test('KMS is asked once per opening, and not at all for a key that was not named', async (t) => {
  const double = await start(t);
  const secret = kmsSecret(double.makeKey().arn);
  const made = (await kms.newKey(secret, {}, binding))!;
  await kms.keyEncryptionKey(secret, made.params, binding);
  await kms.keyEncryptionKey(secret, made.params, binding);
  assert.deepEqual(double.calls, ['GenerateDataKey', 'Decrypt', 'Decrypt']);
  const other = kmsSecret(double.makeKey().arn);
  assert.equal(await kms.keyEncryptionKey(other, made.params, binding), undefined);
  assert.equal(double.calls.length, 3);
});

test('a replica of a multi-region key opens in its own region', async (t) => {
  const double = await start(t);
  const main = double.makeKey({ id: 'mrk-1234abcd12ab34cd56ef1234567890ab' });
  const replica = double.makeKey({
    region: 'us-east-1',
    id: 'mrk-1234abcd12ab34cd56ef1234567890ab',
    like: main,
  });
  const made = (await kms.newKey(kmsSecret(main.arn), {}, binding))!;
  assert.deepEqual(await kms.keyEncryptionKey(kmsSecret(replica.arn), made.params, binding), made.kek);
});

test('every state of a key and every lack of rights has a code of its own', async (t) => {
  const double = await start(t);
  const key = double.makeKey();
  const secret = kmsSecret(key.arn);
  const made = (await kms.newKey(secret, {}, binding))!;
  const open = () => kms.keyEncryptionKey(secret, made.params, binding);
  key.state = 'Disabled';
  await refuses(open, 'denied', 'KMS_KEY_DISABLED');
  key.state = 'PendingDeletion';
  await refuses(open, 'denied', 'KMS_KEY_DYING');
  key.state = 'PendingImport';
  await refuses(open, 'denied', 'KMS_KEY_STATE');
  key.state = 'Enabled';
  key.usage = 'SIGN_VERIFY';
  await refuses(open, 'usage', 'KMS_KEY_USAGE');
  key.usage = 'ENCRYPT_DECRYPT';
  double.denied.add('Decrypt');
  await refuses(open, 'denied', 'KMS_DENIED');
  double.denied.clear();
  double.keys.delete(key.arn);
  await refuses(open, 'missing', 'KMS_KEY_MISSING');
  double.keys.set(key.arn, key);
  assert.deepEqual(Buffer.from((await open())!), Buffer.from(made.kek));
});

test('credentials that are wrong, forged or missing are told apart', async (t) => {
  const double = await start(t);
  const make = () => kms.newKey(kmsSecret(double.makeKey().arn), {}, binding);
  setEnvironment(t, { AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) });
  await refuses(make, 'denied', 'KMS_CREDENTIALS_REFUSED');
  setEnvironment(t, { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7STRANGE' });
  await refuses(make, 'denied', 'KMS_CREDENTIALS_REFUSED');
  setEnvironment(t, { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
  await refuses(make, 'denied', 'KMS_CREDENTIALS_MISSING');
});

test('a throttled or failing call is repeated a few times, then said', async (t) => {
  const double = await start(t);
  const secret = kmsSecret(double.makeKey().arn);
  const made = (await kms.newKey(secret, {}, binding))!;
  const open = () => kms.keyEncryptionKey(secret, made.params, binding);
  const fail = (times: number, status: number, type: string) => {
    double.failures.splice(
      0,
      Number.POSITIVE_INFINITY,
      ...Array.from({ length: times }, () => ({ status, type })),
    );
  };
  fail(1, 400, 'ThrottlingException');
  assert.deepEqual(await open(), made.kek);
  fail(20, 400, 'ThrottlingException');
  await refuses(open, 'unavailable', 'KMS_THROTTLED');
  fail(20, 500, 'KMSInternalException');
  await refuses(open, 'unavailable', 'KMS_UNAVAILABLE');
  fail(20, 503, 'SomethingNew');
  await refuses(open, 'unavailable', 'KMS_UNAVAILABLE');
  fail(1, 400, 'SomethingNew');
  await refuses(open, 'denied', 'KMS_REFUSED');
});

test('nobody at the endpoint, or one without TLS elsewhere, is said before a key goes over the line', async (t) => {
  const double = await start(t);
  const make = () => kms.newKey(kmsSecret(double.makeKey().arn), {}, binding);
  setEnvironment(t, { AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${await freePort()}` });
  await refuses(make, 'unavailable', 'KMS_UNREACHABLE');
  setEnvironment(t, { AWS_ENDPOINT_URL_KMS: 'http://kms.example.org' });
  await refuses(make, 'usage', 'KMS_ENDPOINT_PLAIN');
});

test('parameters that were made to do harm ask nobody', async (t) => {
  const double = await start(t);
  const key = double.makeKey();
  const secret = kmsSecret(key.arn);
  for (const params of [
    { key: key.arn },
    { key: key.arn, wrapped: '' },
    { key: key.arn, wrapped: '+/' },
    { key: 'arn:aws:kms:evil.example.org#:111122223333:key/a', wrapped: 'AAAA' },
    { key: key.arn.replace('key/', 'alias/'), wrapped: 'AAAA' },
    { key: 7, wrapped: 'AAAA' },
  ]) {
    await refuses(() => kms.keyEncryptionKey(secret, params, binding), 'corrupt', 'SLOT_BROKEN');
  }
  assert.deepEqual(double.calls, []);
});

test('an ARN is read exactly, and only keys that can be the same are asked', () => {
  const arn = 'arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1';
  assert.equal(parseKmsArn(arn).region, 'us-gov-west-1');
  for (const wrong of ['', 'alias/backup', `${arn}\n`, arn.replace('kms', 's3'), arn.replace('1111', '')]) {
    assert.throws(
      () => parseKmsArn(wrong),
      (error) => isFailure(error, 'usage', 'KMS_ARN_INVALID'),
      wrong,
    );
  }
  const own = parseKmsArn(arn);
  const asked = (named: string) => keyToAsk(parseKmsArn(named), own)?.arn;
  assert.equal(asked(arn), arn);
  assert.equal(asked(arn.replace('key/mrk-1', 'alias/x')), arn);
  assert.equal(asked(arn.replace('west', 'east')), arn.replace('west', 'east'));
  assert.equal(asked(arn.replace('mrk-1', 'mrk-2')), undefined);
  assert.equal(asked(arn.replace('111122223333', '999922223333')), undefined);
  assert.equal(
    asked(arn.replace('us-gov-west-1', 'us-gov-east-1').replace('key/mrk-1', 'alias/x')),
    undefined,
  );
});
