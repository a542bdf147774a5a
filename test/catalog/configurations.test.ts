// What is applied holds for everybody, and is written down once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { listAudit } from '../../src/catalog/audit.ts';
import {
  applyConfiguration,
  checkPolicyInput,
  configurationRevision,
  currentConfiguration,
  lastApplied,
} from '../../src/catalog/configurations.ts';
import { deletePolicy, policyNamed, savePolicy } from '../../src/catalog/policies.ts';
import type { ConfigurationInput } from '../../src/model/configuration/configuration.ts';
import type { PolicyInput } from '../../src/model/configuration/policy.ts';
import { onBoth } from './catalog-world.ts';

const code = (wanted: string) => (error: unknown) => isFailure(error, undefined, wanted);
const applying = { actor: 'ada', node: 'one' };

const files: PolicyInput = {
  sources: [{ kind: 'files', paths: ['/srv'] }],
  repositories: ['disk'],
  schedule: '0 2 * * *',
  retention: { keepDaily: 7 },
};

const first: ConfigurationInput = {
  repositories: { disk: { place: '/mnt/backup', unlock: { password: 'file:/etc/holdfast/password' } } },
  policies: { files },
};

test('what is applied is read back, and applying it again changes and audits nothing', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    assert.equal((await currentConfiguration(catalog, context)).health.interval, 300_000);
    assert.equal(await lastApplied(catalog, context), undefined);
    const applied = await applyConfiguration(catalog, first, applying, context);
    assert.deepEqual(applied, { revision: 1, changed: true, savedPolicies: ['files'], deletedPolicies: [] });
    const seen = await configurationRevision(catalog, context);
    const again = await applyConfiguration(catalog, first, applying, context);
    assert.deepEqual(again, { revision: 1, changed: false, savedPolicies: [], deletedPolicies: [] });
    assert.equal(await configurationRevision(catalog, context), seen);
    const current = await currentConfiguration(catalog, context);
    assert.equal(current.policies.files?.rpo, 26 * 3_600_000);
    assert.equal(current.repositories.disk?.place, '/mnt/backup');
    assert.equal((await lastApplied(catalog, context))?.appliedBy, 'ada');
    const { items } = await listAudit(catalog, { action: 'configuration:apply' }, context);
    assert.equal(items.length, 1);
  }));

test('policies that left the file go, those of the API stay, and what they need may not go', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    await applyConfiguration(catalog, first, applying, context);
    await savePolicy(catalog, await checkPolicyInput(catalog, 'mine', files, context), context);
    const without = { ...first, policies: {} };
    const applied = await applyConfiguration(catalog, without, applying, context);
    assert.deepEqual(applied.deletedPolicies, ['files']);
    assert.deepEqual(Object.keys((await currentConfiguration(catalog, context)).policies), ['mine']);
    await assert.rejects(applyConfiguration(catalog, {}, applying, context), code('CONFIG_STILL_NEEDED'));
    assert.equal((await lastApplied(catalog, context))?.revision, 2);
    await deletePolicy(catalog, 'mine', context);
    assert.equal((await applyConfiguration(catalog, {}, applying, context)).revision, 3);
  }));

test('a change of one policy is a revision of its own, with who applied it', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    await applyConfiguration(catalog, first, applying, context);
    const changed = { ...first, policies: { files: { ...files, priority: 1 } } };
    const applied = await applyConfiguration(catalog, changed, { actor: 'bob', node: 'two' }, context);
    assert.deepEqual([applied.revision, applied.savedPolicies], [2, ['files']]);
    const last = await lastApplied(catalog, context);
    assert.deepEqual([last?.revision, last?.appliedBy, last?.node], [2, 'bob', 'two']);
  }));

test('a policy paused by the API stays paused until the file changes it', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    await applyConfiguration(catalog, first, applying, context);
    const { config } = (await policyNamed(catalog, 'files', context))!;
    const before = await configurationRevision(catalog, context);
    await savePolicy(catalog, { name: 'files', config, enabled: false }, context);
    assert.equal((await policyNamed(catalog, 'files', context))?.origin, 'file');
    assert.ok((await configurationRevision(catalog, context)) > before);
    await applyConfiguration(catalog, first, applying, context);
    assert.equal((await currentConfiguration(catalog, context)).policies.files?.enabled, false);
    const changed = { ...first, policies: { files: { ...files, priority: 1 } } };
    await applyConfiguration(catalog, changed, applying, context);
    assert.equal((await currentConfiguration(catalog, context)).policies.files?.enabled, true);
  }));

test('a policy of the API is checked as one of the file is', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    await applyConfiguration(catalog, first, applying, context);
    for (const wrong of [
      { ...files, repositories: ['elsewhere'] },
      { ...files, shedule: '0 2 * * *' },
      { ...files, schedule: '61 2 * * *' },
      'files',
    ]) {
      await assert.rejects(checkPolicyInput(catalog, 'mine', wrong, context), code('CONFIG_INVALID'));
    }
  }));
