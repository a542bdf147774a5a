// Repositories that a token or a KMS key unlocks, by the real program: from `init` to `key add`, and what it says when they do not.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { accessKeyId, secretAccessKey, startKmsDouble } from '../servers/kms-double.ts';
import { programsOrSkip } from '../servers/process.ts';
import { pin, type SoftHsm, startSoftHsm } from '../servers/softhsm.ts';
import { project, type Ran, World } from './holdfast.ts';

interface Place {
  readonly world: World;
  readonly hsm: SoftHsm;
  readonly uri: string;
  run(...words: readonly string[]): Ran;
  runWith(environment: Readonly<Record<string, string | undefined>>, ...words: readonly string[]): Ran;
}

function place(t: TestContext): Place | undefined {
  const hsm = startSoftHsm(t);
  if (hsm === undefined) return;
  t.after(() => hsm[Symbol.dispose]());
  const world = new World();
  t.after(() => world[Symbol.dispose]());
  writeFileSync(world.path('pin'), `${pin}\n`, { mode: 0o600 });
  const runWith: Place['runWith'] = (environment, ...words) =>
    world.run(words, {
      environment: {
        ...hsm.environment,
        HOLDFAST_PASSWORD_FILE: undefined,
        HOLDFAST_PKCS11_CONFIG: hsm.configPath,
        ...environment,
      },
    });
  const uri = `pkcs11:token=vault;object=backup?pin-source=file:${world.path('pin')}`;
  return { world, hsm, uri, run: (...words) => runWith({}, ...words), runWith };
}

test('a repository lives by a token alone: init, backup, key test, restore, and no PIN is left anywhere', (t) => {
  const at = place(t);
  if (at === undefined) return;
  const { world, uri, run, runWith } = at;
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files/a'), 'content');
  const variables = {
    HOLDFAST_PKCS11: 'pkcs11:token=vault',
    HOLDFAST_PKCS11_PIN_COMMAND: `cat ${world.path('pin')}`,
  };
  const runs = [
    run('init', '--pkcs11', uri, '--create-key'),
    run('backup', 'files', '--pkcs11', uri),
    runWith({ ...variables, HOLDFAST_PASSWORD_FILE: world.passwordFile }, 'key', 'test', '--pkcs11', uri),
    runWith({ HOLDFAST_PKCS11: 'pkcs11:', HOLDFAST_PKCS11_PIN_FILE: world.path('pin') }, 'key', 'list'),
    runWith(variables, 'restore', 'latest', '--target', world.path('back')),
  ];
  assert.deepEqual(
    runs.map(({ exit, errors }) => (exit === 0 ? '' : errors)),
    ['', '', '', '', ''],
  );
  assert.match(runs[3]!.output, /pkcs11/);
  for (const { output, errors } of runs) assert.ok(!(output + errors).includes(pin));
  for (const folder of ['state', 'repository', 'back']) {
    for (const name of readdirSync(world.path(folder), {
      recursive: true,
      withFileTypes: true,
      encoding: 'utf8',
    })) {
      if (!name.isFile()) continue;
      assert.ok(!readFileSync(join(name.parentPath, name.name), 'utf8').includes(pin), name.name);
    }
  }
});

test('a token is added beside a passphrase, and each opens alone', (t) => {
  const at = place(t);
  if (at === undefined) return;
  const { world, uri, run, runWith } = at;
  world.init();
  const words = ['key', 'add', '--new-pkcs11', uri, '--create-key', '--label', 'safe', '--json'];
  const added = runWith({ HOLDFAST_PASSWORD_FILE: world.passwordFile }, ...words);
  assert.equal(added.exit, 0, added.errors);
  const tested = run('key', 'test', '--pkcs11', uri, '--json');
  assert.equal(tested.exit, 0, tested.errors);
  assert.equal(world.run(['key', 'test']).exit, 0);
  // The PIN that is refused for one slot is not tried on others, and what is said is what the token said.
  writeFileSync(world.path('pin'), 'wrong-pin\n');
  const wrong = run('key', 'test', '--pkcs11', uri, '--json');
  assert.equal(wrong.exit, 3, wrong.errors);
  assert.match(wrong.output + wrong.errors, /PKCS11_PIN_WRONG/);
  assert.doesNotMatch(wrong.output + wrong.errors, /a key slot cannot be used/);
  at.hsm.unplug();
  const absent = run('key', 'test', '--pkcs11', uri, '--json');
  assert.equal(absent.exit, 6, absent.errors);
  assert.match(absent.output + absent.errors, /PKCS11_MODULE_FAILED/);
});

test('a PIN in an argument, no PIN, an unsafe configuration and a bad ARN are refused with a hint', (t) => {
  const at = place(t);
  if (at === undefined) return;
  const { world, hsm, run, runWith } = at;
  world.init();
  const cases: readonly [Ran, exit: number, code: string][] = [
    [run('key', 'list', '--pkcs11', `pkcs11:token=vault?pin-value=${pin}`), 2, 'PKCS11_PIN_IN_URI'],
    [run('key', 'list', '--pkcs11', 'vault'), 2, 'PKCS11_URI_INVALID'],
    [run('key', 'list', '--kms', 'alias/backup'), 2, 'KMS_ARN_INVALID'],
    [
      run('init', '-r', world.path('other'), '--pkcs11', 'pkcs11:token=vault;object=k'),
      3,
      'PKCS11_PIN_MISSING',
    ],
    [
      runWith(
        { HOLDFAST_PKCS11_CONFIG: join(hsm.folder, 'none') },
        'init',
        '-r',
        world.path('more'),
        '--pkcs11',
        at.uri,
      ),
      4,
      'PKCS11_CONFIG_MISSING',
    ],
  ];
  for (const [{ exit, output, errors }, expected, code] of cases) {
    assert.equal(exit, expected, errors);
    assert.match(errors, new RegExp(code));
    assert.ok(!(output + errors).includes(pin), errors);
  }
});

test('a PIN is in no argument and no environment of any process', (t) => {
  if (!programsOrSkip(t, ['strace'], 'strace')) return;
  const at = place(t);
  if (at === undefined) return;
  const { world, hsm, uri } = at;
  const trace = world.path('trace');
  const words = ['init', '--pkcs11', uri, '--create-key'];
  const ran = world.run(words, {
    under: ['strace', '-f', '-v', '-s', '65536', '-e', 'trace=execve', '-o', trace],
    environment: {
      ...hsm.environment,
      HOLDFAST_PASSWORD_FILE: undefined,
      HOLDFAST_PKCS11_CONFIG: hsm.configPath,
    },
  });
  assert.equal(ran.exit, 0, ran.errors);
  const seen = readFileSync(trace, 'utf8');
  assert.match(seen, /key-process/);
  assert.match(seen, /HOLDFAST_PKCS11_CONFIG=/);
  // strace writes what is not ASCII in octal, so the plain part is looked for.
  const plain = pin.slice(0, 5);
  for (const form of [plain, Buffer.from(pin).toString('base64').slice(0, 6)])
    assert.ok(!seen.includes(form), form);
});

test('a key of KMS unlocks from init on, and what KMS refuses is said by its code', async () => {
  await using double = await startKmsDouble();
  using world = new World();
  const key = double.makeKey();
  // Not World.run: the double answers in this process, which must not wait.
  const run = async (...words: readonly string[]) => {
    const child = spawn(join(project, 'bin/holdfast'), words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: world.folder,
        HOLDFAST_REPOSITORY: world.repository,
        HOLDFAST_KMS: key.arn,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_ENDPOINT_URL_KMS: double.endpoint,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    const [[exit], output, errors] = await Promise.all([
      once(child, 'close') as Promise<[number]>,
      text(child.stdout),
      text(child.stderr),
    ]);
    return { exit, output, errors };
  };
  const made = await run('init');
  assert.equal(made.exit, 0, made.errors);
  const tested = await run('key', 'test');
  assert.equal(tested.exit, 0, tested.errors);
  key.state = 'Disabled';
  const disabled = await run('key', 'test');
  assert.equal(disabled.exit, 3, disabled.errors);
  assert.match(disabled.errors, /KMS_KEY_DISABLED/);
  assert.ok(!(disabled.output + disabled.errors).includes(secretAccessKey));
});
