// Walking ahead tells exactly what walking would have told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Problem } from '../../src/base/context.ts';
import { walkAhead } from '../../src/sources/ahead.ts';
import files from '../../src/sources/files/kind.ts';
import type { Source, WalkEvent } from '../../src/sources/source.ts';
import { scratch, testContext, writeTree } from '../world.ts';

const context = testContext();

function treeOf(folders: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: folders }, (_, number) => [`folder ${number}/file`, `${number}`]),
  );
}

function told(events: Iterable<WalkEvent>): string[] {
  return [...events].map((event) =>
    event.type === 'leave' ? `leave ${event.path}` : `${event.listing.path}: ${event.listing.names.join()}`,
  );
}

function listening(): { problems: Problem[]; context: typeof context } {
  const problems: Problem[] = [];
  const monitor = { ...context.monitor, problem: (problem: Problem) => void problems.push(problem) };
  return { problems, context: { ...context, monitor } };
}

test('what was walked ahead and what follows is the whole walk, in order; a second walk is a fresh one', async () => {
  using world = scratch();
  writeTree(world.path, treeOf(100));
  using source = files.open({ paths: [world.path] }, context);
  const plain = told(source.walk(context));
  for (const pauses of [0, 1, 3, 200]) {
    let open = () => {};
    const opening = new Promise<void>((resolve) => {
      open = resolve;
    });
    const ahead = walkAhead(source, opening, context);
    for (let pause = 0; pause < pauses; pause += 1) await setImmediate();
    open();
    await opening;
    assert.deepEqual(told(ahead.walk(context)), plain, `${pauses} pauses`);
    assert.deepEqual(told(ahead.walk(context)), plain);
  }
});

test('problems met ahead are told to whoever walks, each once', async () => {
  using world = scratch();
  writeTree(world.path, treeOf(3));
  const missing = `${world.path}/gone`;
  using source = files.open({ paths: [world.path, missing] }, context);
  const early = listening();
  const ahead = walkAhead(source, new Promise(() => {}), early.context);
  for (let pause = 0; pause < 5; pause += 1) await setImmediate();
  const late = listening();
  told(ahead.walk(late.context));
  assert.deepEqual(
    late.problems.map(({ code }) => code),
    ['SOURCE_PATH_MISSING'],
  );
  assert.deepEqual(early.problems, []);
});

test('a walk that fails ahead fails for whoever walks', async () => {
  using world = scratch();
  using source = files.open({ paths: [world.path] }, context);
  const broken: Source = {
    ...source,
    // biome-ignore lint/correctness/useYield: it fails before there is anything to tell
    *walk() {
      throw new Error('the disk is gone');
    },
    [Symbol.dispose]: () => undefined,
  };
  const ahead = walkAhead(broken, new Promise(() => {}), context);
  await setImmediate();
  assert.throws(() => told(ahead.walk(context)), /the disk is gone/);
});
