// A repository's whole life on every kind of storage behind a network, with its real server: backups, a killed server in the middle, a
// check of every byte, forgetting, pruning, a restore that equals. And how many calls a backup takes when nothing changed.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cacheStorage } from '../../src/cli/storage-stack.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { kindNamed } from '../../src/storage/all.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import {
  backupFolder,
  create,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';
import { account, accountKey, startAzurite } from './azurite.ts';
import { password, startObjectProcess } from './object-server.ts';
import { freePort, programsOrSkip, serverFolder } from './process.ts';
import { radosGatewayOrSkip, startRadosGateway } from './radosgw.ts';
import { sshdPackages, startSshd } from './sshd.ts';

interface Place extends AsyncDisposable {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  kill(): Promise<void>;
  /** On the same port and data. */
  start(): Promise<void>;
}

const places: Readonly<Record<string, (t: TestContext) => Promise<Place | undefined>>> = {
  async s3(t) {
    if (!radosGatewayOrSkip(t)) return undefined;
    const server = await startRadosGateway();
    const { port, accessKeyId, secretAccessKey } = server;
    return {
      kind: 's3',
      config: {
        bucket: 'life',
        prefix: 'a/b',
        endpoint: `http://127.0.0.1:${port}`,
        accessKeyId,
        secretAccessKey,
      },
      kill: () => server.kill(),
      start: () => server.restart(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  async sftp(t) {
    if (!programsOrSkip(t, ['sshd', 'ssh-keygen'], sshdPackages)) return undefined;
    const server = await startSshd();
    const { port, user, identityFile, knownHosts } = server;
    return {
      kind: 'sftp',
      config: { host: '127.0.0.1', port, user, path: `${server.remoteData}/life`, identityFile, knownHosts },
      kill: () => server.kill(),
      start: () => server.start(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  async azure() {
    const folder = serverFolder();
    let server = await startAzurite({ folder: folder.path });
    const { port } = server;
    return {
      kind: 'azure',
      config: { account, container: 'life', accountKey, endpoint: server.endpoint() },
      // Azurite keeps what it has in memory for a while: killed, it loses even the container. A stop breaks the calls all the same.
      kill: () => server.process.stop(),
      async start() {
        server = await startAzurite({ folder: folder.path, port });
      },
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        folder[Symbol.dispose]();
      },
    };
  },
  async rest() {
    const folder = serverFolder();
    const port = await freePort();
    let server = await startObjectProcess(folder.path, port);
    return {
      kind: 'rest',
      config: { host: '127.0.0.1', port, name: 'life', user: 'alice', password, tls: false },
      kill: () => server.kill(),
      async start() {
        server = await startObjectProcess(folder.path, port);
      },
      async [Symbol.asyncDispose]() {
        await server.stop();
        folder[Symbol.dispose]();
      },
    };
  },
};

/** Calls of an unchanged backup, whatever the size of the source: see docs/concurrency.md for what they are. */
const unchangedCallsMax = 30;

function fill(folder: string, seed: string, megabytes: number): void {
  mkdirSync(join(folder, seed), { recursive: true });
  for (let at = 0; at < megabytes; at += 1) {
    const bytes = createHash('shake256', { outputLength: 1 << 20 })
      .update(`${seed} ${at}`)
      .digest();
    writeTree(folder, { [`${seed}/${at}`]: bytes, [`${seed}/small/${at}`]: `${seed} ${at}` });
  }
}

for (const [kind, start] of Object.entries(places)) {
  test(`a repository lives on ${kind}, and a server that dies in the middle costs nothing`, async (t) => {
    const place = await start(t);
    if (place === undefined) return;
    await using _ = place;
    using folder = scratch();
    using state = scratch();
    using cache = scratch();
    const context = testContext();
    const table = await kindNamed(place.kind);
    const config = table.config.parse(place.config);
    {
      await using storage = await table.create(config, context);
      await create(storage, state.path, context);
    }
    let calls: RecordedCall[] = [];
    const openPlace = async () =>
      cacheStorage(withRecording(await table.open(config, context), calls), cache.path, kind);
    const run = async (name: string, more: (storage: Storage) => Storage = (storage) => storage) => {
      calls = [];
      await using repository = await open(more(await openPlace()), state.path, name, context);
      return await backupFolder(folder.path, repository, context);
    };

    fill(folder.path, 'one', 3);
    assert.equal((await run('first')).outcome, 'succeeded');
    await run('second');
    await run('third');
    const unchanged = calls.length;
    assert.ok(
      unchanged <= unchangedCallsMax,
      `${unchanged} calls: ${calls.map(({ verb, name }) => `${verb} ${name}`).join(', ')}`,
    );

    fill(folder.path, 'two', 24);
    let packs = 0;
    const killing = (storage: Storage) =>
      forwarding(storage, {
        async put(name, bytes, options) {
          if (name.startsWith('packs/')) packs += 1;
          if (packs === 2) await place.kill();
          await storage.put(name, bytes, options);
        },
      });
    await assert.rejects(run('killed', killing), { kind: 'unavailable' });
    await place.start();
    assert.equal((await run('after')).outcome, 'succeeded');
    // Once to fetch the new trees into the cache, once more without.
    await run('settled');
    await run('unchanged');
    assert.equal(calls.length, unchanged, 'an unchanged backup takes more calls when there is more');

    await using repository = await open(await openPlace(), state.path, 'last', context);
    const proven = await check({ level: 3 }, repository, context);
    assert.deepEqual(
      proven.findings.filter(({ severity }) => severity === 'error'),
      [],
    );
    const snapshots = await snapshotsOf(repository, context);
    const newest = snapshots.at(-1);
    assert.ok(newest);
    assert.equal(await restoredDigest(newest, repository, context), treeDigest(folder.path));
    const ids = snapshots.slice(0, -1).map(({ id }) => id);
    const asked = {
      policy: {},
      groupBy: [],
      filter: { ids },
      dryRun: false,
      run: 'test',
      zoneOffset: () => 0,
    };
    assert.equal((await forget(asked, repository, context)).forgotten.length, ids.length);
    await prune({ dryRun: false, maxUnused: 0 }, repository, context);
    const pruned = await check({ level: 3 }, repository, context);
    assert.deepEqual(
      pruned.findings.filter(({ severity }) => severity === 'error'),
      [],
    );
    assert.equal(await restoredDigest(newest, repository, context), treeDigest(folder.path));
  });
}
