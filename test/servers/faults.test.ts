// T-23: a repository's life on every kind of storage behind a network, with its real server, the stack of the program and a network that
// resets, refuses, cuts, delays and falls silent, by a seed. After every step, in calm weather, all is there and nothing is wrong.

import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { cacheStorage, stackStorage } from '../../src/cli/storage-stack.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { kindNamed } from '../../src/storage/all.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { openWithRetry } from '../../src/storage/with/retry.ts';
import { budgetOf, report } from '../campaign.ts';
import { campaignSeed, draw } from '../fault/sampling.ts';
import { startGcsWorld } from '../storage/gcs-world.ts';
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
import { type ChangingWeather, changingWeather } from './changing-weather.ts';
import { nginxPackages, nginxPrograms, startNginx } from './nginx.ts';
import { password, startObjectProcess } from './object-server.ts';
import { freePort, programsOrSkip, rootOrSkip, serverFolder } from './process.ts';
import { ftpPassword, ftpUser, startProftpd } from './proftpd.ts';
import { startProxy } from './proxy.ts';
import { radosGatewayOrSkip, startRadosGateway } from './radosgw.ts';
import { sshdPackages, startSshd } from './sshd.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Place {
  readonly port: number;
  /** Of a new place, reached by this port. */
  config(port: number, name: string): Fields;
}

const host = '127.0.0.1';

/** Undefined where the server is not installed. What it needs ends with the stack. */
const places: Readonly<
  Record<string, (t: TestContext, stack: AsyncDisposableStack) => Promise<Place | undefined>>
> = {
  async rest(_, stack) {
    const folder = stack.use(serverFolder());
    const port = await freePort();
    const server = await startObjectProcess(folder.path, port);
    stack.defer(() => server.stop());
    return {
      port,
      config: (through, name) => ({ host, port: through, name, user: 'alice', password, tls: false }),
    };
  },
  async sftp(t, stack) {
    if (!programsOrSkip(t, ['sshd', 'ssh-keygen'], sshdPackages)) return undefined;
    const { port, user, identityFile, fingerprint, remoteData } = stack.use(await startSshd());
    return {
      port,
      config: (through, name) => ({
        ...{ host, port: through, user, identityFile },
        ...{ path: `${remoteData}/${name}`, hostKey: fingerprint },
      }),
    };
  },
  async webdav(t, stack) {
    if (!programsOrSkip(t, nginxPrograms, nginxPackages) || !rootOrSkip(t)) return undefined;
    const folder = stack.use(serverFolder('/srv'));
    const { port } = stack.use(await startNginx({ folder: folder.path }));
    return { port, config: (through, name) => ({ host, port: through, path: `dav/${name}` }) };
  },
  async ftp(t, stack) {
    if (!programsOrSkip(t, ['proftpd', 'openssl'], 'proftpd-core openssl') || !rootOrSkip(t))
      return undefined;
    const folder = stack.use(serverFolder('/srv'));
    const { port } = stack.use(await startProftpd({ folder: folder.path }));
    return {
      port,
      config: (through, name) => ({
        ...{ host, port: through, user: ftpUser, password: ftpPassword },
        ...{ path: `/${name}`, allowPlaintext: true },
      }),
    };
  },
  async azure(_, stack) {
    const folder = stack.use(serverFolder());
    const server = stack.use(await startAzurite({ folder: folder.path }));
    const config = (through: number, container: string) => {
      const endpoint = server.endpoint().replace(`:${server.port}`, `:${through}`);
      return { account, container, accountKey, endpoint };
    };
    return { port: server.port, config };
  },
  async gcs(_, stack) {
    const world = stack.use(await startGcsWorld());
    const keyFile = join(world.folder, 'faults.json');
    writeFileSync(keyFile, JSON.stringify(world.key));
    chmodSync(keyFile, 0o600);
    return {
      port: world.server.port,
      config: (through, bucket) => ({
        ...{ bucket, project: 'project', keyFile },
        endpoint: world.server.endpoint.replace(`:${world.server.port}`, `:${through}`),
      }),
    };
  },
  async s3(t, stack) {
    if (!radosGatewayOrSkip(t)) return undefined;
    const { port, accessKeyId, secretAccessKey } = stack.use(await startRadosGateway());
    return {
      port,
      config: (through, bucket) => ({
        bucket,
        endpoint: `http://${host}:${through}`,
        accessKeyId,
        secretAccessKey,
      }),
    };
  },
};

interface Figures {
  faults: number;
  /** Steps that failed and came right by running them again. */
  again: number;
}

/** How often the same command is run before a step counts as failed. */
const runsMax = 4;

async function live(kind: string, place: Place, seed: string): Promise<Figures> {
  await using proxy = await startProxy(place.port);
  using folder = scratch();
  using state = scratch();
  using cache = scratch();
  const weather = changingWeather(proxy, seed);
  const calm = testContext();
  const context = { ...calm, clock: weather.clock(calm.clock) };
  const table = await kindNamed(kind);
  const config = table.config.parse(place.config(proxy.port, `life-${seed.replace(/[^0-9a-z]+/g, '-')}`));
  let drawn = 0;
  const random = () => {
    drawn += 1;
    return draw(seed, `random ${drawn}`, 1000) / 1000;
  };
  const openPlace = async (): Promise<Storage> => {
    const inner = await openWithRetry(() => table.open(config, context), random, context);
    const stacked = stackStorage(weather.around(inner), {}, random, context);
    return cacheStorage(stacked, cache.path, kind);
  };
  {
    await using storage = stackStorage(await table.create(config, context), {}, random, context);
    await create(storage, state.path, context);
  }
  const digests: string[] = [];
  let again = 0;
  let run = 0;

  const step = async (name: string, work: (repository: Repository) => Promise<void>): Promise<void> => {
    again += await inWeather(weather, name, async () => {
      run += 1;
      await using storage = await openPlace();
      await work(await open(storage, state.path, `run ${run}`, context));
    });
    await demandSound(`${kind}, ${seed}, after ${name}`);
  };
  const demandSound = async (where: string): Promise<void> => {
    await using storage = await openPlace();
    const repository = await open(storage, state.path, 'look', context);
    const { findings } = await check({ level: 3 }, repository, context);
    const wrong = findings.filter(({ severity }) => severity !== 'note');
    assert.deepEqual(wrong, [], where);
    const restored = new Set<string>();
    for (const one of await snapshotsOf(repository, context)) {
      restored.add(await restoredDigest(one, repository, context));
    }
    // A backup of which nobody heard that it had succeeded may be there twice.
    assert.deepEqual([...restored].sort(), [...digests].sort(), where);
  };
  const save = (name: string) =>
    step(name, async (repository) => {
      const { outcome } = await backupFolder(folder.path, repository, context);
      assert.equal(outcome, 'succeeded');
      const digest = treeDigest(folder.path);
      if (!digests.includes(digest)) digests.push(digest);
    });

  writeTree(folder.path, { 'a/first': noise(seed, 200_000), 'a/small': 'small' });
  await save('the first backup');
  writeTree(folder.path, { 'b/second': noise(`${seed} b`, 90_000), 'a/small': 'changed' });
  await save('the second backup');
  await step('forget', async (repository) => {
    const snapshots = await snapshotsOf(repository, context);
    const newest = snapshots.at(-1)!.name;
    await repository.loadIndex(context);
    const kept = await restoredDigest(snapshots.at(-1)!, repository, context);
    const ids = snapshots.filter(({ name }) => name !== newest).map(({ id }) => id);
    const asked = {
      policy: {},
      groupBy: [],
      filter: { ids },
      dryRun: false,
      run: 'test',
      zoneOffset: () => 0,
    };
    if (ids.length > 0) await forget(asked, repository, context);
    digests.splice(0, digests.length, kept);
  });
  await step('prune', async (repository) => {
    await prune({ dryRun: false, maxUnused: 0 }, repository, context);
  });
  let faults = 0;
  for (const count of weather.faults.values()) faults += count;
  return { faults, again };
}

/** Runs the same command until it is through; returns how often it was run in vain. Only trouble of the network may end a run. */
async function inWeather(weather: ChangingWeather, name: string, work: () => Promise<void>): Promise<number> {
  for (let failed = 0; ; failed += 1) {
    weather.begin();
    try {
      await work();
      return failed;
    } catch (error) {
      if (!isFailure(error, 'unavailable')) throw new Error(`${name}: ${String(error)}`, { cause: error });
      if (failed + 1 >= runsMax)
        throw new Error(`${name} never got through: ${error.message}`, { cause: error });
    } finally {
      weather.end();
    }
  }
}

/** Lives of each kind. */
const lives = budgetOf('HOLDFAST_T23', 1);
const total: Figures = { faults: 0, again: 0 };

for (const [kind, start] of Object.entries(places)) {
  test(`a repository on ${kind} loses nothing to a bad network`, async (t) => {
    await using stack = new AsyncDisposableStack();
    const place = await start(t, stack);
    if (place === undefined) return;
    let faults = 0;
    for (let life = 1; life <= lives; life += 1) {
      const figures = await live(kind, place, `${campaignSeed()}-${life}`);
      faults += figures.faults;
      total.again += figures.again;
    }
    total.faults += faults;
    assert.ok(faults >= 5 * lives, `${faults} faults`);
    t.diagnostic(`T-23: ${kind}: ${faults} faults in ${lives} lives, seed ${campaignSeed()}`);
  });
}

test('the figures of T-23', (t) => {
  t.diagnostic(`T-23: ${total.faults} faults, 0 lost, 0 wrong; ${total.again} commands were run again`);
  report({ campaign: 'T-23', tried: total.faults, lost: 0, wrong: 0, manual: 0 });
});
