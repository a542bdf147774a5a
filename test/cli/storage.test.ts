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
  assert.ok(world.run(['storage', 'move', '--to', to, '--dry-run']).output.includes(`would go to "${to}"`));
  assert.equal(existsSync(to), false, 'a dry run made the place');
  const moved = result(world.run(['storage', 'move', '--to', to, '--json']));
  assert.equal(moved.outcome, 'succeeded');
  const environment = { HOLDFAST_REPOSITORY: to };
  assert.equal(world.run(['check', '--read-data'], { environment }).exit, 0);
  assert.equal(world.run(['cat', 'latest', world.path('files/a.txt')], { environment }).output, 'one\n');
  assert.equal(result(world.run(['storage', 'move', '--to', to, '--json'])).objects, 0);
});

test('the rules by age that are printed can be read back from the file they were sent to', () => {
  const printed = world.run([
    'storage',
    'lifecycle',
    'suggest',
    '--class',
    'DEEP_ARCHIVE',
    '--after-days',
    '7',
  ]);
  assert.equal(printed.exit, 0, printed.errors);
  assert.ok(printed.output.split('\n').length > 10, printed.output);
  const { Rules } = JSON.parse(printed.output) as { Rules: { Transitions?: object[] }[] };
  assert.deepEqual(Rules[0]?.Transitions, [{ Days: 7, StorageClass: 'DEEP_ARCHIVE' }]);
});

test('a secret that cannot be read is told with the variable that names it', () => {
  const url = 's3://bucket/x?endpoint=http://127.0.0.1:9&access-key-id=x';
  const variable = 'HOLDFAST_STORAGE_SECRET_ACCESS_KEY';
  const cases = [
    [{ [`${variable}_FILE`]: world.path('none') }, `${variable}_FILE`],
    [{ [`${variable}_COMMAND`]: 'exit 3' }, `${variable}_COMMAND`],
    [{ [`${variable}_COMMAND`]: 'echo' }, `${variable}_COMMAND`],
  ] as const;
  for (const [environment, named] of cases) {
    const ran = world.run(['storage', 'posture', url], { environment });
    assert.match(ran.errors, new RegExp(`hint: Check what ${named} names`));
  }
});

test('bad input is told apart', () => {
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['storage', 'test', world.path('none')], 4, /STORAGE_MISSING/],
    [['storage', 'test', 'gopher://host/a'], 2, /"gopher:" is no kind of storage(.|\n)*Known kinds: file/],
    [['storage', 'move'], 2, /COPY_TARGET_NOT_NAMED/],
    [['storage', 'move', '--to', world.path('files')], 5, /STORAGE_NOT_EMPTY/],
    [['storage', 'lifecycle', 'show'], 2, /STORAGE_WITHOUT_LIFECYCLE/],
    [['storage', 'lifecycle', 'paint'], 2, /paint/],
    [['storage', 'test', 's3://Bad_Bucket/x'], 2, /described: bucket: is no name of a bucket: lower-case/],
    [['storage', 'test', 'gcs://Bad_Bucket/x'], 2, /described: bucket: a bucket has lower-case letters/],
    [['storage', 'test', 'azure://account'], 2, /container: is missing: azure:/],
    [['init', '-r', 'mirror:'], 2, /a mirror needs at least two members/],
    [['init', '-r', 'spread:?member=twice&member=twice'], 2, /members 1 and 2 are the same place/],
  ];
  for (const [words, exit, errors] of cases) {
    const ran = world.run(words);
    assert.equal(ran.exit, exit, `${words.join(' ')}: ${ran.errors}`);
    assert.match(ran.errors, errors);
  }
});
