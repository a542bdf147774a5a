// Secrets Manager as a source, against our double of it: all pages, all versions, and nothing that is refused goes missing in silence.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import secretsManager, { gatherSecrets } from '../../src/sources/secrets-manager.ts';
import { testContext } from '../world.ts';
import { contentsOf, startAws } from './aws-world.ts';

const region = 'eu-central-1';
const root = `/secrets-manager/${region}`;
const one = (value: string | Buffer) => ({ v1: { stages: ['AWSCURRENT'], value } });

test('every secret of every page is saved with all its versions, their bytes exact, and what is said of it', async (t) => {
  const double = await startAws(t);
  const binary = Buffer.from([0, 255, 10, 13, 0]);
  for (let index = 0; index < 5; index += 1)
    double.secrets.push({ name: `shop/${index}`, versions: one('x') });
  double.secrets.push({
    name: 'prod/db',
    description: 'the shop',
    policy: '{"Version":"2012-10-17"}',
    versions: {
      old: { stages: [], value: 'before' },
      v1: { stages: ['AWSPREVIOUS'], value: 'pässword' },
      v2: { stages: ['AWSCURRENT', 'live'], value: binary },
    },
  });
  const context = testContext();
  using source = secretsManager.open(await gatherSecrets({ region }, context), context);
  const contents = contentsOf(source, context);
  assert.deepEqual(context.problems, []);
  for (let index = 0; index < 5; index += 1)
    assert.equal(contents.get(`${root}/shop/${index}~v1.value`), 'x');
  assert.equal(contents.get(`${root}/prod/db~old.value`), 'before');
  assert.equal(Buffer.from(contents.get(`${root}/prod/db~v1.value`)!, 'latin1').toString(), 'pässword');
  assert.equal(contents.get(`${root}/prod/db~v2.value`), binary.toString('latin1'));
  assert.equal(contents.get(`${root}/prod/db~policy.json`), '{"Version":"2012-10-17"}');
  const version = JSON.parse(contents.get(`${root}/prod/db~v2.json`)!);
  assert.deepEqual(version.VersionStages, ['AWSCURRENT', 'live']);
  assert.equal(version.Type, 'SecretBinary');
  const described = JSON.parse(contents.get(`${root}/prod/db~secret.json`)!);
  assert.equal(described.Description, 'the shop');
  assert.equal(described.KmsKeyId, 'alias/shop');
  assert.deepEqual(described.Tags, [{ Key: 'team', Value: 'shop' }]);
  assert.deepEqual(described.RotationRules, { AutomaticallyAfterDays: 30 });
  assert.ok(!('LastAccessedDate' in described), 'what our own reading changes is left out');
});

test('what may not be read stays as an entry with a problem, and all others are saved', async (t) => {
  const double = await startAws(t);
  for (const name of ['a', 'b', 'c']) double.secrets.push({ name, versions: one(`value of ${name}`) });
  double.secrets.push({ name: 'dying', versions: one('gone'), deleted: true });
  double.denied.add('GetSecretValue b').add('ListSecretVersionIds c').add('GetResourcePolicy a');
  const context = testContext();
  using source = secretsManager.open(await gatherSecrets({ region }, context), context);
  const contents = contentsOf(source, context);
  assert.equal(contents.get(`${root}/a~v1.value`), 'value of a');
  const missing = [...contents].filter(([, content]) => content === undefined).map(([path]) => path);
  assert.deepEqual(missing, [
    `${root}/a~policy.json`,
    `${root}/b~v1.value`,
    `${root}/c~versions`,
    `${root}/dying~v1.value`,
  ]);
  assert.deepEqual(
    context.problems.map(({ path, code }) => [path, code]),
    missing.map((path) => [path, path.includes('dying') ? 'SECRET_NOT_READABLE' : 'SECRET_DENIED']),
  );
});

test('a prefix keeps to case and takes nothing else', async (t) => {
  const double = await startAws(t);
  for (const name of ['prod/a', 'PROD/b', 'test/c']) double.secrets.push({ name, versions: one('x') });
  const context = testContext();
  using source = secretsManager.open(await gatherSecrets({ region, prefix: 'prod/' }, context), context);
  const values = [...contentsOf(source, context).keys()].filter((path) => path.endsWith('.value'));
  assert.deepEqual(values, [`${root}/prod/a~v1.value`]);
});

test('throttled questions are asked again until they are answered', async (t) => {
  const double = await startAws(t);
  double.secrets.push({ name: 'a', versions: one('value') });
  double.throttled.set('ListSecrets', 1).set('GetSecretValue', 1);
  const context = testContext();
  using source = secretsManager.open(await gatherSecrets({ region }, context), context);
  assert.equal(contentsOf(source, context).get(`${root}/a~v1.value`), 'value');
  assert.deepEqual(context.problems, []);
  assert.equal(double.calls.filter((call) => call === 'GetSecretValue').length, 2);
});

test('a list that is refused, endless, or empty is a failure, not a small backup', async (t) => {
  const double = await startAws(t);
  const context = testContext();
  const empty = await gatherSecrets({ region }, context);
  using source = secretsManager.open(empty, context);
  assert.throws(() => contentsOf(source, context), { code: 'SOURCE_MISSING' });
  double.secrets.push({ name: 'a', versions: one('value') });
  double.endless.add('ListSecrets');
  await assert.rejects(gatherSecrets({ region }, context), { code: 'AWS_PAGES_ENDLESS' });
  double.denied.add('ListSecrets');
  await assert.rejects(gatherSecrets({ region }, context), { kind: 'denied', code: 'AWS_LISTING_DENIED' });
});

test('wrong credentials stop everything, also in the middle, and the message tells none of them', async (t) => {
  const double = await startAws(t);
  double.secrets.push({ name: 'a', versions: one('value') });
  process.env.AWS_SECRET_ACCESS_KEY = 'not-the-right-secret';
  await assert.rejects(gatherSecrets({ region }, testContext()), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'AWS_CREDENTIALS_REFUSED');
    assert.ok(!error.message.includes('not-the-right-secret'));
    return true;
  });
});

test('an endpoint without TLS on another machine is not asked', async (t) => {
  await startAws(t);
  process.env.AWS_ENDPOINT_URL = 'http://192.0.2.1';
  await assert.rejects(gatherSecrets({ region }, testContext()), { code: 'AWS_ENDPOINT_PLAIN' });
});
