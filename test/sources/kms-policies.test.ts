// Policies, aliases and grants of KMS keys as a source, against our double of KMS.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import kmsPolicies, { gatherKmsPolicies } from '../../src/sources/kms-policies.ts';
import { testContext } from '../world.ts';
import { contentsOf, startAws } from './aws-world.ts';

const region = 'eu-central-1';
const root = `/kms/${region}`;

test('each key comes with policy, aliases, all grants, rotation or public key, and says that its material is not here', async (t) => {
  const double = await startAws(t);
  double.keys.push({ id: 'k1', grants: 5, aliases: ['alias/a', 'alias/b', 'alias/c'] });
  double.keys.push({ id: 'k2', spec: 'RSA_3072' });
  double.keys.push({ id: 'k3', state: 'PendingDeletion' });
  const context = testContext();
  using source = kmsPolicies.open(await gatherKmsPolicies({ region }, context), context);
  const contents = contentsOf(source, context);
  assert.deepEqual(context.problems, []);
  const read = (path: string) => JSON.parse(contents.get(`${root}/${path}`)!);
  assert.match(read('k1/key.json').keyMaterial, /not in this backup/);
  assert.equal(read('k1/policy.json').Id, 'k1');
  assert.equal(read('k1/grants.json').length, 5);
  assert.deepEqual(
    read('k1/aliases.json').map(({ AliasName }: { readonly AliasName: string }) => AliasName),
    ['alias/a', 'alias/b', 'alias/c'],
  );
  assert.equal(read('k1/rotation.json').RotationPeriodInDays, 365);
  assert.ok(!contents.has(`${root}/k1/public-key.der`));
  assert.equal(contents.get(`${root}/k2/public-key.der`), 'public k2');
  assert.ok(!contents.has(`${root}/k2/rotation.json`));
  assert.equal(read('k3/key.json').KeyState, 'PendingDeletion');
});

test('a policy that may not be read is a problem of that key alone', async (t) => {
  const double = await startAws(t);
  double.keys.push({ id: 'k1' }, { id: 'k2' });
  double.denied.add('GetKeyPolicy k1').add('ListGrants k1').add('DescribeKey k1');
  const context = testContext();
  using source = kmsPolicies.open(await gatherKmsPolicies({ region }, context), context);
  const contents = contentsOf(source, context);
  assert.deepEqual(
    context.problems.map(({ path }) => path),
    [`${root}/k1/grants.json`, `${root}/k1/key.json`, `${root}/k1/policy.json`],
  );
  assert.ok(contents.get(`${root}/k2/policy.json`) !== undefined);
});
