// What counts as unchanged, and what happens to files that change, vanish, shrink or grow between the walk and the last byte read.

import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareTrees } from '../../src/cli/compare-trees.ts';
import type { Source } from '../../src/sources/source.ts';
import { writeTree } from '../world.ts';
import { bytes, hasProgram, isRoot, RoundTrip, say } from './round-trip.ts';

const MiB = 1024 * 1024;
/** On either side of what is read in one go by one thread. */
const sizes = { small: 300_000, large: 9 * MiB };

/** Calls `act` once, after the walk has told of the folder and before its files are read. */
function afterListing(folder: string, act: () => void): (source: Source) => Source {
  return (source) => ({
    ...source,
    *walk(context) {
      let isDone = false;
      for (const event of source.walk(context)) {
        if (!isDone && event.type === 'directory' && event.listing.path === folder) {
          isDone = true;
          act();
        }
        yield event;
      }
    },
    [Symbol.dispose]: () => source[Symbol.dispose](),
  });
}

/** Calls `act` once, when the first bytes of the file are read and others are still to come. */
function whileReading(name: string, act: () => void): (source: Source) => Source {
  return (source) => ({
    ...source,
    open(path, expected, context) {
      const opened = source.open(path, expected, context);
      if (opened === undefined || !path.endsWith(`/${name}`)) return opened;
      let isDone = false;
      return {
        ...opened,
        read(buffer) {
          const length = opened.read(isDone ? buffer : buffer.subarray(0, 4096));
          if (!isDone) act();
          isDone = true;
          return length;
        },
      };
    },
    [Symbol.dispose]: () => source[Symbol.dispose](),
  });
}

const codes = (trip: RoundTrip) => trip.context.problems.map(({ code }) => code);

for (const [kind, size] of Object.entries(sizes)) {
  test(`a ${kind} file that grew after it was listed is saved as it is when it is read`, async () => {
    await using trip = await RoundTrip.begin();
    writeFileSync(trip.at('log'), bytes('log', size));
    const grow = () => appendFileSync(trip.at('log'), 'one line more\n');
    const saved = await trip.save({ wrap: afterListing(trip.source, grow) });
    assert.deepEqual([saved.outcome, codes(trip)], ['succeeded', []]);
    const { target, outcome } = await trip.bring();
    assert.equal(outcome.outcome, 'succeeded');
    assert.deepEqual(compareTrees(trip.source, target, isRoot).differences, []);
  });

  test(`a ${kind} file that shrank after it was listed is saved as it is when it is read`, async () => {
    await using trip = await RoundTrip.begin();
    writeFileSync(trip.at('log'), bytes('log', size));
    await trip.save({ wrap: afterListing(trip.source, () => truncateSync(trip.at('log'), 5)) });
    const { target, outcome } = await trip.bring();
    assert.equal(outcome.outcome, 'succeeded');
    assert.deepEqual(compareTrees(trip.source, target, isRoot).differences, []);
  });

  test(`a ${kind} file that was emptied or got holes after it was listed comes back like that`, async () => {
    await using trip = await RoundTrip.begin();
    writeTree(trip.source, { emptied: bytes('e', size), holes: bytes('h', size) });
    const act = () => {
      truncateSync(trip.at('emptied'), 0);
      truncateSync(trip.at('holes'), 0);
      truncateSync(trip.at('holes'), size + 2 * MiB);
      chmodSync(trip.at('holes'), 0o640);
    };
    await trip.save({ wrap: afterListing(trip.source, act) });
    const { target, outcome } = await trip.bring();
    assert.equal(outcome.outcome, 'succeeded');
    assert.deepEqual(compareTrees(trip.source, target, isRoot).differences, []);
  });

  for (const [change, act] of Object.entries({
    grows: (path: string) => appendFileSync(path, bytes('more', 2 * MiB)),
    shrinks: (path: string) => truncateSync(path, 8192),
    'is emptied': (path: string) => truncateSync(path, 0),
    'is written over': (path: string) => writeFileSync(path, bytes('other', size), { flag: 'r+' }),
  })) {
    test(`a ${kind} file that ${change} while it is read is a problem, restores, and is read anew next time`, async () => {
      await using trip = await RoundTrip.begin();
      writeTree(trip.source, { busy: bytes('busy', size), calm: 'calm' });
      const saved = await trip.save({ wrap: whileReading('busy', () => act(trip.at('busy'))) });
      assert.deepEqual([saved.outcome, codes(trip)], ['partial', ['ENTRY_CHANGED']]);
      assert.equal((await trip.newest()).outcome, 'partial');
      const torn = await trip.bring();
      assert.deepEqual([torn.outcome.outcome, torn.outcome.verified?.differences], ['succeeded', []]);
      assert.equal(readFileSync(join(torn.target, 'calm'), 'utf8'), 'calm');
      // Nobody touches the file any more: the next backup must not take what it read then for what is there.
      trip.context.problems.length = 0;
      await trip.there();
    });
  }
}

test('a file that vanishes before it is read is a problem, and all else is saved', async () => {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { gone: 'x', large: bytes('large', sizes.large), stays: 'y', 'folder/inside': 'z' });
  symlinkSync('x', trip.at('link'));
  const vanish = () => {
    for (const name of ['gone', 'large', 'link', 'folder']) rmSync(trip.at(name), { recursive: true });
  };
  const saved = await trip.save({ wrap: afterListing(trip.source, vanish) });
  assert.equal(saved.outcome, 'partial');
  const told = trip.context.problems.map(({ path, code }) => `${code} ${path.slice(trip.source.length + 1)}`);
  assert.deepEqual(
    [...new Set(told)].sort(),
    ['folder', 'gone', 'large', 'link'].map((name) => `ENTRY_VANISHED ${name}`),
  );
  const { target } = await trip.bring();
  assert.equal(readFileSync(join(target, 'stays'), 'utf8'), 'y');
  assert.ok(!existsSync(join(target, 'gone')));
});

test('a file replaced by another, a symlink, a FIFO or a folder before it is read is never followed', async (t) => {
  if (!hasProgram(t, 'mkfifo', 'coreutils')) return;
  await using trip = await RoundTrip.begin();
  writeFileSync(trip.beside('secret'), 'secret');
  for (const name of ['other', 'link', 'fifo', 'folder']) writeFileSync(trip.at(name), name);
  const replace = () => {
    renameSync(trip.at('other'), trip.beside('kept'));
    writeFileSync(trip.at('other'), 'OTHER');
    for (const name of ['link', 'fifo', 'folder']) renameSync(trip.at(name), trip.beside(`kept ${name}`));
    symlinkSync('../secret', trip.at('link'));
    say('mkfifo', trip.at('fifo'));
    mkdirSync(trip.at('folder'));
  };
  const saved = await trip.save({ wrap: afterListing(trip.source, replace) });
  assert.equal(saved.outcome, 'partial');
  assert.deepEqual(codes(trip), new Array(4).fill('ENTRY_VANISHED'));
  const { target } = await trip.bring();
  assert.deepEqual(readdirSync(target), []);
});

test('a folder replaced by a symlink during the walk is not entered', async () => {
  await using trip = await RoundTrip.begin();
  writeTree(trip.beside('elsewhere'), { secret: 'x' });
  writeTree(trip.source, { 'folder/file': 'y' });
  const replace = () => {
    renameSync(trip.at('folder'), trip.beside('kept'));
    symlinkSync('../elsewhere', trip.at('folder'));
  };
  await trip.save({ wrap: afterListing(trip.source, replace) });
  assert.deepEqual(codes(trip), ['ENTRY_VANISHED']);
  const { target } = await trip.bring();
  assert.deepEqual(readdirSync(target, { recursive: true }), ['folder']);
});

test('a second backup reads nothing, whatever kinds of entries there are', async (t) => {
  if (!hasProgram(t, 'setfattr', 'attr')) return;
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { 'a/file': 'x', 'a/large': bytes('l', sizes.large), 'b/empty': '' });
  symlinkSync('x', trip.at('link'));
  linkSync(trip.at('a/file'), trip.at('b/file too'));
  truncateSync(trip.at('b/empty'), 5 * MiB);
  say('setfattr', '-n', 'user.x', '-v', 'y', trip.at('a/file'));
  say('setfattr', '-n', 'user.x', '-v', 'z', trip.at('a'));
  await trip.save();
  const again = await trip.save();
  assert.deepEqual(again.files, { new: 0, changed: 0, unchanged: 4 });
  assert.deepEqual([again.readBytes, again.newBlobs], [0, 0]);
  await trip.there();
});

/** The files that the next backup reads, after `act`; what comes back is what is there. */
async function readAfter(tree: Readonly<Record<string, string>>, act: (trip: RoundTrip) => void) {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, tree);
  await trip.save();
  act(trip);
  const { files, readBytes } = await trip.save();
  await trip.there();
  return { ...files, readBytes };
}

test('a file written over with its old size and time is noticed', async () => {
  const found = await readAfter({ file: 'before', other: 'other' }, (trip) => {
    const { atime, mtime } = lstatSync(trip.at('file'));
    writeFileSync(trip.at('file'), 'after!');
    utimesSync(trip.at('file'), atime, mtime);
  });
  assert.deepEqual(found, { new: 0, changed: 1, unchanged: 1, readBytes: 6 });
});

test('new times and new modes are saved', async () => {
  const found = await readAfter({ touched: 'touched', changed: 'mode', 'folder/x': '' }, (trip) => {
    utimesSync(trip.at('touched'), 1, 2);
    utimesSync(trip.at('folder'), 3, 4);
    chmodSync(trip.at('changed'), 0o600);
  });
  assert.deepEqual(found, { new: 0, changed: 2, unchanged: 1, readBytes: 11 });
});

test('an attribute that comes or goes is saved, of files and folders', async (t) => {
  if (!hasProgram(t, 'setfattr', 'attr')) return;
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { 'folder/file': 'x' });
  for (const words of [
    ['-n', 'user.a', '-v', '1'],
    ['-n', 'user.a', '-v', '2'],
    ['-x', 'user.a'],
  ]) {
    say('setfattr', ...words, trip.at('folder'));
    say('setfattr', ...words, trip.at('folder/file'));
    await trip.there();
  }
});

test('a file replaced by one of the same size and time is noticed', async () => {
  const found = await readAfter({ file: 'before' }, (trip) => {
    const { atime, mtime } = lstatSync(trip.at('file'));
    writeFileSync(trip.at('new'), 'after!');
    utimesSync(trip.at('new'), atime, mtime);
    renameSync(trip.at('new'), trip.at('file'));
  });
  assert.deepEqual(found, { new: 0, changed: 1, unchanged: 0, readBytes: 6 });
});

test('a renamed folder is saved under its new name, and nothing is stored twice', async () => {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { 'old/a': 'a', 'old/deep/b': bytes('b', 300_000) });
  await trip.save();
  renameSync(trip.at('old'), trip.at('new'));
  const saved = await trip.save();
  assert.equal(saved.files.unchanged, 0);
  assert.ok(saved.storedBytes < 100_000, `${saved.storedBytes} bytes were stored`);
  await trip.there();
});

test('an entry that becomes another kind of entry is saved as what it is', async () => {
  const found = await readAfter({ 'folder/x': 'x', file: 'y' }, (trip) => {
    rmSync(trip.at('folder'), { recursive: true });
    writeFileSync(trip.at('folder'), 'now a file');
    rmSync(trip.at('file'));
    mkdirSync(trip.at('file'));
  });
  assert.deepEqual(found, { new: 0, changed: 1, unchanged: 0, readBytes: 10 });
});

test('a link that comes or goes is saved', async () => {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { file: 'x' });
  await trip.there();
  linkSync(trip.at('file'), trip.at('file too'));
  await trip.there();
  rmSync(trip.at('file'));
  await trip.there();
});

test('force reads every file again', async () => {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, { a: 'aa', 'b/c': 'ccc' });
  await trip.save();
  const { files, readBytes } = await trip.save({ force: true });
  assert.deepEqual([files.unchanged, readBytes], [0, 5]);
});

test('worker threads record files that changed after they were listed as they read them', async () => {
  await using trip = await RoundTrip.begin();
  for (let number = 0; number < 10; number += 1)
    writeTree(trip.source, { [`a/${number}`]: bytes(`${number}`, MiB) });
  writeTree(trip.source, { 'z/grows': 'x', 'z/shrinks': bytes('s', MiB), 'z/vanishes': 'y', 'z/stays': 'z' });
  const act = () => {
    appendFileSync(trip.at('z/grows'), bytes('g', 2 * MiB));
    truncateSync(trip.at('z/shrinks'), 3);
    rmSync(trip.at('z/vanishes'));
  };
  const saved = await trip.save({ workers: 2, wrap: afterListing(trip.at('z'), act) });
  assert.deepEqual([saved.outcome, codes(trip)], ['partial', ['ENTRY_VANISHED']]);
  const { target, outcome } = await trip.bring({ workers: 2 });
  assert.equal(outcome.outcome, 'succeeded');
  assert.deepEqual(
    compareTrees(trip.source, target, isRoot).differences.map(({ path }) => path),
    ['/z'],
    'the folder alone has the time of before the removal',
  );
});
