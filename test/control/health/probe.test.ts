// Repositories are looked at by jobs: away, back, unread for too long, damaged, gone from the configuration; with a real repository.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../../src/base/context.ts';
import { Failure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { listHealth } from '../../../src/catalog/health.ts';
import { claimTask, completeTask } from '../../../src/catalog/queue.ts';
import { wantProbes } from '../../../src/control/health/probes.ts';
import type { JobTools } from '../../../src/control/job.ts';
import { executeJob } from '../../../src/control/jobs/execute.ts';
import { task } from '../../../src/control/tasks/probe.ts';
import { type Configuration, configurationSchema } from '../../../src/model/configuration/configuration.ts';
import { check } from '../../../src/operations/check.ts';
import { addKey } from '../../../src/operations/keys.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import type { CallOptions, ObjectStat } from '../../../src/storage/storage.ts';
import { sqlitePlace, startOfTime } from '../../catalog/catalog-world.ts';
import { backupFolder, create, open, scratch, writeTree } from '../../world.ts';

const minute = 60_000;
const day = 86_400_000;

const configured = configurationSchema.parse({
  repositories: { main: { place: '/backup', unlock: { password: 'file:/p' } } },
});
const none = configurationSchema.parse({});

/** Everything in it is from the first moment of this world. */
class DatedStorage extends MemoryStorage {
  override async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    for await (const one of super.list(prefix, options)) yield { ...one, modifiedAt: startOfTime };
  }
}

test('a repository is told of while it is away, unread for too long or damaged, and no more once it is well', async () => {
  await using place = await sqlitePlace();
  using folder = scratch();
  const { catalog, context: base } = await place.open();
  // What waits for long waits until it is stopped; what tries again does so at once.
  const sleep: Context['clock']['sleep'] = (durationMs, signal) =>
    new Promise((resolve, reject) => {
      if (durationMs < 300_000) return resolve();
      signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    });
  const context: Context = { ...base, clock: { ...base.clock, sleep } };
  const storage = new DatedStorage();
  const state = join(folder.path, 'state');
  await create(storage, state, context);
  writeTree(join(folder.path, 'source'), { 'a.txt': 'a' });
  const opened = () => open(storage, state, 'one', context);
  {
    await using repository = await opened();
    await backupFolder(join(folder.path, 'source'), repository, context);
  }
  let isAway = false;
  const tools = {
    openers: {
      repository: async () => {
        if (isAway) throw new Failure('unavailable', 'STORAGE_AWAY', 'no route to the host');
        return opened();
      },
    },
  } as unknown as JobTools;
  const silent = { counts: () => undefined, phase: () => undefined, problems: () => undefined };
  /** Of an interval: what is wanted is done. How many looks there were, and what is told of then. */
  const round = async (afterMs: number, configuration: Configuration = configured) => {
    await place.advance(afterMs);
    await wantProbes(catalog, configuration, context);
    let looks = 0;
    for (;;) {
      const claim = await claimTask(catalog, { node: 'a', holdMs: minute }, context);
      if (claim === undefined) break;
      looks += 1;
      const result = await task.run(
        claim,
        {
          catalog,
          node: 'a',
          configuration: async () => configuration,
          runner: {
            run: (kind, order, _reports, within) =>
              executeJob(kind, JSON.stringify(order), tools, silent, within),
          },
        },
        context,
      );
      await completeTask(catalog, claim, result, context);
    }
    const { items } = await listAlerts(catalog, { limit: 500 }, context);
    const told = items
      .filter(({ state }) => state !== 'resolved')
      .map(({ key, severity }) => `${key} ${severity}`);
    return [looks, ...told.sort()];
  };
  const names = async () => (await listHealth(catalog, context)).map(({ name, state }) => `${name} ${state}`);

  assert.deepEqual(await round(minute), [1, 'health:keys:main warning']);
  assert.deepEqual(await names(), [
    'integrity ok',
    'keys warning',
    'posture ok',
    'storage ok',
    'storage-clock ok',
  ]);
  {
    await using repository = await opened();
    const secret = new Secret(Buffer.from('another one for the safe'));
    const params = { kdf: 'pbkdf2-sha256', rounds: 600_000 };
    await addKey({ secret, type: 'passphrase', params, label: 'safe' }, repository, context);
  }
  // What is well is left alone for an hour.
  assert.deepEqual(await round(5 * minute), [0, 'health:keys:main warning']);
  assert.deepEqual(await round(60 * minute), [1, 'health:keys:main warning']);

  isAway = true;
  const away = ['health:keys:main warning', 'health:storage:main critical'];
  assert.deepEqual(await round(60 * minute), [1, ...away]);
  assert.deepEqual(await round(5 * minute), [1, ...away]);
  isAway = false;
  assert.deepEqual(await round(5 * minute), [1, 'health:keys:main warning']);

  // The key of this world is stretched less than people's are.
  assert.deepEqual(await round(31 * day), [1, 'health:integrity:main warning', 'health:keys:main warning']);
  assert.deepEqual(await round(31 * day), [1, 'health:integrity:main critical', 'health:keys:main warning']);
  {
    await using repository = await opened();
    await check({ level: 3 }, repository, context);
  }
  assert.deepEqual(await round(day), [1, 'health:keys:main warning']);

  const pack = storage.names().find((name) => name.startsWith('packs/'))!;
  const bytes = await storage.get(pack, { signal: context.signal });
  storage.damage(pack, undefined);
  assert.deepEqual(await round(day), [1, 'health:integrity:main critical', 'health:keys:main warning']);
  storage.damage(pack, bytes);
  assert.deepEqual(await round(day), [1, 'health:keys:main warning']);

  assert.deepEqual(await round(day, none), [0]);
  assert.deepEqual(await names(), []);
});
