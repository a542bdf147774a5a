import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { listRestores } from '../../src/operations/rollback.ts';
import { snapshotsOf, writeTree } from '../world.ts';
import { changeTree, fillTree, fullListing, InPlaceWorld, Killed, mortalSystem } from './in-place-world.ts';
import { asRoot, hasProgram, say } from './round-trip.ts';

test('a restore in place with --delete brings back every byte, link, attribute and time', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  const wanted = fullListing(world.folder);
  changeTree(world);
  assert.notEqual(fullListing(world.folder), wanted);
  const done = await world.restore({ delete: true, verify: true });
  assert.deepEqual(world.context.problems, []);
  assert.equal(done.outcome, 'succeeded');
  assert.equal(fullListing(world.folder), wanted);
  assert.equal(done.verified?.differences.length, 0);
});

test('what is unchanged is neither read nor replaced, and nothing to do leaves nothing behind', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  const before = statSync(world.at('same.txt')).ino;
  const done = await world.restore();
  assert.equal(done.restoreId, undefined);
  assert.equal(done.changes.replace + done.changes.create + done.changes.attributes, 0);
  writeFileSync(world.at('notes.txt'), 'changed');
  const again = await world.restore();
  assert.equal(again.changes.replace, 1);
  assert.equal(again.plan.files, 1);
  assert.equal(statSync(world.at('same.txt')).ino, before);
  assert.equal(readFileSync(world.at('notes.txt'), 'utf8'), 'notes');
});

test('always replaces files that look unchanged, never makes only what is missing', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  const { mtime, ino } = statSync(world.at('same.txt'));
  writeFileSync(world.at('same.txt'), 'stays the sane');
  utimesSync(world.at('same.txt'), mtime, mtime);
  unlinkSync(world.at('notes.txt'));
  writeFileSync(world.at('letters', 'one.txt'), 'mine');
  const never = await world.restore({ overwrite: 'never' });
  assert.equal(never.changes.create, 1);
  assert.equal(never.changes.replace, 0);
  assert.equal(readFileSync(world.at('notes.txt'), 'utf8'), 'notes');
  assert.equal(readFileSync(world.at('letters', 'one.txt'), 'utf8'), 'mine');
  assert.equal(readFileSync(world.at('same.txt'), 'utf8'), 'stays the sane');
  await world.restore({ overwrite: 'always' });
  assert.equal(readFileSync(world.at('same.txt'), 'utf8'), 'stays the same');
  assert.equal(readFileSync(world.at('letters', 'one.txt'), 'utf8'), 'one');
  assert.notEqual(statSync(world.at('same.txt')).ino, ino);
});

test('without --delete what the snapshot does not have stays; with it, it goes within the selection alone', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  writeTree(world.folder, { 'extra.tmp': 'x', 'extra.txt': 'y', 'more/a.tmp': 'a', 'more/b.txt': 'b' });
  await world.restore();
  assert.ok(existsSync(world.at('extra.tmp')));
  const select = (path: string) => !path.endsWith('.txt');
  const done = await world.restore({ delete: true, select });
  assert.equal(done.changes.delete, 2);
  assert.deepEqual(readdirSync(world.at('more')), ['b.txt']);
  assert.ok(!existsSync(world.at('extra.tmp')));
  assert.ok(existsSync(world.at('extra.txt')));
});

test('--delete never moves a folder that must stay, such as the repository', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  writeTree(world.folder, { 'holds/repository/config': 'sealed', 'holds/other': 'x' });
  const { dev, ino } = statSync(world.at('holds', 'repository'), { bigint: true });
  const device = Number(dev >> 8n) * 2 ** 32 + Number(dev & 0xffn);
  await world.restore({ delete: true, keep: [{ device, inode: ino }] });
  assert.deepEqual(readdirSync(world.at('holds')), ['repository']);
  assert.equal(readFileSync(world.at('holds', 'repository', 'config'), 'utf8'), 'sealed');
});

test('names of one file stay one file when one of them was changed', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  unlinkSync(world.at('linked-b'));
  writeFileSync(world.at('linked-b'), 'another');
  await world.restore();
  const inodes = ['linked-a', 'linked-b', 'letters/linked-c'].map((name) => statSync(world.at(name)).ino);
  assert.equal(new Set(inodes).size, 1);
  assert.equal(statSync(world.at('linked-a')).nlink, 3);
  // Two names with the same content are not yet one file.
  unlinkSync(world.at('linked-b'));
  writeFileSync(world.at('linked-b'), 'one inode');
  const { mtime } = statSync(world.at('linked-a'));
  utimesSync(world.at('linked-b'), mtime, mtime);
  await world.restore();
  assert.equal(statSync(world.at('linked-b')).ino, statSync(world.at('linked-a')).ino);
});

test('links and fifos with two names come back as one each, whichever of their names is missing', async () => {
  using world = new InPlaceWorld();
  const pairs = [
    ['a-link', 'deep/b-link'],
    ['c-fifo', 'deep/d-fifo'],
  ] as const;
  await world.save(() => {
    fillTree(world);
    mkdirSync(world.at('deep'));
    symlinkSync('notes.txt', world.at('a-link'));
    say('mkfifo', world.at('c-fifo'));
    for (const [name, other] of pairs) linkSync(world.at(name), world.at(other));
  });
  const wanted = fullListing(world.folder);
  for (const gone of [[0, 1], [0], [1]]) {
    for (const pair of pairs) for (const number of gone) unlinkSync(world.at(pair[number]!));
    const done = await world.restore();
    assert.deepEqual(world.context.problems, []);
    assert.equal(done.outcome, 'succeeded');
    assert.equal(fullListing(world.folder), wanted);
  }
});

test('a dry run counts and changes nothing', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  changeTree(world);
  const before = fullListing(world.path);
  const done = await world.restore({ delete: true, dryRun: true });
  assert.equal(fullListing(world.path), before);
  assert.equal((await snapshotsOf(world.repository, world.context)).length, 1);
  assert.equal(done.restoreId, undefined);
  // linked-a, linked-b, linked-c, one.txt, notes.txt, link, and the four whose kind changed.
  assert.deepEqual(done.changes, { ...done.changes, create: 7, replace: 10, delete: 4 });
});

test('a restore point is taken first and holds what was replaced', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  changeTree(world);
  const done = await world.restore({ delete: true });
  const point = (await snapshotsOf(world.repository, world.context)).at(-1)!;
  assert.equal(point.id, done.restorePoint);
  assert.deepEqual(point.tags, ['restore-point']);
  await world.restore({ snapshot: point, delete: true, overwrite: 'if-changed' });
  assert.equal(readFileSync(world.at('letters', 'one.txt'), 'utf8'), 'one, but longer');
  assert.equal(readFileSync(world.at('extra', 'deep', 'file'), 'utf8'), 'extra');
});

test('a part and a single entry go back to their places, also when folders above are missing', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  const wanted = fullListing(world.at('letters'));
  rmSync(world.folder, { recursive: true });
  await world.restore({ path: world.at('letters', 'deep', 'three.txt') });
  assert.equal(readFileSync(world.at('letters', 'deep', 'three.txt'), 'utf8'), 'three');
  assert.deepEqual(readdirSync(world.at('letters')), ['deep']);
  await world.rollback();
  assert.ok(!existsSync(world.folder));
  await world.restore({ path: world.at('letters') });
  assert.equal(
    fullListing(world.at('letters')).replace(/\/linked-c$/m, ''),
    wanted.replace(/\/linked-c$/m, ''),
  );
  assert.equal(lstatSync(world.folder).mode & 0o777, 0o700);
});

test('a folder that was replaced by a link is put back without following the link', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  const outside = join(world.path, 'outside');
  mkdirSync(outside);
  rmSync(world.at('letters'), { recursive: true });
  symlinkSync(outside, world.at('letters'));
  await world.restore();
  assert.deepEqual(readdirSync(outside), []);
  assert.ok(lstatSync(world.at('letters')).isDirectory());
  rmSync(world.folder, { recursive: true });
  symlinkSync(outside, world.folder);
  await world.restore();
  assert.deepEqual(readdirSync(outside), []);
  assert.ok(lstatSync(world.folder).isDirectory());
});

test('of several places one that was not there is told, and the others come back', async () => {
  using world = new InPlaceWorld();
  const none = { folder: join(world.path, 'not there'), fill: () => undefined };
  await world.save(() => fillTree(world), none);
  changeTree(world);
  const done = await world.restore({ overwrite: 'always' });
  assert.equal(done.outcome, 'partial');
  assert.deepEqual(
    world.context.problems.filter(({ code }) => code === 'SNAPSHOT_PATH_MISSING').map(({ path }) => path),
    [none.folder],
  );
  assert.equal(readFileSync(world.at('notes.txt'), 'utf8'), 'notes');
  await assert.rejects(world.restore({ path: none.folder }), (error) =>
    isFailure(error, 'missing', 'SNAPSHOT_PATH_MISSING'),
  );
});

test('a target that is not empty takes the content when asked to', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  const target = join(world.path, 'target');
  writeTree(target, { 'notes.txt': 'of the target', 'own.txt': 'own' });
  await world.restore({ target, overwrite: 'never' });
  assert.equal(readFileSync(join(target, 'notes.txt'), 'utf8'), 'of the target');
  assert.equal(readFileSync(join(target, 'letters', 'one.txt'), 'utf8'), 'one');
  await world.restore({ target, overwrite: 'if-changed' });
  assert.equal(readFileSync(join(target, 'notes.txt'), 'utf8'), 'notes');
  assert.equal(readFileSync(join(target, 'own.txt'), 'utf8'), 'own');
});

test('a backup leaves the undo copy out', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  const count = () => fullListing(world.folder).match(/^(\/.*)? [0-7]+ /gm)!.length;
  const outside = world.snapshot.stats.entries - count();
  changeTree(world);
  await world.restore();
  assert.ok(readdirSync(world.folder).some((name) => name.startsWith('.holdfast-restore-')));
  const done = await world.restore({ dryRun: true, delete: true });
  assert.equal(done.changes.delete, 4, 'the extra files alone, not the staging folder');
  const present = count();
  await world.restore({ overwrite: 'always' });
  const point = (await snapshotsOf(world.repository, world.context)).at(-1)!;
  assert.equal(point.stats.entries, present + outside);
});

test('an earlier restore that was cut off has to be rolled back first', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  changeTree(world);
  const { system } = mortalSystem(40);
  await assert.rejects(world.restore({ system }), Killed);
  await assert.rejects(world.restore(), (error) => isFailure(error, 'conflict', 'RESTORE_UNFINISHED'));
  await world.rollback();
  assert.equal((await world.restore()).outcome, 'succeeded');
});

test('--delete by a partial snapshot is refused', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  const snapshot = { ...world.snapshot, outcome: 'partial' as const };
  await assert.rejects(world.restore({ snapshot, delete: true }), (error) =>
    isFailure(error, 'conflict', 'DELETE_BY_PARTIAL'),
  );
});

test('what fails before the first move leaves the folder as it was', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  changeTree(world);
  const before = fullListing(world.folder);
  const broken = new Proxy(world.repository.storage, {
    get(target, name) {
      if (name !== 'get') return Reflect.get(target, name, target);
      return async (object: string, options: never) => {
        const bytes = await target.get(object, options);
        if (object.startsWith('pack')) bytes.fill(0);
        return bytes;
      };
    },
  });
  const repository = new Proxy(world.repository, {
    get: (target, name) => (name === 'storage' ? broken : Reflect.get(target, name, target)),
  });
  world.repository = repository;
  await assert.rejects(world.restore({ overwrite: 'always' }));
  assert.equal(fullListing(world.folder), before);
  assert.deepEqual(listRestores({ pointers: world.pointers }), []);
});

test('a name that was linked from outside the snapshot keeps its other names', async () => {
  using world = new InPlaceWorld();
  await world.save(() => fillTree(world));
  writeFileSync(world.at('notes.txt'), 'changed');
  linkSync(world.at('notes.txt'), join(world.path, 'outside-name'));
  await world.restore();
  assert.equal(readFileSync(join(world.path, 'outside-name'), 'utf8'), 'changed');
  assert.equal(readFileSync(world.at('notes.txt'), 'utf8'), 'notes');
});

test('a capability that a program has lost is no change where owners are not put back', async (t) => {
  if (!asRoot(t) || !hasProgram(t, 'setfattr', 'attr')) return;
  using world = new InPlaceWorld();
  const capability = '0x0100000200040000000000000000000000000000';
  await world.save(() => {
    writeFileSync(world.at('program'), 'x');
    say('setfattr', '-n', 'security.capability', '-v', capability, world.at('program'));
  });
  say('setfattr', '-x', 'security.capability', world.at('program'));
  const without = await world.restore({ owners: false });
  assert.deepEqual([without.changes.replace, without.restoreId], [0, undefined]);
  const done = await world.restore({ verify: true });
  assert.deepEqual([done.outcome, done.changes.replace], ['succeeded', 1]);
  assert.match(
    say('getfattr', '-n', 'security.capability', '-e', 'hex', '--absolute-names', world.at('program')),
    new RegExp(capability),
  );
});
