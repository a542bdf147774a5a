// Prune beside a backup where lists lag, every order that matters: at each storage call of a prune a whole backup by another host begins, stops
// before a certain put, and goes on a day or two later beside a second prune. With margins all restores; told that nothing lags, prune loses.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { prune } from '../../src/operations/prune.ts';
import { loadChain } from '../../src/repository/chain.ts';
import { Repository } from '../../src/repository/repository.ts';
import type { Storage, StorageFeatures } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { LaggingPlace } from '../storage/lagging-place.ts';
import { backupFolder, noise, open, restoredDigest, testContext, treeDigest, writeTree } from '../world.ts';
import { type Beginning, begin, fastScratch } from './world.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const request = { dryRun: false, maxUnused: 0 };

interface Rules {
  /** What the storage says of itself. */
  readonly told: Partial<StorageFeatures>;
  /** Whether a wait waits. */
  readonly waits: boolean;
}

const designed: Rules = { told: {}, waits: true };
/** Until the first prune has told how many calls it makes. */
const callsMin = 24;

interface World {
  readonly beginning: Beginning;
  readonly source: string;
  readonly expected: string;
}

/** Packs that an aborted run left: a prune wants to delete them, and the backup needs a part of them. */
async function prepare(folder: string): Promise<World> {
  const source = join(folder, 'source');
  mkdirSync(source);
  const beginning = await begin(folder, ['anna', 'bert']);
  const context = testContext();
  const first = await open(beginning.storage, join(beginning.stateDirectory, 'anna'), 'first', context);
  writeTree(source, { 'a.txt': noise('a', 3000), 'b.txt': noise('b', 3000) });
  const broken = forwarding(beginning.storage, {
    put: async (name, bytes, options) => {
      if (name.startsWith('snapshots/')) throw new Error('canceled here');
      await beginning.storage.put(name, bytes, options);
    },
  });
  await assert.rejects(backupFolder(source, through(broken, first), context), /canceled here/);
  writeTree(source, { 'b.txt': noise('b2', 2000) });
  return { beginning, source, expected: treeDigest(source) };
}

interface Outcome {
  /** Of the first prune. */
  readonly calls: number;
  /** By the prune that met the end of the backup. */
  readonly packsDeleted: number;
  readonly isLost: boolean;
}

async function run(world: World, stop: string, at: number, rules: Rules): Promise<Outcome> {
  const { beginning, source } = world;
  const place = new LaggingPlace(minuteMs, rules.told, beginning.storage.clone());
  const plain = testContext();
  const waiting = place.contextFrom(plain);
  const context = rules.waits
    ? waiting
    : { ...plain, clock: { ...plain.clock, sleep: async () => undefined } };
  using states = fastScratch();
  cpSync(beginning.stateDirectory, states.path, { recursive: true });
  const openAs = async (storage: Storage, host: string) =>
    through(storage, await open(storage, join(states.path, host), `${host} ${at}`, context));
  const goOn = Promise.withResolvers<void>();
  let backupEnds: Promise<unknown> = Promise.resolve();
  const startBackup = () =>
    new Promise<void>((stopped) => {
      const inner = place.connect();
      const hooked = forwarding(inner, {
        put: async (name, bytes, options) => {
          const isPresence = name.startsWith('sessions/') && !name.includes('.borrow.');
          if (name.startsWith(stop) && !isPresence) {
            stopped();
            await goOn.promise;
          }
          await inner.put(name, bytes, options);
        },
      });
      backupEnds = openAs(hooked, 'bert')
        .then((repository) => backupFolder(source, repository, context))
        .finally(stopped);
    });
  let calls = 0;
  const before = async () => {
    calls += 1;
    // Every call takes a while, so that the lag ends in the middle of something now and then.
    place.advance(500);
    if (calls === at) await startBackup();
  };
  const counted = countedBy(place.connect(), before);
  await prune(request, await openAs(counted, 'anna'), context);
  const seen = calls;
  if (calls < at) return { calls: seen, packsDeleted: 0, isLost: false };
  // The second prune meets the backup just as it publishes and ends.
  place.advance(2 * dayMs);
  const second = prune(
    request,
    await openAs(
      countedBy(place.connect(), async (verb, name) => {
        if (verb !== 'list' || name !== 'sessions/') return;
        goOn.resolve();
        await Promise.allSettled([backupEnds]);
      }),
      'anna',
    ),
    context,
  );
  const packsDeleted = await deletedBy(second);
  goOn.resolve();
  await backupEnds;
  place.advance(2 * dayMs);
  const reader = await openAs(place.connect(), 'anna');
  const { findings } = await check({ level: 3 }, reader, context);
  const errors = findings.filter((one) => one.severity === 'error');
  const { snapshots } = await loadChain(reader, context);
  assert.equal(snapshots.length, 1);
  if (errors.length > 0) {
    const codes = new Set(errors.map((one) => one.code));
    assert.ok(codes.has('BLOB_MISSING') || codes.has('PACK_MISSING'), [...codes].join());
    return { calls: seen, packsDeleted, isLost: true };
  }
  const restored = await restoredDigest(snapshots[0]!, reader, context);
  assert.equal(restored, world.expected, `stopped before ${stop}, begun at call ${at}`);
  return { calls: seen, packsDeleted, isLost: false };
}

/** A list that lacks what was published a moment ago may look like damage: then prune deletes nothing, which is as well. */
async function deletedBy(running: Promise<{ readonly packsDeleted: number }>): Promise<number> {
  try {
    return (await running).packsDeleted;
  } catch (error) {
    if (!isFailure(error) || error.kind === 'bug') throw error;
    return 0;
  }
}

function countedBy(inner: Storage, hook: (verb: string, name: string) => Promise<void>): Storage {
  return forwarding(inner, {
    put: async (name, bytes, options) => {
      await hook('put', name);
      await inner.put(name, bytes, options);
    },
    get: async (name, options) => {
      await hook('get', name);
      return inner.get(name, options);
    },
    async *list(prefix, options) {
      await hook('list', prefix);
      yield* inner.list(prefix, options);
    },
    delete: async (name, options) => {
      await hook('delete', name);
      await inner.delete(name, options);
    },
  });
}

/** The same repository over another storage, whose owner takes no process for dead. */
function through(storage: Storage, repository: Repository): Repository {
  const { config, ring, masterKey, state } = repository;
  const owner = { ...repository.owner, isDead: () => false };
  return new Repository({ storage, config, ring, masterKey, state, owner });
}

async function campaign(
  stop: string,
  rules: Rules,
): Promise<{ tried: number; lost: number; deleted: number }> {
  using folder = fastScratch();
  const world = await prepare(folder.path);
  const sum = { tried: 0, lost: 0, deleted: 0 };
  for (let at = 1, calls = callsMin; at <= calls; at += stride) {
    const outcome = await run(world, stop, at, rules);
    calls = outcome.calls;
    sum.tried += 1;
    sum.lost += outcome.isLost ? 1 : 0;
    sum.deleted += outcome.packsDeleted;
  }
  return sum;
}

const stride = process.env.WEAK === 'all' ? 1 : 3;

for (const stop of ['index/', 'sessions/', 'snapshots/']) {
  test(`margins: a backup that stops before it puts ${stop} loses nothing, though lists lag`, async (t) => {
    const { tried, lost, deleted } = await campaign(stop, designed);
    t.diagnostic(
      `${tried} interleavings, ${deleted} packs deleted by the prune beside the end of the backup`,
    );
    assert.equal(lost, 0);
    assert.ok(tried > 5, `only ${tried}`);
    assert.ok(deleted > 0, 'nothing was deleted beside the backup, so this campaign proves nothing');
  });
}

test('a storage that does not say that its lists lag loses snapshots', async (t) => {
  const rules: Rules = { ...designed, told: { durability: 'A', listLagMs: 0 } };
  const { tried, lost } = await campaign('snapshots/', rules);
  t.diagnostic(`${lost} of ${tried} interleavings lose`);
  assert.ok(lost > 0, 'nothing is lost without margins, so this campaign proves nothing');
});

test('a prune that does not wait between its lists loses snapshots', async (t) => {
  const { tried, lost } = await campaign('snapshots/', { ...designed, waits: false });
  t.diagnostic(`${lost} of ${tried} interleavings lose`);
  assert.ok(lost > 0, 'nothing is lost without the wait, so this campaign proves nothing');
});
