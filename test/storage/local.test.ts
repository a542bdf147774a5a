// The local storage on the real file system: what it leaves behind, what it makes of errors, what it never does.

import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { isFailure } from '../../src/base/failure.ts';
import { createStorage, noSecrets, openStorage } from '../../src/storage/all.ts';
import { type LocalFiles, nodeFiles } from '../../src/storage/local/files.ts';
import { openLocal } from '../../src/storage/local.ts';
import { failingFiles, type Trouble } from './failing-files.ts';
import { bytesOf, failure, namesOf, scratch, signal, stillContext, textOf } from './storage-world.ts';

const context = stillContext();

test('files and folders are readable to their owner alone, and no temporary name stays', async () => {
  using folder = scratch();
  const storage = await openLocal(folder.path, nodeFiles);
  await storage.put('packs/ab/one', bytesOf('one'), { signal });
  assert.equal(statSync(join(folder.path, 'packs/ab/one')).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder.path, 'packs/ab')).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(join(folder.path, 'packs/ab')), ['one']);
});

test('a put of an existing name with other content is refused and replaces nothing', async () => {
  using folder = scratch();
  const storage = await openLocal(folder.path, nodeFiles);
  await storage.put('a/one', bytesOf('one'), { signal });
  await storage.put('a/one', bytesOf('one'), { signal });
  await assert.rejects(
    storage.put('a/one', bytesOf('two'), { signal }),
    failure('corrupt', 'OBJECT_DIFFERS'),
  );
  await assert.rejects(
    storage.put('a/one', bytesOf('one'), { signal, ifAbsent: true }),
    failure('conflict', 'OBJECT_EXISTS'),
  );
  assert.equal(await textOf(storage, 'a/one'), 'one');
  assert.deepEqual(readdirSync(join(folder.path, 'a')), ['one']);
});

test('temporary files of killed writers are never listed', async () => {
  using folder = scratch();
  const storage = await openLocal(folder.path, nodeFiles);
  await storage.put('a/one', bytesOf('one'), { signal });
  writeFileSync(join(folder.path, 'a', '.tmp-0011'), 'half');
  writeFileSync(join(folder.path, '.tmp-0022'), 'half');
  assert.deepEqual(await namesOf(storage), ['a/one']);
});

test('a part of the repository that was moved behind a link is still listed', async () => {
  using folder = scratch();
  const storage = await openLocal(join(folder.path), nodeFiles);
  await storage.put('packs/ab/one', bytesOf('one'), { signal });
  renameSync(join(folder.path, 'packs'), join(folder.path, '.moved'));
  symlinkSync(join(folder.path, '.moved'), join(folder.path, 'packs'));
  assert.deepEqual(await namesOf(storage, 'packs/'), ['packs/ab/one']);
});

test('what lies beside the objects is passed over', async () => {
  using folder = scratch();
  const storage = await createStorage(join(folder.path, 'new/repository'), noSecrets, context);
  await storage.put('a/one', bytesOf('one'), { signal });
  writeFileSync(join(folder.path, 'new/repository', '.DS_Store'), '');
  writeFileSync(join(folder.path, 'new/repository/a', 'README.TXT'), '');
  assert.deepEqual(await namesOf(storage), ['a/one']);
});

test('a repository that is not there, is a file, or is not empty says so', async () => {
  using folder = scratch();
  writeFileSync(join(folder.path, 'file'), 'x');
  await assert.rejects(
    openStorage(join(folder.path, 'none'), noSecrets, context),
    failure('missing', 'STORAGE_MISSING'),
  );
  await assert.rejects(
    openStorage(join(folder.path, 'file'), noSecrets, context),
    failure('usage', 'STORAGE_NOT_A_FOLDER'),
  );
  await assert.rejects(
    createStorage(join(folder.path, 'file'), noSecrets, context),
    failure('usage', 'STORAGE_NOT_A_FOLDER'),
  );
  await assert.rejects(
    createStorage(folder.path, noSecrets, context),
    failure('conflict', 'STORAGE_NOT_EMPTY'),
  );
  for (const url of ['gopher:x', 'constructor:x', 'GOPHER:x']) {
    await assert.rejects(openStorage(url, noSecrets, context), failure('usage', 'STORAGE_UNKNOWN_SCHEME'));
  }
});

test('a folder is named by a path, or by a file URL', async () => {
  using folder = scratch();
  mkdirSync(join(folder.path, 'a b'));
  for (const url of [
    join(folder.path, 'a b'),
    pathToFileURL(join(folder.path, 'a b')).href,
    `file:${folder.path}/a b`,
  ]) {
    assert.equal((await openStorage(url, noSecrets, context)).location, join(folder.path, 'a b'));
  }
  await assert.rejects(
    openStorage('file://elsewhere/a', noSecrets, context),
    failure('usage', 'STORAGE_URL_INVALID'),
  );
});

test('a folder that is gone is trouble, never an empty list or a missing object', async () => {
  using folder = scratch();
  const root = join(folder.path, 'repository');
  mkdirSync(root);
  const storage = await openLocal(root, nodeFiles);
  await storage.put('a/one', bytesOf('one'), { signal });
  rmSync(root, { recursive: true });
  const vanished = failure('unavailable', 'STORAGE_VANISHED');
  await assert.rejects(namesOf(storage, 'a/'), vanished);
  await assert.rejects(namesOf(storage), vanished);
  await assert.rejects(storage.get('a/one', { signal }), vanished);
  await assert.rejects(storage.stat('a/one', { signal }), vanished);
  await assert.rejects(storage.delete('a/one', { signal }), vanished);
  await assert.rejects(storage.put('a/two', bytesOf('two'), { signal }), vanished);
});

test('the empty folder that an unmounted disk leaves is not taken for the repository', async () => {
  using folder = scratch();
  let device = 7;
  const storage = await openLocal(folder.path, {
    ...nodeFiles,
    stat: async (path) => ({ ...(await nodeFiles.stat(path)), device }),
  });
  assert.deepEqual(await namesOf(storage, 'snapshots/'), []);
  device = 8;
  await assert.rejects(namesOf(storage, 'snapshots/'), failure('unavailable', 'STORAGE_VANISHED'));
  await assert.rejects(storage.stat('config/x', { signal }), failure('unavailable', 'STORAGE_VANISHED'));
});

test('a folder that was removed meanwhile is made again by the next try', async () => {
  using folder = scratch();
  const storage = await openLocal(folder.path, nodeFiles);
  await storage.put('a/b/one', bytesOf('one'), { signal });
  rmSync(join(folder.path, 'a'), { recursive: true });
  await assert.rejects(
    storage.put('a/b/one', bytesOf('one'), { signal }),
    failure('unavailable', 'STORAGE_VANISHED'),
  );
  await storage.put('a/b/one', bytesOf('one'), { signal });
  assert.equal(await textOf(storage, 'a/b/one'), 'one');
});

test('errors of the file system become failures of the right kind', async () => {
  using folder = scratch();
  const cases: readonly (readonly [string, Parameters<Trouble>[0], Parameters<typeof failure>])[] = [
    ['ENOSPC', 'write', ['exhausted', 'STORAGE_FULL']],
    ['EDQUOT', 'create', ['exhausted', 'STORAGE_FULL']],
    ['ENOSPC', 'sync', ['exhausted', 'STORAGE_FULL']],
    ['ENOSPC', 'close', ['exhausted', 'STORAGE_FULL']],
    ['EACCES', 'create', ['denied', 'STORAGE_DENIED']],
    ['EROFS', 'mkdir', ['denied', 'STORAGE_DENIED']],
    ['EPERM', 'link', ['denied', 'STORAGE_NO_HARD_LINKS']],
    ['EIO', 'write', ['unavailable', 'STORAGE_IO_ERROR']],
    ['EIO', 'link', ['unavailable', 'STORAGE_IO_ERROR']],
    ['EIO', 'sync', ['unavailable', 'STORAGE_FAILED']],
  ];
  for (const [code, call, expected] of cases) {
    const name = `${call}-${code.toLowerCase()}/one`;
    let isFirst = true;
    const trouble: Trouble = (made, _, path) => {
      // The file's close, not that of a directory.
      const isMeant = made === call && isFirst && (call !== 'close' || path.includes('.tmp-'));
      if (isMeant) isFirst = false;
      return isMeant ? code : undefined;
    };
    const storage = await openLocal(folder.path, failingFiles(trouble));
    await assert.rejects(
      storage.put(name, bytesOf('one'), { signal }),
      failure(...expected),
      `${call} ${code}`,
    );
    assert.ok(!isFirst, `${call} was made`);
    assert.equal(await storage.stat(name, { signal }), undefined);
  }
  const unreadable = await openLocal(
    folder.path,
    failingFiles((call) => (call === 'readdir' ? 'EIO' : undefined)),
  );
  await assert.rejects(namesOf(unreadable), failure('unavailable', 'STORAGE_IO_ERROR'));
});

test('after a failed fsync nothing is ever synced, written or deleted again', async () => {
  using folder = scratch();
  for (const nth of [1, 2, 3]) {
    let syncs = 0;
    const files = failingFiles((call) => {
      if (call === 'sync') syncs += 1;
      return call === 'sync' && syncs === nth ? 'EIO' : undefined;
    });
    const storage = await openLocal(folder.path, files);
    const failed = failure('unavailable', 'STORAGE_FAILED');
    await assert.rejects(storage.put(`sync-${nth}/one`, bytesOf('one'), { signal }), failed);
    const before = files.calls.filter((call) => call !== 'close').length;
    await assert.rejects(storage.put(`sync-${nth}/two`, bytesOf('two'), { signal }), failed);
    await assert.rejects(storage.delete(`sync-${nth}/one`, { signal }), failed);
    assert.equal(syncs, nth);
    assert.equal(files.calls.filter((call) => call !== 'close').length, before);
    // What is there can still be read.
    await namesOf(storage);
  }
});

test('an error at any call leaves the object whole or absent, and a new try succeeds', async () => {
  using folder = scratch();
  const content = Buffer.alloc(100_000, 'content');
  for (let nth = 1; ; nth += 1) {
    const root = join(folder.path, `${nth}`);
    mkdirSync(root);
    const files = failingFiles((_, number) => (number === nth ? 'EIO' : undefined));
    try {
      const storage = await openLocal(root, files);
      await storage.put('a/b/one', content, { signal });
    } catch (error) {
      assert.ok(isFailure(error, 'unavailable'), `call ${nth}: ${error}`);
    }
    const again = await openLocal(root, nodeFiles);
    const stat = await again.stat('a/b/one', { signal });
    if (stat !== undefined) assert.deepEqual(readFileSync(join(root, 'a/b/one')), content, `call ${nth}`);
    await again.put('a/b/one', content, { signal });
    assert.deepEqual(await namesOf(again), ['a/b/one']);
    if (files.calls.length < nth) {
      assert.ok(nth > 10, 'the campaign ended too early');
      break;
    }
  }
});

test('a put that is canceled midway leaves nothing', async () => {
  using folder = scratch();
  const controller = new AbortController();
  const storage = await openLocal(
    folder.path,
    failingFiles((call) => {
      if (call === 'sync') controller.abort();
      return undefined;
    }),
  );
  await assert.rejects(
    storage.put('one', bytesOf('one'), { signal: controller.signal }),
    failure('canceled', 'CANCELED'),
  );
  assert.deepEqual(readdirSync(folder.path), []);
});

test('where a disk was unmounted, the empty folder that stays is no empty list', async () => {
  using folder = scratch();
  let device: number | undefined;
  const files: LocalFiles = {
    ...nodeFiles,
    stat: async (path) => {
      const found = await nodeFiles.stat(path);
      return { ...found, device: device ?? found.device };
    },
  };
  const storage = await openLocal(folder.path, files);
  assert.deepEqual(await namesOf(storage), []);
  device = -1;
  await assert.rejects(namesOf(storage), failure('unavailable', 'STORAGE_VANISHED'));
});
