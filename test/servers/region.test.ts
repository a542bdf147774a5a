// Two regions: the repository of one on an S3 server, its second on an Azure server, kept alike by sync. The first server is lost with all it
// had; a new machine that has nothing but the key restores from the second byte for byte, goes on there, and fills the first anew.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cacheStorage } from '../../src/cli/storage-stack.ts';
import { check } from '../../src/operations/check.ts';
import { sync } from '../../src/operations/sync.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { kindNamed } from '../../src/storage/all.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';
import { account, accountKey, startAzurite } from './azurite.ts';
import { serverFolder } from './process.ts';
import { type RadosGateway, radosGatewayOrSkip, startRadosGateway } from './radosgw.ts';

interface Region {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
}

function regionOf({ port, accessKeyId, secretAccessKey }: RadosGateway): Region {
  const endpoint = `http://127.0.0.1:${port}`;
  return { kind: 's3', config: { bucket: 'first', prefix: 'files', endpoint, accessKeyId, secretAccessKey } };
}

/** A computer: its own memory and cache. */
class Machine implements Disposable {
  readonly folder = scratch();
  readonly context = testContext();
  #runs = 0;

  async place({ kind, config }: Region, isNew = false): Promise<Storage> {
    const table = await kindNamed(kind);
    const parsed = table.config.parse(config);
    return await (isNew ? table.create(parsed, this.context) : table.open(parsed, this.context));
  }

  async create(region: Region): Promise<void> {
    await using storage = await this.place(region, true);
    await create(storage, join(this.folder.path, 'state'), this.context);
  }

  async open(
    region: Region,
    more: (storage: Storage) => Storage = (storage) => storage,
  ): Promise<Repository> {
    const cached = cacheStorage(await this.place(region), join(this.folder.path, 'cache'), region.kind);
    this.#runs += 1;
    return await open(more(cached), join(this.folder.path, 'state'), `run-${this.#runs}`, this.context);
  }

  async names(region: Region): Promise<string[]> {
    await using storage = await this.place(region);
    return (await Array.fromAsync(storage.list('', this.context))).map(({ name }) => name);
  }

  async save(folder: string, region: Region): Promise<void> {
    await using repository = await this.open(region);
    assert.equal((await backupFolder(folder, repository, this.context)).outcome, 'succeeded');
  }

  async sync(
    one: Region,
    other: Region,
    more: { to?: (storage: Storage) => Storage; calls?: RecordedCall[] } = {},
  ) {
    await using from = await this.open(one, (storage) => withRecording(storage, more.calls ?? []));
    await using to = await this.open(other, more.to);
    const request = { filter: {}, newestFirst: false, dryRun: false, compression: { comp: 1, level: 1 } };
    return await sync({ ...request, verifyShare: 0.05 }, from, to, this.context);
  }

  /** What each recovery point restores to, oldest first; every byte is proven besides. */
  async digests(region: Region): Promise<string[]> {
    await using repository = await this.open(region);
    const snapshots = [...(await snapshotsOf(repository, this.context))].sort((a, b) => a.time - b.time);
    const proven = await check({ level: 3 }, repository, this.context);
    assert.deepEqual(
      proven.findings.filter(({ severity }) => severity === 'error'),
      [],
    );
    const digests: string[] = [];
    for (const one of snapshots) digests.push(await restoredDigest(one, repository, this.context));
    return digests;
  }

  [Symbol.dispose]() {
    this.folder[Symbol.dispose]();
  }
}

test('a region that is lost with all it had costs nothing: restored, continued and filled from the other', async (t: TestContext) => {
  if (!radosGatewayOrSkip(t)) return;
  using folder = scratch();
  using data = serverFolder();
  let azurite = await startAzurite({ folder: data.path });
  await using _ = { [Symbol.asyncDispose]: () => azurite[Symbol.asyncDispose]() };
  const { port } = azurite;
  const b: Region = {
    kind: 'azure',
    config: { account, container: 'second', accountKey, endpoint: azurite.endpoint() },
  };
  const digests: string[] = [];
  const change = (seed: string, megabytes: number) => {
    for (let at = 0; at < megabytes; at += 1) {
      writeTree(folder.path, { [`${seed}/${at}`]: noise(`${seed} ${at}`, 1 << 20), [`${seed}/small`]: seed });
    }
    digests.push(treeDigest(folder.path));
  };
  {
    await using server = await startRadosGateway();
    const a = regionOf(server);
    using machine = new Machine();
    await machine.create(a);
    await machine.create(b);
    // It is killed below, with connections open.
    await azurite.kept('second', await machine.names(b));
    change('one', 12);
    await machine.save(folder.path, a);
    // The second region goes away in the middle of the first sync, and comes back.
    let packs = 0;
    const failing = (storage: Storage) =>
      forwarding(storage, {
        async put(name, bytes, options) {
          if (name.startsWith('packs/')) packs += 1;
          if (packs === 2) await azurite.process.kill();
          await storage.put(name, bytes, options);
        },
      });
    await assert.rejects(machine.sync(a, b, { to: failing }), { kind: 'unavailable' });
    azurite = await startAzurite({ folder: data.path, port });
    assert.equal((await machine.sync(a, b)).copied.length, 1);
    change('two', 1);
    await machine.save(folder.path, a);
    const calls: RecordedCall[] = [];
    assert.equal((await machine.sync(a, b, { calls })).copied.length, 1);
    // What was sent before is not read again: one call for what is new, and the sample of what was there.
    const reads = calls.filter(({ verb, name }) => verb === 'get' && name.startsWith('packs/'));
    assert.ok(reads.length <= 17, `${reads.length} reads of content for one new megabyte`);
  }
  // The server and all its objects are gone, and so is the machine with its memory.
  using survivor = new Machine();
  await survivor.context.clock.sleep(1_000_000_000, survivor.context.signal);
  assert.deepEqual(await survivor.digests(b), digests);
  change('three', 1);
  await survivor.save(folder.path, b);
  await using server = await startRadosGateway();
  const a = regionOf(server);
  await survivor.create(a);
  assert.equal((await survivor.sync(b, a)).copied.length, 3);
  assert.deepEqual(await survivor.digests(a), digests);
  assert.deepEqual((await survivor.sync(b, a)).copied, []);
});
