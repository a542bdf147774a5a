// A gathered source: a tree in memory that keeps the promises of every source, and is wiped when it is done.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gathering, gatheredSource } from '../../src/sources/gathered.ts';
import { testContext } from '../world.ts';
import { contentsOf } from './aws-world.ts';

function gathered() {
  const gathering = new Gathering();
  gathering.addText('/aws/x/b', 'two', 5);
  gathering.addText('/aws/x/a/c', 'one', 5);
  gathering.addText('/aws/x/a-b', '', 5);
  gathering.addProblem('/aws/x/lost', { code: 'SECRET_DENIED', message: 'no' });
  return gathering.end(1000);
}

test('the walk goes depth first in byte order, and folders above the source are only the way there', () => {
  const context = testContext();
  using source = gatheredSource({ location: '/aws/x', tree: gathered() });
  const events = [...source.walk(context)].map((event) =>
    event.type === 'leave'
      ? `leave ${event.path}`
      : `${event.state} ${event.listing.path}: ${event.listing.names.join(' ')}: ${event.listing.kinds.join('')}`,
  );
  assert.deepEqual(events, [
    'implied /: aws: 7',
    'implied /aws: x: 1',
    'read /aws/x: a a-b b lost: 1000',
    'read /aws/x/a: c: 0',
    'leave /aws/x/a',
    'leave /aws/x',
    'leave /aws',
    'leave /',
  ]);
});

test('a second walk tells the same, problems too', () => {
  const context = testContext();
  using source = gatheredSource({ location: '/aws/x', tree: gathered() });
  const first = contentsOf(source, context);
  assert.deepEqual(contentsOf(source, context), first);
  assert.deepEqual(
    [...first],
    [
      ['/aws/x/a-b', ''],
      ['/aws/x/b', 'two'],
      ['/aws/x/lost', undefined],
      ['/aws/x/a/c', 'one'],
    ],
  );
  assert.deepEqual(
    context.problems.map(({ path }) => path),
    ['/aws/x/lost', '/aws/x/lost'],
  );
});

test('the same answer is the same file, whatever order its fields came in, and nothing stays in memory', () => {
  const gathering = new Gathering();
  gathering.addJson('/x/a', { b: 1, a: { d: new Date(0), c: [undefined, 2] } }, 0);
  gathering.addJson('/x/b', { a: { c: [undefined, 2], d: new Date(0) }, b: 1 }, 0);
  const tree = gathering.end(1000);
  const source = gatheredSource({ location: '/x', tree });
  const contents = contentsOf(source, testContext());
  assert.equal(contents.get('/x/a'), contents.get('/x/b'));
  assert.match(contents.get('/x/a')!, /1970-01-01T00:00:00.000Z/);
  source[Symbol.dispose]();
  assert.ok(new Uint8Array(tree.bytes).every((byte) => byte === 0));
});
