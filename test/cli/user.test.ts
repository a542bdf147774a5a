// `holdfast user`, `token` and `approval`: an administrator at the machine makes, shows and ends what people get in with.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { Secret as OtpSecret, TOTP } from 'otpauth';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { readAmbient } from '../../src/cli/ambient.ts';
import { run as runProgram } from '../../src/cli/program.ts';
import { authenticateToken } from '../../src/identity/authenticate.ts';
import { createHasher } from '../../src/identity/passwords/hasher.ts';
import { requestApproval } from '../../src/identity/second-person.ts';
import { scratch, testContext } from '../world.ts';

/** The whole program in this process: many runs, and each of its own would take longer than what it does. */
async function ranHere(words: readonly string[]) {
  let text = '';
  const taker = new Writable({
    write(bytes, _encoding, done) {
      text += String(bytes);
      done();
    },
  }) as unknown as NodeJS.WriteStream & { fd: 1 };
  const exit = await runProgram({
    ...readAmbient(),
    arguments: words,
    environment: {},
    output: taker,
    errors: taker,
    onSignal: () => undefined,
  });
  const end = () => JSON.parse(text.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>;
  return { exit, text, end };
}

const good = 'tulip cupboard 4 north bucket';

test('accounts are made in the catalog that the configuration names, where "holdfast up" serves them', async () => {
  using folder = scratch();
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at('new-password'), `${good}\n`, { mode: 0o600 });
  writeFileSync(at('holdfast.yaml'), JSON.stringify({ catalog: { place: at('named') } }));
  const words = [
    'user',
    'add',
    'anna',
    '--role',
    'admin',
    '--new-password-file',
    at('new-password'),
    '--json',
  ];
  const made = await ranHere([...words, '--config', at('holdfast.yaml')]);
  assert.equal(made.exit, 0, made.text);
  const found = await ranHere(['user', 'show', 'anna', '--json', '--catalog', at('named')]);
  assert.equal(found.exit, 0, found.text);
});

test('accounts are made, shown, changed and removed at the machine, and no password is ever printed', async () => {
  using folder = scratch();
  const at = (name: string) => join(folder.path, name);
  const location = at('catalog');
  const file = at('new-password');
  writeFileSync(file, `${good}\n`, { mode: 0o600 });
  let said = '';
  const run = async (...words: readonly string[]) => {
    const ran = await ranHere([...words, '--catalog', location]);
    said += ran.text;
    return ran;
  };
  const result = async (...words: readonly string[]) => {
    const ran = await run(...words, '--json');
    assert.equal(ran.exit, 0, words.join(' ') + ran.text);
    return ran.end()['result'] as Record<string, unknown>;
  };
  const code = async (...words: readonly string[]) => {
    const ran = await run(...words, '--json');
    assert.notEqual(ran.exit, 0, words.join(' '));
    return ran.end()['code'];
  };
  assert.equal(await code('user', 'list'), 'CATALOG_MISSING');
  assert.equal(
    (await result('user', 'add', 'Ana', '--role', 'admin', '--new-password-file', file)).name,
    'ana',
  );
  assert.match(String((await result('user', 'add', 'bob', '--invite')).invitation), /^ho_/);
  writeFileSync(at('weak'), 'password1234\n', { mode: 0o600 });
  assert.equal(await code('user', 'add', 'eve', '--new-password-file', at('weak')), 'PASSWORD_WEAK');
  assert.equal(await code('user', 'role', 'ana', 'viewer'), 'LAST_ADMIN');
  assert.equal(await code('user', 'grant', 'bob', 'restorer', '--policy', 'files'), 'POLICY_UNKNOWN');
  const context = testContext();
  {
    await using catalog = await openCatalog({ location }, context);
    await applyConfiguration(
      catalog,
      {
        repositories: { main: { place: '/srv/repository', unlock: { keyFile: '/srv/key' } } },
        policies: {
          files: {
            repositories: ['main'],
            sources: [{ kind: 'files', paths: ['/srv'] }],
            schedule: 'manual',
            retention: 'none',
          },
        },
      },
      { node: 'n', actor: 'root', method: 'local' },
      context,
    );
  }
  const { id } = await result(
    'user',
    'grant',
    'bob',
    'restorer',
    '--policy',
    'files',
    '--folder',
    '/srv/kids',
  );
  await result('user', 'role', 'bob', 'none');
  const shown = await result('user', 'show', 'bob');
  assert.equal(shown.role, 'none');
  assert.equal((shown.grants as { folder: string }[])[0]?.folder, '/srv/kids');
  await result('user', 'revoke', 'bob', String(id));

  const current = ['--current-password-file', file];
  const { secret } = await result('user', 'totp', 'ana', 'enrol', ...current);
  const codeFile = at('code');
  const app = new TOTP({ secret: OtpSecret.fromBase32(String(secret)) });
  writeFileSync(codeFile, app.generate(), { mode: 0o600 });
  const confirmed = await result('user', 'totp', 'ana', 'confirm', ...current, '--code-file', codeFile);
  assert.equal((confirmed.recoveryCodes as string[]).length, 10);
  assert.equal(((await result('user', 'show', 'ana')).factors as unknown[]).length, 1);
  assert.equal((await result('user', 'totp', 'ana', 'reset')).removed, 11);

  assert.equal(await code('token', 'create', 'ci'), 'TOKEN_NEEDS_USER');
  assert.equal(await code('token', 'create', 'ci', '--user', 'ana', '--scope', 'all'), 'PERMISSION_UNKNOWN');
  const made = await result(
    'token',
    'create',
    'ci',
    '--user',
    'ana',
    '--scope',
    'run:read',
    '--expires',
    '30d',
  );
  {
    await using catalog = await openCatalog({ location }, context);
    const clock = { ...context.clock, now: () => Date.now() };
    const live = { ...context, clock };
    const who = await authenticateToken(catalog, String(made.token), undefined, live);
    assert.equal(who?.actor, 'ana/ci');
    const desk = { catalog, node: 'n', hasher: createHasher(), profile: 'standard' } as const;
    await requestApproval(
      desk,
      { kind: 'user', userId: 'u', actor: 'cy', method: 'session', role: 'admin', grants: [], isFresh: true },
      { permission: 'key:export', target: {}, object: 'key of main', order: {} },
      { summary: 's', reason: 'r' },
      live,
    );
  }
  assert.ok(!JSON.stringify(await result('token', 'list')).includes(String(made.token)));
  await result('token', 'revoke', String(made.id));
  const [asked] = (await result('approval', 'list')).approvals as { id: string; state: string }[];
  assert.equal((await result('approval', 'approve', asked!.id)).state, 'approved');
  assert.equal(await code('approval', 'refuse', asked!.id), 'APPROVAL_DECIDED');
  assert.deepEqual((await result('approval', 'list')).approvals, []);

  await result('user', 'rename', 'bob', 'robert');
  await result('user', 'disable', 'robert');
  await result('user', 'enable', 'robert');
  assert.equal((await result('user', 'sessions', 'robert', '--end-all')).ended, 0);
  await result('user', 'password', 'robert', '--new-password-file', file);
  await result('user', 'remove', 'robert');
  assert.equal(await code('user', 'show', 'robert'), 'USER_UNKNOWN');
  assert.deepEqual(
    ((await result('user', 'list')).users as { name: string }[]).map(({ name }) => name),
    ['ana'],
  );
  assert.ok(!said.includes(good) && !said.includes('argon2'));
  assert.deepEqual((await result('catalog', 'audit', 'verify')).findings, []);
  for (const lang of ['en', 'de']) {
    assert.match((await run('user', 'list', '--lang', lang)).text, /^ana +admin/m);
  }
});
