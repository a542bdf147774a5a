// Every point at which the power can fail during puts and deletes, with several choices of what the disk kept: what had returned holds,
// what is there is whole, and the work can be done again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LocalFiles } from '../../src/storage/local/files.ts';
import { makeRoot } from '../../src/storage/local/root.ts';
import { openLocal } from '../../src/storage/local.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { PowerCutFiles } from './power-cut-files.ts';
import { namesOf, signal } from './storage-world.ts';

const contents: Readonly<Record<string, Buffer>> = {
  'config/1': Buffer.from('configuration'),
  'packs/ab/one': Buffer.alloc(3000, 'first pack'),
  'packs/ab/two': Buffer.alloc(10, 'second pack'),
  'packs/cd/three': Buffer.alloc(200, 'third pack'),
  'index/one': Buffer.from('index'),
};

interface Acknowledged {
  readonly put: Set<string>;
  readonly deleted: Set<string>;
}

async function work(storage: Storage, acknowledged: Acknowledged): Promise<void> {
  for (const [name, bytes] of Object.entries(contents)) {
    await storage.put(name, bytes, { signal, ifAbsent: name.startsWith('config/') });
    acknowledged.put.add(name);
  }
  for (const name of ['index/one', 'packs/ab/one']) {
    acknowledged.put.delete(name);
    await storage.delete(name, { signal });
    acknowledged.deleted.add(name);
  }
}

async function verify(storage: Storage, { put, deleted }: Acknowledged, where: string): Promise<void> {
  const listed = await namesOf(storage);
  for (const name of put) assert.ok(listed.includes(name), `${where}: "${name}" was put and is lost`);
  for (const name of deleted)
    assert.ok(!listed.includes(name), `${where}: "${name}" was deleted and came back`);
  for (const name of listed) {
    const bytes = Buffer.from(await storage.get(name, { signal }));
    assert.ok(contents[name]?.equals(bytes), `${where}: "${name}" is not whole`);
  }
}

async function campaign(
  openOn: (files: LocalFiles) => Promise<Storage>,
): Promise<{ cuts: number; broken: number }> {
  let broken = 0;
  for (let call = 1; ; call += 1) {
    for (const moment of ['before', 'after'] as const) {
      const files = new PowerCutFiles({ call, moment });
      const acknowledged: Acknowledged = { put: new Set(), deleted: new Set() };
      await makeRoot(files, '/repository')
        .then(() => openOn(files))
        .then((storage) => work(storage, acknowledged))
        .catch((error: unknown) => {
          if (!files.isOff) throw error;
        });
      if (files.calls < call) return { cuts: call - 1, broken };
      for (const seed of ['1', '2', '3', '4', '5', '6']) {
        const where = `cut ${moment} call ${call}, seed ${seed}`;
        const survivor = files.cut(seed);
        try {
          await makeRoot(survivor, '/repository');
          const storage = await openLocal('/repository', survivor);
          await verify(storage, acknowledged, where);
          // The work can be done again, over whatever is left of it.
          for (const [name, bytes] of Object.entries(contents)) await storage.put(name, bytes, { signal });
          assert.deepEqual(await namesOf(storage), Object.keys(contents).sort(), where);
        } catch (error) {
          broken += 1;
          if (openOn === plain) throw error;
        }
      }
    }
  }
}

const plain = (files: LocalFiles) => openLocal('/repository', files);

test('whatever is cut and whatever survives: what was put is there, what was deleted is gone, all is whole', async () => {
  const { cuts } = await campaign(plain);
  assert.ok(cuts > 40, `only ${cuts} calls were cut`);
});

test('the campaign notices a storage that does not sync its files, or its directories', async () => {
  for (const skipped of ['create', 'openDirectory'] as const) {
    const { broken } = await campaign((files) =>
      openLocal('/repository', {
        create: async (path) => neverSynced(await files.create(path), skipped === 'create'),
        openDirectory: async (path) =>
          neverSynced(await files.openDirectory(path), skipped === 'openDirectory'),
        openForReading: (path) => files.openForReading(path),
        link: (from, to) => files.link(from, to),
        unlink: (path) => files.unlink(path),
        mkdir: (path) => files.mkdir(path),
        readdir: (path) => files.readdir(path),
        stat: (path) => files.stat(path),
      }),
    );
    assert.ok(broken > 0, `without sync after ${skipped} nothing was lost`);
  }
});

function neverSynced<File extends { sync(): Promise<void> }>(file: File, isSkipped: boolean): File {
  return isSkipped ? { ...file, sync: async () => undefined } : file;
}
