// The storage command through the program.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type Ran, World } from './holdfast.ts';

let world: World;

before(() => {
  world = new World().init();
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files/a.txt'), 'one\n');
  assert.equal(world.run(['backup', 'files']).exit, 0);
});
after(() => world[Symbol.dispose]());

function result({ end, errors }: Ran): Record<string, unknown> {
  assert.equal(end.type, 'result', errors);
  return end.result as Record<string, unknown>;
}

test('storage test proves every promise on the live place, measures it, and leaves nothing behind', () => {
  const before = readdirSync(world.repository, { recursive: true }).length;
  const found = result(world.run(['storage', 'test', '--json']));
  const checks = found.checks as { promise: number; ok: boolean }[];
  assert.deepEqual([...new Set(checks.map(({ promise }) => promise))].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assert.ok(checks.every(({ ok }) => ok));
  assert.equal(found.broken, 0);
  assert.ok((found.uploadBytesPerSecond as number) > 0 && (found.downloadBytesPerSecond as number) > 0);
  const left = readdirSync(world.repository, { recursive: true, encoding: 'utf8', withFileTypes: true });
  assert.deepEqual(
    left.filter((entry) => entry.isFile() && entry.parentPath.includes('probe')),
    [],
  );
  assert.ok(left.length >= before);
  assert.match(world.run(['storage', 'test']).output, /keeps all \d+ promises/);
});

test('storage list names the objects with their sizes, below a prefix as well', () => {
  const all = world.run(['storage', 'list', '--json']);
  const objects = all.events.filter(({ type }) => type === 'object') as unknown as {
    name: string;
    sizeBytes: number;
  }[];
  assert.ok(objects.some(({ name }) => name === 'config/1'));
  assert.equal(result(all).objects, objects.length);
  assert.equal(
    result(all).bytes,
    objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  assert.equal(result(world.run(['storage', 'list', 'config/', '--json'])).objects, 1);
  assert.match(world.run(['storage', 'list']).output, /config\/1\n/);
});

test('storage posture and kinds tell what there is', () => {
  assert.match(world.run(['storage', 'posture']).output, /good +durability +class A/);
  const { kinds } = result(world.run(['storage', 'kinds', '--json'])) as { kinds: { scheme: string }[] };
  assert.ok(kinds.some(({ scheme }) => scheme === 'file'));
});

test('after storage move the new place restores, and a second move has nothing to do', () => {
  const to = world.path('moved');
  assert.match(world.run(['storage', 'move', '--to', to, '--dry-run']).output, /would go to/);
  assert.equal(existsSync(to), false, 'a dry run made the place');
  const moved = result(world.run(['storage', 'move', '--to', to, '--json']));
  assert.equal(moved.outcome, 'succeeded');
  const environment = { HOLDFAST_REPOSITORY: to };
  assert.equal(world.run(['check', '--read-data'], { environment }).exit, 0);
  assert.equal(world.run(['cat', 'latest', world.path('files/a.txt')], { environment }).output, 'one\n');
  assert.equal(result(world.run(['storage', 'move', '--to', to, '--json'])).objects, 0);
});

test('bad input is told apart', () => {
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['storage', 'test', world.path('none')], 4, /STORAGE_MISSING/],
    [['storage', 'test', 'gopher://host/a'], 2, /"gopher:" is no kind of storage(.|\n)*Known kinds: file/],
    [['storage', 'move'], 2, /COPY_TARGET_NOT_NAMED/],
    [['storage', 'move', '--to', world.path('files')], 5, /STORAGE_NOT_EMPTY/],
    [['storage', 'lifecycle', 'show'], 2, /STORAGE_WITHOUT_LIFECYCLE/],
    [['storage', 'lifecycle', 'paint'], 2, /paint/],
  ];
  for (const [words, exit, errors] of cases) {
    const ran = world.run(words);
    assert.equal(ran.exit, exit, `${words.join(' ')}: ${ran.errors}`);
    assert.match(ran.errors, errors);
  }
});
