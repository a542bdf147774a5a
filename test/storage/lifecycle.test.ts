import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  formatLifecycle,
  judgeLifecycle,
  lifecycleChanges,
  parseLifecycle,
  suggestedLifecycle,
} from '../../src/storage/lifecycle.ts';
import type { LifecycleRule } from '../../src/storage/storage.ts';

const cold: LifecycleRule = {
  id: 'cold packs',
  prefix: 'packs/',
  isEnabled: true,
  transitions: [{ afterDays: 30, storageClass: 'GLACIER' }],
  abortUploadsAfterDays: 7,
};
const isFrozen = (name: string) => name === 'GLACIER';

test('rules survive their file, and an equal set is no change', () => {
  const rules = [
    cold,
    { ...cold, id: 'old', isEnabled: false, expireAfterDays: 90, expireOldVersionsAfterDays: 3 },
  ];
  assert.deepEqual(parseLifecycle(formatLifecycle(rules), 'f'), rules);
  assert.deepEqual(lifecycleChanges(rules, parseLifecycle(formatLifecycle(rules), 'f')), []);
});

test('a comparison names what would be added, changed and removed', () => {
  const changed = { ...cold, transitions: [{ afterDays: 60, storageClass: 'GLACIER' }] };
  assert.deepEqual(lifecycleChanges([cold, { ...cold, id: 'gone' }], [changed, { ...cold, id: 'new' }]), [
    { change: 'changed', id: 'cold packs' },
    { change: 'added', id: 'new' },
    { change: 'removed', id: 'gone' },
  ]);
});

test('a file that holds no rules is refused with the reason', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{', /JSON/],
    ['{"Rules":{}}', /Rules/],
    ['{"Rules":[{"ID":"a","Status":"On"}]}', /Rules\.0\.Status/],
    ['{"Rules":[{"ID":"a","Status":"Enabled","Expiration":{"Days":0}}]}', /Rules\.0\.Expiration\.Days/],
    ['{"Rules":[{"ID":"a","Status":"Enabled","Expire":1}]}', /Rules\.0/],
    ['{"Rules":[{"ID":"a","Status":"Enabled"},{"ID":"a","Status":"Enabled"}]}', /two rules/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseLifecycle(text, 'f'), { kind: 'usage', code: 'LIFECYCLE_INVALID', message });
  }
});

test('a rule that freezes packs only is harmless, one that touches what opens a repository is not', () => {
  const judged = (rule: LifecycleRule) => judgeLifecycle([rule], isFrozen);
  assert.deepEqual(judged(cold), []);
  assert.deepEqual(judged({ ...cold, prefix: 'other/' }), []);
  assert.deepEqual(judged({ ...cold, prefix: '', isEnabled: false }), []);
  const cool = [{ afterDays: 30, storageClass: 'STANDARD_IA' }];
  assert.deepEqual(judged({ ...cold, prefix: '', transitions: cool }), []);
  for (const prefix of ['', 'm', 'meta/', 'meta/ab', 'snap']) {
    assert.match(judged({ ...cold, prefix })[0]?.detail ?? '', /freezes/, prefix);
  }
  for (const prefix of ['', 'packs/', 'packs/0', 'k']) {
    const found = judged({ ...cold, prefix, transitions: [], expireAfterDays: 90 });
    assert.match(found[0]?.detail ?? '', /deletes/, prefix);
  }
});

test('what is suggested is harmless, and is what config/s3_lifecycle.json holds', () => {
  const suggested = suggestedLifecycle('GLACIER', 30);
  assert.deepEqual(judgeLifecycle(suggested, isFrozen), []);
  const path = join(import.meta.dirname, '../../config/s3_lifecycle.json');
  assert.deepEqual(parseLifecycle(readFileSync(path, 'utf8'), path), suggested);
});
