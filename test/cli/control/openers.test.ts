// Rules of a configuration become open places, with secrets found by reference and refused where others could have read them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import { readAmbient } from '../../../src/cli/ambient.ts';
import { createOpeners } from '../../../src/cli/control/openers.ts';
import { resolveReference } from '../../../src/cli/control/references.ts';
import { repositorySchema } from '../../../src/model/configuration/places.ts';
import { sourceSchema } from '../../../src/model/configuration/policy.ts';
import { testContext, writeTree } from '../../world.ts';
import { World } from '../holdfast.ts';

const context = testContext();

function text(secret: Secret): string {
  return Buffer.from(secret.reveal()).toString('utf8');
}

function code(error: unknown): string {
  return isFailure(error) ? error.code : String(error);
}

test('a secret is the first line of a file, of a variable, of what a command prints, or what lies sealed', async () => {
  using world = new World();
  const environment = { MAIL: 'by variable', PATH: process.env['PATH'], HUSH: 'not for commands' };
  const sealed = async (name: string) => new Secret(Buffer.from(`sealed ${name}`));
  const resolve = async (reference: string) =>
    text(await resolveReference(reference, { environment, sealed }, context));
  assert.equal(await resolve(`file:${world.passwordFile}`), 'correct horse battery staple');
  assert.equal(await resolve('env:MAIL'), 'by variable');
  assert.equal(await resolve('command:/bin/echo  two words; $HOME'), 'two words; $HOME');
  assert.equal(await resolve('sealed:mail'), 'sealed mail');
  await assert.rejects(
    resolve('command:/usr/bin/printenv HUSH'),
    (error) => code(error) === 'SECRET_COMMAND_FAILED',
  );
});

test('what leads to no secret is refused with the reference and without what was found', async () => {
  using world = new World();
  const refused = async (reference: string) => {
    const places = { environment: { EMPTY: '' } };
    const error = await resolveReference(reference, places, context).then(
      () => undefined,
      (one: unknown) => one,
    );
    assert.ok(isFailure(error), reference);
    assert.doesNotMatch(`${error.message} ${error.hint} ${JSON.stringify(error.facts)}`, /correct horse/);
    return error.code;
  };
  chmodSync(world.passwordFile, 0o640);
  assert.equal(await refused(`file:${world.passwordFile}`), 'SECRET_FILE_TOO_OPEN');
  assert.equal(await refused(`file:${world.path('gone')}`), 'SECRET_FILE_UNREADABLE');
  assert.equal(await refused(`file:${world.folder}`), 'SECRET_FILE_UNREADABLE');
  // A pipe into which nobody writes would hold the job up for ever.
  execFileSync('mkfifo', ['-m', '600', world.path('pipe')]);
  assert.equal(await refused(`file:${world.path('pipe')}`), 'SECRET_FILE_UNREADABLE');
  assert.equal(await refused('env:EMPTY'), 'SECRET_EMPTY');
  assert.equal(await refused('env:NOWHERE'), 'SECRET_VARIABLE_MISSING');
  assert.equal(await refused('sealed:x'), 'SECRET_NOT_SEALED');
  assert.equal(await refused('correct horse'), 'SECRET_REFERENCE');
});

test('repositories open by password, writer key and maintenance key, each for what its key can do', async () => {
  using world = new World().init();
  const made = [
    world.run(['writer', 'add', 'host', '--to', world.path('writer')]),
    world.run(['maintainer', 'add', 'nightly', '--to', world.path('maintenance')]),
  ];
  for (const { exit, errors } of made) assert.equal(exit, 0, errors);
  const ambient = { ...readAmbient(), stateDirectory: world.path('other-state') };
  const openers = createOpeners(ambient, { environment: {} });
  const rules = (unlock: object) => repositorySchema.parse({ place: world.repository, unlock });
  const password = `file:${world.passwordFile}`;
  const keys = { writerKey: world.path('writer'), maintenanceKey: world.path('maintenance') };
  const can = async (unlock: object, purpose: 'read' | 'write' | 'upkeep') => {
    await using repository = await openers.repository(rules(unlock), purpose, context);
    if (repository.sealed !== undefined) return 'write only';
    return repository.ring.isMaintenance ? 'upkeep only' : 'all';
  };
  assert.equal(await can({ password }, 'read'), 'all');
  assert.equal(await can(keys, 'write'), 'write only');
  assert.equal(await can({ password, ...keys }, 'write'), 'all');
  assert.equal(await can({ password, ...keys }, 'upkeep'), 'upkeep only');
  assert.equal(await can({ password }, 'upkeep'), 'all');
});

test('a source leaves out what its rules and the repositories of this machine are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-openers-'));
  try {
    writeTree(folder, { 'a.txt': 'a', 'b.tmp': 'b', 'inner/ä.txt': 'c', 'repository/config': 'd' });
    mkdirSync(join(folder, 'empty'));
    writeFileSync(join(folder, 'patterns'), '# none of these\n*.tmp\n');
    const openers = createOpeners(readAmbient(), { environment: {} });
    const rules = sourceSchema.parse({
      kind: 'files',
      paths: [folder],
      exclude: ['empty'],
      excludeFiles: [join(folder, 'patterns')],
    });
    const own = repositorySchema.parse({
      place: join(folder, 'repository'),
      unlock: { password: 'env:X' },
    });
    const { source, spec } = await openers.source(rules, [own], context);
    using opened = source;
    const names: string[] = [];
    for (const event of opened.walk(context)) {
      if (event.type === 'directory' && event.listing.path.startsWith(folder))
        names.push(...event.listing.names);
    }
    assert.deepEqual(
      names.sort(),
      ['a.txt', 'inner', 'patterns', Buffer.from('ä.txt').toString('latin1')].sort(),
    );
    assert.equal(spec.kind, 'files');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
