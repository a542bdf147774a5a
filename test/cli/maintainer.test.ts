// Maintenance keys through the program: made, used without a passphrase, refused for everything else, taken back.

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { World } from './holdfast.ts';

test('a key that maintainer add makes prunes and checks without a passphrase, until it is removed', () => {
  using world = new World().init();
  writeFileSync(world.path('a.txt'), 'content');
  world.run(['backup', world.path('a.txt')]);
  const file = world.path('nightly.key');
  assert.equal(world.run(['maintainer', 'add', 'nightly', '--json']).end.code, 'MAINTENANCE_KEY_PLACE');
  const added = world.run(['maintainer', 'add', 'nightly', '--to', file]);
  assert.equal(added.exit, 0, JSON.stringify(added));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(!added.output.includes(readFileSync(file, 'utf8').trim()));
  const without = { environment: { HOLDFAST_PASSWORD_FILE: undefined } };
  const pruned = world.run(['prune', '--maintenance-key', file, '--json'], without);
  assert.equal(pruned.exit, 0, pruned.output);
  const checked = world.run(['check', '--read-data', '--json'], {
    environment: { ...without.environment, HOLDFAST_MAINTENANCE_KEY_FILE: file },
  });
  assert.equal(checked.exit, 0, checked.output);
  assert.match(checked.output, /CHECKED_WITHOUT_NAMES/);
  const asked = world.run(['check', 'latest', '--maintenance-key', file, '--json'], without);
  assert.equal(asked.end.code, 'MAINTENANCE_ONLY');
  assert.match(world.run(['maintainer', 'list']).output, /nightly/);
  assert.equal(world.run(['maintainer', 'remove', 'nobody', '--json']).end.code, 'MAINTAINER_UNKNOWN');
  assert.equal(world.run(['maintainer', 'remove', 'nightly']).exit, 0);
  const after = world.run(['prune', '--maintenance-key', file, '--json'], without);
  assert.equal(after.end.code, 'MAINTENANCE_KEY_REVOKED');
  assert.equal(world.run(['check', '--read-data']).exit, 0);
});
