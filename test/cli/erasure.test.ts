// Erasure as people type it: paths with `forget-path`, all of a tenant's data with `key shred`.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { World } from './holdfast.ts';

function fill(world: World): void {
  mkdirSync(world.path('data/anna'), { recursive: true });
  writeFileSync(world.path('data/anna/letter.txt'), 'hers');
  writeFileSync(world.path('data/readme.txt'), 'ours');
}

test('forget-path plans, erases with a proof, and says what is to be done elsewhere', () => {
  using world = new World({ secret: 'key-file' }).init();
  fill(world);
  assert.equal(world.run(['backup', 'data']).exit, 0);
  assert.equal(world.run(['forget-path', 'anna']).exit, 2);
  const plan = world.run(['forget-path', '--all', '--dry-run', 'anna']);
  assert.equal(plan.exit, 0);
  assert.match(plan.output, /data\/anna\n/);
  assert.match(plan.output, /1 path would be erased from 1 snapshot/);
  const words = ['forget-path', '--all', '--prune', '--reason', 'request 7', '--json', 'anna'];
  const done = world.run(words);
  assert.equal(done.exit, 0, done.errors);
  const proof = done.end.result as Record<string, unknown> & {
    packsDeleted: string[];
    paths: { path: string }[];
  };
  assert.equal(proof.reason, 'request 7');
  assert.deepEqual(
    proof.paths.map(({ path }) => path),
    [world.path('data/anna')],
  );
  assert.ok(proof.packsDeleted.length > 0 && /^\d{4}-.*Z$/.test(String(proof.at)));
  assert.deepEqual(proof.remaining, { snapshots: [], unreadable: [], packs: [] });
  assert.equal(world.run(['restore', 'latest', '--target', 'out', '--verify']).exit, 0);
  assert.ok(!existsSync(world.path('out/anna')));
  assert.equal(readFileSync(world.path('out/readme.txt'), 'utf8'), 'ours');
  assert.equal(world.run(['check', '--read-data']).exit, 0);
  const nothing = world.run(['forget-path', '--all', 'mistyped']);
  assert.equal(nothing.exit, 0);
  assert.match(nothing.output, /No snapshot has such a path/);
  assert.doesNotMatch(nothing.output, /no restore brings them back/);
});

test('a locked snapshot is restored without what was erased, unless a reason is given', () => {
  using world = new World({ secret: 'key-file' }).init();
  fill(world);
  assert.equal(world.run(['backup', 'data', '--retain', '30d']).exit, 0);
  const done = world.run(['forget-path', '--all', '--prune', 'anna']);
  assert.equal(done.exit, 1);
  assert.match(done.output, /is locked until \d{4}-/);
  const [first] = (world.run(['snapshots', '--json']).end.result as { snapshots: { id: string }[] })
    .snapshots;
  const old = /Snapshot ([0-9a-f]{12}) still holds/.exec(done.output)?.[1] ?? '';
  assert.ok(first !== undefined && old !== '');
  const plain = world.run(['restore', old, '--target', 'plain']);
  assert.equal(plain.exit, 0, plain.errors);
  assert.match(plain.output, /1 entry was left out/);
  assert.ok(!existsSync(world.path('plain/anna')));
  const anna = `${old}:${world.path('data/anna/letter.txt')}`;
  assert.equal(world.run(['cat', anna]).exit, 3);
  assert.equal(world.run(['restore', anna, '--target', 'named']).exit, 3);
  assert.equal(world.run(['restore', old, '--include-erased', ' ', '--target', 'x']).exit, 2);
  const asked = world.run([
    'restore',
    old,
    '--include-erased',
    'court order 3',
    '--target',
    'asked',
    '--json',
  ]);
  assert.equal(asked.exit, 0);
  assert.equal((asked.end.result as { includeErased: string }).includeErased, 'court order 3');
  assert.equal(readFileSync(world.path('asked/anna/letter.txt'), 'utf8'), 'hers');
});

test('a repository with a shred key needs two copies of it, and is gone for good when they are destroyed', () => {
  using world = new World({ secret: 'key-file' });
  const [key, safe, vault] = ['tenant', 'safe', 'vault'].map((name) => world.path(name)) as [
    string,
    string,
    string,
  ];
  const init = ['init', '--key-file', world.path('key'), '--shred-key', key, '--shred-escrow', safe];
  assert.equal(world.run(init).exit, 2);
  assert.equal(world.run([...init, '--shred-escrow', safe]).exit, 2);
  assert.equal(world.run([...init, '--shred-escrow', `${world.repository}/vault`]).exit, 2);
  assert.ok(![key, safe, vault].some((path) => existsSync(path)));
  const made = world.run([...init, '--shred-escrow', vault]);
  assert.equal(made.exit, 0, made.errors);
  for (const path of [key, safe, vault]) {
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.ok(!(made.output + made.errors).includes(readFileSync(path, 'utf8').trim()));
  }
  fill(world);
  const lacking = world.run(['backup', 'data']);
  assert.equal(lacking.exit, 3);
  assert.match(lacking.errors, /--shred-key/);
  assert.equal(world.run(['backup', 'data', '--shred-key', key]).exit, 0);
  assert.equal(world.run(['snapshots']).exit, 0);
  const environment = { HOLDFAST_SHRED_KEY_FILE: safe };
  assert.equal(world.run(['restore', 'latest', '--target', 'out'], { environment }).exit, 0);
  assert.equal(readFileSync(world.path('out/anna/letter.txt'), 'utf8'), 'hers');
  assert.equal(world.run(['restore', 'latest', '--target', 'none']).exit, 3);
  assert.equal(world.run(['key', 'shred', '--dry-run']).exit, 0);
  const refused = world.run(['key', 'shred', '--confirm', 'yes']);
  assert.equal(refused.exit, 3);
  const { repositoryId } = world.run(['snapshots', '--json']).end as { repositoryId?: string };
  const id = /--confirm ([0-9a-f]{32})/.exec(refused.errors)?.[1] ?? repositoryId ?? '';
  const done = world.run(['key', 'shred', '--confirm', id]);
  assert.equal(done.exit, 0, done.errors);
  assert.ok(![key, safe, vault].some((path) => existsSync(path)));
  const after = world.run(['restore', 'latest', '--target', 'after']);
  assert.equal(after.exit, 3);
  assert.match(after.errors, /destroyed/);
});
