// SSM parameters as a source, against our double of the service.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import ssm, { gatherParameters } from '../../src/sources/ssm.ts';
import { testContext } from '../world.ts';
import { contentsOf, startAws } from './aws-world.ts';

const region = 'eu-central-1';

test('all parameters below a path come with type and tags, decrypted, over all pages', async (t) => {
  const double = await startAws(t);
  for (let index = 0; index < 12; index += 1) {
    double.parameters.push({ name: `/prod/${index}`, type: 'SecureString', value: `secret ${index}` });
  }
  double.parameters.push({ name: '/prod/list', type: 'StringList', value: 'a,b' });
  double.parameters.push({ name: '/prod/list/value', type: 'String', value: 'below a parameter' });
  double.parameters.push({ name: '/production', type: 'String', value: 'another path' });
  const context = testContext();
  using source = ssm.open(await gatherParameters({ region, path: '/prod/' }, context), context);
  const contents = contentsOf(source, context);
  assert.deepEqual(context.problems, []);
  for (let index = 0; index < 12; index += 1) {
    assert.equal(contents.get(`/ssm/${region}/prod/${index}~value`), `secret ${index}`);
  }
  assert.equal(contents.get(`/ssm/${region}/prod/list~value`), 'a,b');
  assert.equal(contents.get(`/ssm/${region}/prod/list/value~value`), 'below a parameter');
  const told = JSON.parse(contents.get(`/ssm/${region}/prod/list~parameter.json`)!);
  assert.deepEqual([told.Type, told.Version], ['StringList', 3]);
  assert.deepEqual(told.Tags, [{ Key: 'of', Value: '/prod/list' }]);
  assert.equal(contents.size, 28);
});

test('"/" is all there is, names without a slash too', async (t) => {
  const double = await startAws(t);
  for (const name of ['plain', '/a/b']) double.parameters.push({ name, type: 'String', value: name });
  const context = testContext();
  using source = ssm.open(await gatherParameters({ region, path: '/' }, context), context);
  const values = [...contentsOf(source, context).keys()].filter((path) => path.endsWith('~value'));
  assert.deepEqual(values, [`/ssm/${region}/plain~value`, `/ssm/${region}/a/b~value`]);
});

test('one parameter that may not be decrypted costs no other one, and is a problem', async (t) => {
  const double = await startAws(t);
  for (const name of ['/p/a', '/p/b', '/p/c']) {
    double.parameters.push({ name, type: 'SecureString', value: `value of ${name}` });
  }
  double.denied.add('GetParameters /p/b').add('ListTagsForResource /p/c');
  const context = testContext();
  using source = ssm.open(await gatherParameters({ region, path: '/p' }, context), context);
  const contents = contentsOf(source, context);
  assert.equal(contents.get(`/ssm/${region}/p/a~value`), 'value of /p/a');
  assert.equal(contents.get(`/ssm/${region}/p/c~value`), 'value of /p/c');
  assert.deepEqual(
    context.problems.map(({ path, code }) => [path, code]),
    [
      [`/ssm/${region}/p/b~value`, 'SECRET_DENIED'],
      [`/ssm/${region}/p/c~tags.json`, 'SECRET_DENIED'],
    ],
  );
});

test('without any region it is said which option gives one', async (t) => {
  await startAws(t);
  await assert.rejects(gatherParameters({ path: '/' }, testContext()), { code: 'AWS_REGION_MISSING' });
});
