// Keys of every software kind through the program: who gets a slot, who gets in, what a damaged or foreign slot can do, and the kit.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { password, type Ran, World } from './holdfast.ts';

const types = ['x25519', 'mlkem768-x25519', 'rsa', 'age'];
const noSecret = { environment: { HOLDFAST_KEY_FILE: undefined } };

function keyWorld(): World {
  return new World({ secret: 'key-file' }).init();
}

function generate(world: World, type: string, name = type): Ran {
  return world.run(['key', 'generate', '--type', type, '--to', `${name}.key`]);
}

function slots(world: World): string[] {
  return readdirSync(join(world.repository, 'keys')).filter((name) => name.startsWith('slot-'));
}

function done(ran: Ran): Ran {
  assert.equal(ran.exit, 0, ran.errors);
  return ran;
}

test('a generated pair opens its slot, is for its owner alone and is never replaced', () => {
  using world = keyWorld();
  for (const type of types) {
    const made = done(generate(world, type));
    assert.equal(made.output, readFileSync(world.path(`${type}.key.pub`), 'utf8'));
    assert.equal(statSync(world.path(`${type}.key`)).mode & 0o777, 0o600);
    done(world.run(['key', 'add', '--new-recipient', `${type}.key.pub`, '--label', type]));
    // The option wins over the variable that names the key file of this world.
    const tested = done(world.run(['key', 'test', '--identity', `${type}.key`, '--json']));
    assert.equal((tested.end as { result?: { type?: string } }).result?.type, type);
  }
  writeFileSync(world.path('half.key.pub'), 'mine');
  assert.equal(generate(world, 'age', 'half').exit, 5);
  assert.ok(!existsSync(world.path('half.key')), 'no private key without its public one');
  const before = readFileSync(world.path('age.key'));
  assert.equal(generate(world, 'age').exit, 5);
  assert.deepEqual(readFileSync(world.path('age.key')), before);
  assert.equal(
    done(world.run(['key', 'list']))
      .output.trimEnd()
      .split('\n')
      .at(-1),
    'PQ: no',
  );
});

test('the repository counts as post-quantum only while every key is', () => {
  using world = keyWorld();
  const last = () =>
    done(world.run(['key', 'list']))
      .output.trimEnd()
      .split('\n')
      .at(-1);
  done(generate(world, 'mlkem768-x25519'));
  done(world.run(['key', 'add', '--new-recipient', 'mlkem768-x25519.key.pub']));
  assert.equal(last(), 'PQ: yes');
  done(generate(world, 'x25519'));
  done(world.run(['key', 'add', '--new-recipient', 'x25519.key.pub']));
  assert.equal(last(), 'PQ: no');
});

test('a host with a public key alone makes a repository, is warned, and cannot open it', () => {
  using world = new World({ secret: 'key-file' });
  done(generate(world, 'x25519'));
  const made = done(world.run(['init', '--recipient', 'x25519.key.pub'], noSecret));
  assert.match(made.errors, /No secret on this machine/);
  assert.equal(world.run(['snapshots', '--identity', 'x25519.key.pub'], noSecret).exit, 3);
  chmodSync(world.path('x25519.key.pub'), 0o600);
  assert.equal(world.run(['snapshots', '--identity', 'x25519.key.pub'], noSecret).exit, 2);
  done(world.run(['snapshots', '--identity', 'x25519.key'], noSecret));
  done(
    world.run(['snapshots'], { environment: { ...noSecret.environment, HOLDFAST_IDENTITY: 'x25519.key' } }),
  );
  chmodSync(world.path('x25519.key'), 0o640);
  assert.equal(world.run(['snapshots', '--identity', 'x25519.key'], noSecret).exit, 3);
});

test('a private key under a passphrase opens with it, not with another, and neither is printed', () => {
  using world = keyWorld();
  done(generate(world, 'rsa'));
  done(world.run(['key', 'add', '--new-recipient', 'rsa.key.pub']));
  const locked = createPrivateKey(readFileSync(world.path('rsa.key'))).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  });
  writeFileSync(world.path('locked.pem'), locked, { mode: 0o600 });
  for (const [words, exit] of [
    ['open sesame', 0],
    ['close sesame', 3],
  ] as const) {
    writeFileSync(world.path('words'), words, { mode: 0o600 });
    const environment = { ...noSecret.environment, HOLDFAST_IDENTITY_PASSWORD_FILE: world.path('words') };
    const ran = world.run(['key', 'test', '--identity', 'locked.pem', '--verbose'], { environment });
    assert.equal(ran.exit, exit, ran.errors);
    assert.ok(!(ran.output + ran.errors).includes('sesame'));
  }
  const unsaid = world.run(['key', 'test', '--identity', 'locked.pem'], noSecret);
  assert.match(unsaid.errors, /hint: Use the variable HOLDFAST_IDENTITY_PASSWORD_FILE/);
});

test('slots of an unknown type, cut off or from another repository are told and keep nobody out', () => {
  using world = keyWorld();
  using other = keyWorld();
  const folder = join(world.repository, 'keys');
  const [own] = slots(world);
  const slot = JSON.parse(readFileSync(join(folder, own!), 'utf8')) as Record<string, unknown>;
  const put = (digit: string, content: string | Buffer) =>
    writeFileSync(join(folder, `slot-${digit.repeat(32)}`), content);
  // First in the order of names, so that it is met before the one that opens. Its keys stand as canonical JSON wants.
  put('0', JSON.stringify({ ...slot, id: '0'.repeat(32), type: 'telepathy' }));
  put('b', readFileSync(join(folder, own!)).subarray(0, 100));
  put('c', readFileSync(join(other.repository, 'keys', slots(other)[0]!)));
  // Sound in itself, but whoever had the slot of this name is locked out.
  put('d', readFileSync(join(folder, own!)));
  const opened = done(world.run(['snapshots']));
  assert.match(opened.errors, /type that this version does not know/);
  const list = done(world.run(['key', 'list'])).output;
  assert.match(list, /000000000000 {2}damaged/);
  assert.match(list, /bbbbbbbbbbbb {2}damaged/);
  assert.match(list, /cccccccccccc {2}damaged/);
  assert.match(list, /dddddddddddd {2}damaged/);
  assert.match(list, new RegExp(`${own!.slice(5, 17)} {2}key-file`));
  done(world.run(['key', 'remove', 'd'.repeat(32)]));
  // The other repository's secret opens nothing here, although its slot lies here.
  const foreign = { environment: { HOLDFAST_KEY_FILE: other.path('key') } };
  const shut = world.run(['snapshots'], foreign);
  assert.equal(shut.exit, 3);
  assert.match(shut.errors, /Some key slots are damaged/, 'one of them may have been for this very secret');
  // None of them counts as a way in.
  assert.equal(world.run(['key', 'remove', own!.slice('slot-'.length)]).exit, 5);
  for (const digit of '0bc') done(world.run(['key', 'remove', digit.repeat(32)]));
  assert.deepEqual(slots(world), [own]);
});

test('the kit opens with age, brings everything back without any slot, and its page holds no secret', () => {
  using world = keyWorld();
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files/a'), 'what must come back');
  done(world.run(['backup', 'files']));
  done(generate(world, 'age'));
  done(world.run(['key', 'kit', '--to', 'kit', '--recipient', 'age.key.pub', '--dry-run']));
  assert.throws(() => readdirSync(world.path('kit')));
  done(world.run(['key', 'kit', '--to', 'kit', '--recipient', 'age.key.pub']));
  assert.equal(
    world.run(['key', 'kit', '--to', 'kit', '--recipient', 'age.key.pub']).exit,
    5,
    'never replaced',
  );
  const opened = execFileSync('age', ['-d', '-i', world.path('age.key'), world.path('kit/master-key.age')]);
  writeFileSync(world.path('master'), opened, { mode: 0o600 });
  const digits = /HOLDFAST-MASTER-KEY ([0-9a-f]{64})/.exec(opened.toString())?.[1];
  const page = readFileSync(world.path('kit/RECOVERY.txt'), 'utf8');
  assert.ok(digits !== undefined && !page.includes(digits));
  assert.match(page, /RECOVERY KIT[\s\S]*NOTFALLPAKET/);
  assert.ok(page.includes(world.repository));

  for (const name of slots(world)) rmSync(join(world.repository, 'keys', name));
  assert.equal(world.run(['snapshots']).exit, 8, 'there is no slot that a passphrase could be wrong for');
  done(world.run(['key', 'test', '--identity', 'master'], noSecret));
  done(world.run(['restore', 'latest', '--target', 'back', '--identity', 'master'], noSecret));
  const back = readdirSync(world.path('back'), { recursive: true, encoding: 'utf8' });
  const file = back.find((name) => name.endsWith('/a') || name === 'a');
  assert.equal(readFileSync(world.path('back', file!), 'utf8'), 'what must come back');
  done(world.run(['key', 'add', '--new-key-file', 'fresh', '--identity', 'master'], noSecret));
  done(world.run(['snapshots', '--key-file', 'fresh'], noSecret));
});

test('a kit under a passphrase opens as it is, and a master key opens no other repository', () => {
  using world = keyWorld();
  using other = keyWorld();
  writeFileSync(world.path('words'), password, { mode: 0o600 });
  done(world.run(['key', 'kit', '--to', 'kit', '--new-password-file', 'words']));
  const environment = { ...noSecret.environment, HOLDFAST_IDENTITY_PASSWORD_FILE: world.path('words') };
  const kit = world.path('kit/master-key.age');
  done(world.run(['snapshots', '--identity', kit], { environment }));
  assert.equal(other.run(['snapshots', '--identity', kit], { environment }).exit, 3);
});

test('the self-test writes what exactly the required OpenSSL line opens, and tells of every slot', () => {
  using world = new World({ secret: 'key-file' });
  done(world.run(['init', '--key-file', 'backup_master.key']));
  done(generate(world, 'x25519'));
  done(world.run(['key', 'add', '--new-recipient', 'x25519.key.pub', '--key-file', 'backup_master.key']));
  const tested = done(world.run(['key', 'self-test', '--key-file', 'backup_master.key'], noSecret));
  assert.match(tested.output, /key-file +opens/);
  assert.match(tested.output, /x25519 +not tried/);
  const line = 'openssl enc -aes-256-cbc -d -in test.enc -out test.dec -pass file:backup_master.key';
  assert.ok(tested.output.includes(line));
  execFileSync('/bin/sh', ['-c', line], { cwd: world.folder, stdio: 'pipe' });
  assert.equal(readFileSync(world.path('test.dec'), 'utf8'), 'Holdfast: this key file decrypts.\n');
  done(
    world.run(['key', 'self-test', '--key-file', 'backup_master.key', '--identity', 'x25519.key'], noSecret),
  );
  const words = ['key', 'self-test', '--key-file', 'backup_master.key', '--identity', 'age.key'];
  done(generate(world, 'age'));
  const wrong = world.run(words, noSecret);
  assert.equal(wrong.exit, 3, 'a secret that opens nothing is no success');
  assert.match(wrong.output, /key-file +opens/, 'the others are proven all the same');
  assert.match(wrong.errors, /the secret of type "age" opens no key slot/);
});
