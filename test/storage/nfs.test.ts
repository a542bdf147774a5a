// This machine's kernel has no NFS client, so a tmpfs stands in for the share (`allow-type=tmpfs`); what a network adds is put behind the
// calls of the file system: lost answers, stale handles, lost bytes, a server that hangs.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { noSecrets, openStorage } from '../../src/storage/all.ts';
import { conformance } from '../../src/storage/conformance.ts';
import type { LocalFiles } from '../../src/storage/local/files.ts';
import { type NetworkFiles, nodeNetworkFiles } from '../../src/storage/nfs/files.ts';
import nfs, { createNfs, type NfsConfig, openNfs } from '../../src/storage/nfs.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { rootOrSkip } from '../servers/process.ts';
import { failingFiles, type Trouble } from './failing-files.ts';
import { bytesOf, failure, namesOf, scratch, signal, stillContext, textOf } from './storage-world.ts';

interface Share extends Disposable {
  readonly path: string;
  readonly given: NfsConfig;
  remount(options: string): void;
  unmount(): void;
}

function mountShare(t: TestContext, size = '64m'): Share | undefined {
  if (!rootOrSkip(t)) return undefined;
  const folder = scratch();
  const run = (...command: string[]) => {
    const { status, stderr } = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  run('mount', '-t', 'tmpfs', '-o', `size=${size},mode=700`, 'holdfast-share', folder.path);
  let isMounted = true;
  const unmount = () => {
    if (isMounted) run('umount', '--lazy', folder.path);
    isMounted = false;
  };
  return {
    path: folder.path,
    given: { path: join(folder.path, 'repository'), allowType: 'tmpfs' },
    remount: (options) => run('mount', '-o', `remount,${options}`, folder.path),
    unmount,
    [Symbol.dispose]: () => {
      unmount();
      folder[Symbol.dispose]();
    },
  };
}

/** The real calls, some of which fail or lie. */
function troubled(trouble: Trouble, more: Partial<NetworkFiles> = {}): NetworkFiles {
  return { ...nodeNetworkFiles, ...failingFiles(trouble), ...more };
}

const none: Trouble = () => undefined;

test('a mounted share keeps the promises', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  const context = stillContext();
  await (await createNfs(share.given, nodeNetworkFiles, context))[Symbol.asyncDispose]();
  const url = `nfs://${share.given.path}?allow-type=tmpfs`;
  const results = await Array.fromAsync(
    conformance(() => openStorage(url, noSecrets, context), { signal, listedObjects: 200 }),
  );
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
});

test('reading from a share that drops calls now and then keeps the promises behind retry', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  const context = stillContext();
  await (await createNfs(share.given, nodeNetworkFiles, context))[Symbol.asyncDispose]();
  let isOpen = 0;
  let count = 0;
  const files = troubled((call, _, path) => {
    if (isOpen < 2 || path.includes('.tmp-') || !['openForReading', 'read', 'readdir'].includes(call))
      return undefined;
    count += 1;
    return count % 61 === 0 ? 'ESTALE' : count % 83 === 0 ? 'EIO' : undefined;
  });
  const open = async () => {
    const storage = await openNfs(share.given, files, context);
    isOpen += 1;
    return withRetry(storage, () => 0, context);
  };
  const results = await Array.fromAsync(conformance(open, { signal, listedObjects: 60 }));
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  assert.ok(context.sleeps.length > 2, 'nothing was retried');
});

test('a put during which any one call is dropped, before or after its effect, succeeds behind retry', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  mkdirSync(share.given.path);
  const bytes = Buffer.alloc(2_500_000, 5);
  let puts = 0;
  for (const when of ['before', 'after'] as const) {
    for (let failing = 1; ; failing += 1) {
      let number = 0;
      const drop = async <Result>(run: () => Promise<Result>): Promise<Result> => {
        number += 1;
        const isDropped = number === failing;
        const lost = Object.assign(new Error('ETIMEDOUT'), { code: 'ETIMEDOUT' });
        if (isDropped && when === 'before') throw lost;
        const result = await run();
        if (isDropped) throw lost;
        return result;
      };
      let isArmed = false;
      const armed = <Result>(run: () => Promise<Result>) => (isArmed ? drop(run) : run());
      const files: NetworkFiles = {
        ...nodeNetworkFiles,
        create: async (path) => {
          const file = await armed(() => nodeNetworkFiles.create(path));
          return { ...file, write: (...given) => armed(() => file.write(...given)) };
        },
        link: (from, to) => armed(() => nodeNetworkFiles.link(from, to)),
        unlink: (path) => armed(() => nodeNetworkFiles.unlink(path)),
        mkdir: (path) => armed(() => nodeNetworkFiles.mkdir(path)),
        stat: (path) => armed(() => nodeNetworkFiles.stat(path)),
        openForReading: (path) => armed(() => nodeNetworkFiles.openForReading(path)),
        openDirectory: (path) => armed(() => nodeNetworkFiles.openDirectory(path)),
      };
      const context = stillContext();
      await using inner = await openNfs(share.given, files, context);
      const storage = withRetry(inner, () => 0, context);
      const name = `${when}/${failing}/object`;
      isArmed = true;
      await storage.put(name, bytes, { signal, ifAbsent: true });
      isArmed = false;
      assert.ok(Buffer.from(await storage.get(name, { signal })).equals(bytes), name);
      await storage.delete(name, { signal });
      puts += 1;
      if (number < failing) break;
    }
  }
  assert.ok(puts > 20, `${puts} puts`);
});

test('a URL and a configuration mean the same', () => {
  assert.deepEqual(nfs.config.parse(nfs.fromUrl('nfs:///mnt/nas/my%20repo')), { path: '/mnt/nas/my repo' });
  assert.deepEqual(nfs.config.parse(nfs.fromUrl('nfs:/mnt/nas?allow-type=beegfs')), {
    path: '/mnt/nas',
    allowType: 'beegfs',
  });
  for (const url of [
    'nfs://nas/export',
    'nfs://root@/x',
    'nfs:///x?soft=1',
    'nfs:///x#y',
    'nfs:///a%2Fb',
    'nfs://nas:2049/',
  ]) {
    assert.throws(() => nfs.fromUrl(url), failure('usage', 'STORAGE_URL_INVALID'), url);
  }
  for (const given of [{ path: 'relative' }, {}, { path: '/x', allowType: '' }]) {
    assert.throws(() => nfs.config.parse(given));
  }
});

test('what is no mounted share is refused with the way out', async (t) => {
  using folder = scratch();
  const context = stillContext();
  const local = { path: folder.path };
  await assert.rejects(
    nfs.open(local, context),
    (error) => isFailure(error, 'missing', 'STORAGE_NOT_MOUNTED') && /Mount the share/.test(error.hint ?? ''),
  );
  await assert.rejects(
    nfs.create({ path: join(folder.path, 'a/b') }, context),
    failure('missing', 'STORAGE_NOT_MOUNTED'),
  );
  assert.deepEqual(readdirSync(folder.path), [], 'something was made beside the share');
  await assert.rejects(
    nfs.open({ path: join(folder.path, 'none') }, context),
    failure('missing', 'STORAGE_MISSING'),
  );
  using share = mountShare(t);
  if (share === undefined) return;
  await assert.rejects(
    nfs.open({ path: share.path }, context),
    failure('missing', 'STORAGE_NOT_MOUNTED'),
    'tmpfs passes only by its name',
  );
  await assert.rejects(nfs.open(share.given, context), failure('missing', 'STORAGE_MISSING'));
  writeFileSync(join(share.path, 'file'), '');
  await assert.rejects(
    nfs.open({ ...share.given, path: join(share.path, 'file') }, context),
    failure('usage', 'STORAGE_NOT_A_FOLDER'),
  );
  await assert.rejects(
    nfs.create({ ...share.given, path: share.path }, context),
    failure('conflict', 'STORAGE_NOT_EMPTY'),
  );
});

test('a soft mount is refused, also when it is opened only', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  const soft = troubled(none, {
    mountInfo: async () => `9 1 0:9 / ${share.path} rw - nfs4 nas:/export rw,vers=4.2,soft,timeo=10\n`,
  });
  await assert.rejects(
    openNfs({ path: share.path }, soft, stillContext()),
    failure('denied', 'STORAGE_SOFT_MOUNT'),
  );
  await assert.rejects(
    createNfs({ path: join(share.path, 'r') }, soft, stillContext()),
    failure('denied', 'STORAGE_SOFT_MOUNT'),
  );
});

test('a read-only mount can be read; writing and creating are refused', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  const context = stillContext();
  await using storage = await createNfs(share.given, nodeNetworkFiles, context);
  await storage.put('a', bytesOf('one'), { signal });
  share.remount('ro');
  await using readable = await nfs.open(share.given, context);
  assert.ok(context.logged.includes('the share is mounted read-only'));
  assert.equal(await textOf(readable, 'a'), 'one');
  await assert.rejects(readable.put('b', bytesOf('two'), { signal }), failure('denied', 'STORAGE_DENIED'));
  await assert.rejects(readable.delete('a', { signal }), failure('denied', 'STORAGE_DENIED'));
  await assert.rejects(
    nfs.create({ ...share.given, path: join(share.path, 'new') }, context),
    failure('denied', 'STORAGE_DENIED'),
  );
});

test('a stale handle is told at opening and at every call, as what can pass', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  const context = stillContext();
  const stale = Object.assign(new Error('ESTALE: statfs'), { code: 'ESTALE' });
  const dead = troubled(none, {
    freeBytes: async () => {
      throw stale;
    },
  });
  mkdirSync(share.given.path);
  await assert.rejects(
    openNfs(share.given, dead, context),
    (error) =>
      isFailure(error, 'unavailable', 'STORAGE_UNAVAILABLE') && /mount it again/.test(error.hint ?? ''),
  );
  for (const code of ['ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EHOSTDOWN']) {
    let isAway = false;
    await using storage = await openNfs(
      share.given,
      troubled(() => (isAway ? code : undefined)),
      context,
    );
    await storage.put('kept', bytesOf('x'), { signal });
    isAway = true;
    const away = failure('unavailable', 'STORAGE_UNAVAILABLE');
    await assert.rejects(storage.get('kept', { signal }), away);
    await assert.rejects(storage.stat('kept', { signal }), away);
    await assert.rejects(namesOf(storage), away);
    await assert.rejects(storage.delete('kept', { signal }), away);
    await assert.rejects(storage.put('other', bytesOf('y'), { signal }), away);
    isAway = false;
    assert.deepEqual(await namesOf(storage), ['kept']);
  }
});

test('a link whose answer was lost is known by its file, with ifAbsent too', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  mkdirSync(share.given.path);
  for (const code of ['EEXIST', 'ENOENT']) {
    let isLost = true;
    const link: LocalFiles['link'] = async (from, to) => {
      await nodeNetworkFiles.link(from, to);
      if (isLost) throw Object.assign(new Error(`${code}: link`), { code });
    };
    await using storage = await openNfs(share.given, troubled(none, { link }), stillContext());
    await storage.put(`lost-${code.toLowerCase()}`, bytesOf('mine'), { signal, ifAbsent: true });
    isLost = false;
    await assert.rejects(
      storage.put(`lost-${code.toLowerCase()}`, bytesOf('mine'), { signal, ifAbsent: true }),
      failure('conflict', 'OBJECT_EXISTS'),
    );
  }
  // Refused without having taken place: never taken for a success.
  const refusing = troubled((call) => (call === 'link' ? 'ENOENT' : undefined));
  await using storage = await openNfs(share.given, refusing, stillContext());
  await assert.rejects(storage.put('none', bytesOf('x'), { signal }), (error) => isFailure(error));
  assert.equal(await storage.stat('none', { signal }), undefined);
});

test('an object that a close or a read back does not vouch for is never published', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  mkdirSync(share.given.path);
  const bytes = Buffer.alloc(3_000_000, 7);
  for (const [code, kind, name] of [
    ['EIO', 'unavailable', 'STORAGE_IO_ERROR'],
    ['EDQUOT', 'exhausted', 'STORAGE_FULL'],
    ['ENOSPC', 'exhausted', 'STORAGE_FULL'],
    ['ESTALE', 'unavailable', 'STORAGE_UNAVAILABLE'],
  ] as const) {
    const files = troubled((call, _, path) =>
      call === 'close' && path.includes('.tmp-') ? code : undefined,
    );
    await using storage = await openNfs(share.given, files, stillContext());
    await assert.rejects(storage.put('closed', bytes, { signal }), failure(kind, name));
    assert.deepEqual(readdirSync(share.given.path), []);
  }
  for (const damage of ['changed', 'short'] as const) {
    const lying: NetworkFiles = {
      ...nodeNetworkFiles,
      async create(path) {
        const file = await nodeNetworkFiles.create(path);
        return {
          ...file,
          async write(given, offset, position) {
            if (damage === 'short' && position + given.length - offset > 2_000_000) {
              await file.write(given.subarray(offset, offset + 2_000_000), 0, position);
              return given.length - offset;
            }
            const wrong = Uint8Array.from(given.subarray(offset));
            wrong[1_500_000] = 8;
            return file.write(wrong, 0, position);
          },
        };
      },
    };
    await using storage = await openNfs(share.given, lying, stillContext());
    await assert.rejects(
      storage.put('lied', bytes, { signal }),
      failure('unavailable', 'STORAGE_WROTE_WRONGLY'),
    );
    assert.deepEqual(readdirSync(share.given.path), []);
  }
});

test('after a failed sync nothing is asked of the share any more', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  mkdirSync(share.given.path);
  let isBroken = true;
  const files = troubled((call) => (call === 'sync' && isBroken ? 'EIO' : undefined));
  await using storage = await openNfs(share.given, files, stillContext());
  await assert.rejects(storage.put('a', bytesOf('a'), { signal }), failure('unavailable', 'STORAGE_FAILED'));
  isBroken = false;
  await assert.rejects(storage.put('a', bytesOf('a'), { signal }), failure('unavailable', 'STORAGE_FAILED'));
});

test('a share that was unmounted is missed, and nothing is written in its place', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  const given = { path: share.path, allowType: 'tmpfs' };
  await using storage = await nfs.open(given, stillContext());
  await storage.put('a/b', bytesOf('x'), { signal });
  share.unmount();
  const vanished = failure('unavailable', 'STORAGE_VANISHED');
  for (const name of ['c', 'a/c', 'new/c'])
    await assert.rejects(storage.put(name, bytesOf('y'), { signal }), vanished);
  await assert.rejects(storage.get('a/b', { signal }), vanished);
  await assert.rejects(storage.stat('a/b', { signal }), vanished);
  await assert.rejects(namesOf(storage, 'a/'), vanished);
  assert.deepEqual(readdirSync(share.path), []);
});

test('an empty root of an unmounted share is no empty list', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  await using storage = await nfs.open({ path: share.path, allowType: 'tmpfs' }, stillContext());
  await storage.put('a/b', bytesOf('x'), { signal });
  share.unmount();
  await assert.rejects(namesOf(storage), failure('unavailable', 'STORAGE_VANISHED'));
});

test('a full share is told as such, and all that was put stays readable', async (t) => {
  using share = mountShare(t, '2m');
  if (share === undefined) return;
  await using storage = await createNfs(share.given, nodeNetworkFiles, stillContext());
  await storage.put('first', bytesOf('kept'), { signal });
  await assert.rejects(
    storage.put('large', Buffer.alloc(4_000_000, 1), { signal }),
    failure('exhausted', 'STORAGE_FULL'),
  );
  assert.equal(await textOf(storage, 'first'), 'kept');
  await storage.put('second', bytesOf('fits'), { signal });
  assert.deepEqual(await namesOf(storage), ['first', 'second']);
});

test('a share without hard links is refused when it is created, and nothing is left', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  const files = troubled((call) => (call === 'link' ? 'EPERM' : undefined));
  await assert.rejects(
    createNfs(share.given, files, stillContext()),
    failure('denied', 'STORAGE_NO_HARD_LINKS'),
  );
  assert.deepEqual(readdirSync(share.given.path), []);
});

test('a call to a server that hangs is left at once when it is canceled', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  mkdirSync(share.given.path);
  const released = Promise.withResolvers<void>();
  let isHanging = false;
  const wait = async () => void (isHanging && (await released.promise));
  const files: NetworkFiles = {
    ...nodeNetworkFiles,
    async stat(path) {
      await wait();
      return nodeNetworkFiles.stat(path);
    },
    async openForReading(path) {
      await wait();
      return nodeNetworkFiles.openForReading(path);
    },
    async readdir(path) {
      await wait();
      return nodeNetworkFiles.readdir(path);
    },
  };
  await using storage = await openNfs(share.given, files, stillContext());
  await storage.put('a', bytesOf('x'), { signal });
  isHanging = true;
  const calls = [
    (given: AbortSignal) => storage.get('a', { signal: given }),
    (given: AbortSignal) => storage.stat('a', { signal: given }),
    (given: AbortSignal) => Array.fromAsync(storage.list('', { signal: given })),
    (given: AbortSignal) => storage.put('b', bytesOf('y'), { signal: given }),
  ];
  for (const call of calls) {
    const controller = new AbortController();
    const calling = call(controller.signal);
    controller.abort();
    await assert.rejects(calling, failure('canceled', 'CANCELED'));
  }
  const leaving = new AbortController();
  const opening = openNfs(share.given, files, { ...stillContext(), signal: leaving.signal });
  leaving.abort();
  await assert.rejects(opening, failure('canceled', 'CANCELED'));
  released.resolve();
});

test('the mount is held while the storage is open, and the weaker promise is told', async (t) => {
  using share = mountShare(t);
  if (share === undefined) return;
  const storage = await createNfs(share.given, nodeNetworkFiles, stillContext());
  assert.deepEqual(storage.features, {
    exclusivePut: true,
    parallelCallsMax: 4,
    isLocal: false,
    durability: 'B',
    listLagMs: 60_000,
  });
  assert.notEqual(spawnSync('umount', [share.path]).status, 0, 'the mount was free to go');
  const findings = (await storage.posture?.({ signal })) ?? [];
  assert.deepEqual(
    findings.map(({ about, verdict }) => [about, verdict]),
    [
      ['durability', 'unknown'],
      ['transport', 'unknown'],
    ],
  );
  await storage[Symbol.asyncDispose]();
  share.unmount();
  assert.ok(existsSync(share.path));
});
