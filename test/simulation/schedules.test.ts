// T-25 and T-26: writers, forgetters, pruners, checkers and readers work on one repository in orders that a seed chooses; clocks jump,
// processes die at any call. What was reported and not forgotten restores byte for byte, nobody sees a false alarm, nothing is left behind.
// SEEDS sets how many seeds are tried; SEED=n replays one and tells its story.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import type { RetentionPolicy } from '../../src/model/retention.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { loadChain } from '../../src/repository/chain.ts';
import type { MemoryStorage } from '../../src/storage/memory.ts';
import { budgetOf, report } from '../campaign.ts';
import { backupFolder, noise, restoredDigest, treeDigest } from '../world.ts';
import { type Chance, chanceOf, pick, Scheduler } from './scheduler.ts';
import {
  type Beginning,
  begin,
  fastScratch,
  type Host,
  hostsOf,
  type Process,
  startProcess,
} from './world.ts';

/** Few contents in many files: writers find each other's blobs all the time, and lose them all the time. */
const contents = Array.from({ length: 8 }, (_, number) => noise(`content ${number}`, 200 + 700 * number));
const policies: readonly RetentionPolicy[] = [
  { keepLast: 1 },
  { keepLast: 2 },
  { keepDaily: 1 },
  { maxBackups: 1 },
  { retentionDays: 1, keepLast: 1 },
];

interface Folder {
  readonly path: string;
  /** Of every state a backup may have seen. */
  readonly digests: Set<string>;
}

interface Reported {
  readonly id: string;
  readonly folder: Folder;
  readonly digest: string;
}

interface Figures {
  turns: number;
  jumps: number;
  crashes: number;
  snapshots: number;
  /** Failures that a second run of the same command gets over, by code. */
  readonly failures: Map<string, number>;
}

class World {
  readonly #beginning: Beginning;
  readonly #chance: Chance;
  readonly #storage: MemoryStorage;
  readonly #scheduler: Scheduler;
  readonly #hosts: readonly Host[];
  readonly #folders: readonly Folder[];
  readonly #reported: Reported[] = [];
  readonly #figures: Figures;
  #incarnations = 0;
  #changes = 0;

  constructor(beginning: Beginning, folder: string, seed: number, figures: Figures) {
    this.#beginning = beginning;
    this.#figures = figures;
    this.#chance = chanceOf(seed);
    this.#storage = beginning.storage.clone();
    this.#hosts = hostsOf(beginning, folder, this.#chance);
    this.#folders = this.#hosts.map(({ name }) => ({ path: join(folder, name), digests: new Set() }));
    for (const { path } of this.#folders) mkdirSync(path);
    this.#scheduler = new Scheduler(this.#chance, () => {
      if (this.#chance() < 0.05) pick(this.#hosts, this.#chance).clock.disturb();
    });
  }

  get story(): readonly string[] {
    return this.#scheduler.story;
  }

  async run(): Promise<void> {
    const clients = new Map<string, () => Promise<void>>();
    const work: readonly [string, readonly ((process: Process, folder: Folder) => Promise<void>)[]][] = [
      ['writer', [this.#backup, this.#backup, this.#backup]],
      ['keeper', [this.#forget, this.#prune]],
      ['looker', [this.#check, this.#restore, this.#prune]],
    ];
    this.#hosts.forEach((host, number) => {
      for (const [role, operations] of work) {
        if (role !== 'writer' && this.#chance() < 0.4) continue;
        const client = `${role}@${host.name}`;
        clients.set(client, async () => {
          const rounds = 2 + Math.floor(this.#chance() * 3);
          for (let round = 0; round < rounds; round += 1) {
            await this.#command(client, host, this.#folders[number]!, pick(operations, this.#chance));
          }
        });
      }
    });
    await this.#scheduler.run(clients);
    await this.#heal();
    await this.#verify();
    this.#figures.turns += this.#scheduler.story.length;
    for (const { clock } of this.#hosts) this.#figures.jumps += clock.jumps;
    this.#figures.snapshots += this.#reported.length;
  }

  /** One run of the program: it may die at some call, and it may fail, but never by a defect or with a false alarm. */
  async #command(
    client: string,
    host: Host,
    folder: Folder,
    operation: (process: Process, folder: Folder) => Promise<void>,
  ): Promise<void> {
    const chance = this.#chance;
    const crash = { call: 1 + Math.floor(chance() * 40), moment: pick(['before', 'after'] as const, chance) };
    using process = this.#start(host, {
      scheduling: { scheduler: this.#scheduler, client, chance },
      ...(chance() < 0.2 ? { crash } : {}),
    });
    try {
      await operation.call(this, process, folder);
    } catch (error) {
      if (!isFailure(error)) throw error;
      if (process.hasCrashed()) return;
      // A snapshot that was forgotten and pruned after its listing looks damaged to a prune that then loads the index: it deletes nothing.
      const isStale = error.code === 'BLOB_MISSING';
      if (error.kind !== 'conflict' && error.kind !== 'missing' && !isStale) throw error;
      this.#figures.failures.set(error.code, (this.#figures.failures.get(error.code) ?? 0) + 1);
    } finally {
      if (process.hasCrashed()) this.#figures.crashes += 1;
    }
  }

  #start(host: Host, more: Pick<Parameters<typeof startProcess>[0], 'scheduling' | 'crash'> = {}): Process {
    this.#incarnations += 1;
    const incarnation = `process ${this.#incarnations}`;
    return startProcess({ beginning: this.#beginning, storage: this.#storage, host, incarnation, ...more });
  }

  async #backup({ repository, context }: Process, folder: Folder): Promise<void> {
    this.#change(folder);
    const digest = treeDigest(folder.path);
    folder.digests.add(digest);
    const { snapshotId } = await backupFolder(folder.path, repository, context, {
      force: this.#chance() < 0.3,
    });
    assert.deepEqual(context.problems, []);
    this.#reported.push({ id: snapshotId!, folder, digest });
  }

  async #forget({ repository, context }: Process): Promise<void> {
    const policy = pick(policies, this.#chance);
    await forget(
      {
        policy,
        groupBy: ['host', 'paths'],
        filter: {},
        dryRun: false,
        run: 'simulation',
        zoneOffset: () => 0,
      },
      repository,
      context,
    );
  }

  async #prune({ repository, context }: Process): Promise<void> {
    await prune({ dryRun: false, maxUnused: pick([0, 0.2], this.#chance) }, repository, context);
  }

  async #check({ repository, context }: Process): Promise<void> {
    const { findings } = await check({ level: pick([1, 2, 3], this.#chance) }, repository, context);
    const alarms = findings.filter((one) => one.severity === 'error');
    assert.deepEqual(alarms, [], 'a false alarm while others work');
  }

  async #restore({ repository, context }: Process): Promise<void> {
    const { snapshots } = await loadChain(repository, context);
    await repository.loadIndex(context);
    if (snapshots.length === 0) return;
    const one = pick(snapshots, this.#chance);
    const { digests } = this.#folders.find(({ path }) => one.paths.includes(path))!;
    const digest = await restoredDigest(one, repository, context).catch((error: unknown) => {
      // Forgotten and pruned meanwhile: then, and only then, it may fail.
      if (isFailure(error) && !this.#storage.names().includes(`snapshots/${one.name}`)) return undefined;
      throw error;
    });
    assert.ok(digest === undefined || digests.has(digest), 'wrong bytes restored meanwhile');
  }

  /** Some files come, some go, some get another content; times never repeat. */
  #change({ path }: Folder): void {
    const chance = this.#chance;
    for (let count = 1 + Math.floor(chance() * 3); count > 0; count -= 1) {
      const directory = join(path, pick(['a', 'b'], chance));
      const file = join(directory, `file-${Math.floor(chance() * 4)}`);
      this.#changes += 1;
      mkdirSync(directory, { recursive: true });
      if (chance() < 0.25) rmSync(file, { force: true });
      else {
        writeFileSync(file, pick(contents, chance));
        utimesSync(file, 1_600_000_000 + this.#changes, 1_600_000_000 + this.#changes);
      }
    }
  }

  /** Nothing but the same commands again, on each host: no unlocking, no repair. */
  async #heal(): Promise<void> {
    for (const [number, host] of this.#hosts.entries()) {
      using process = this.#start(host);
      await this.#backup(process, this.#folders[number]!);
    }
    for (const host of this.#hosts) {
      using process = this.#start(host);
      await prune({ dryRun: false, maxUnused: 0 }, process.repository, process.context);
    }
  }

  async #verify(): Promise<void> {
    for (const host of this.#hosts) {
      using process = this.#start(host);
      const { repository, context } = process;
      assert.deepEqual(
        (await check({ level: 3 }, repository, context)).findings,
        [],
        `found by ${host.name}`,
      );
    }
    using process = this.#start(this.#hosts[0]!);
    const { repository, context } = process;
    await repository.loadIndex(context);
    const { snapshots, tombstones } = await loadChain(repository, context);
    const forgotten = new Set([...tombstones.values()].flatMap((one) => one.forgotten.map(({ id }) => id)));
    const listed = new Map(snapshots.map((one) => [one.id, one]));
    const expected = new Map(this.#reported.map((one) => [one.id, one]));
    for (const { id } of this.#reported) {
      assert.ok(listed.has(id) || forgotten.has(id), `snapshot ${id} is lost`);
    }
    for (const one of snapshots) {
      const digest = await restoredDigest(one, repository, context);
      const reported = expected.get(one.id);
      const folder = this.#folders.find(({ path }) => one.paths.includes(path))!;
      if (reported !== undefined) assert.equal(digest, reported.digest, `snapshot ${one.id} is wrong`);
      else assert.ok(folder.digests.has(digest), `snapshot ${one.id}, which nobody reported, is wrong`);
    }
    // Every policy keeps the newest of each folder, whatever any clock said.
    const newest = new Map(this.#reported.map((one) => [one.folder, one.id]));
    for (const id of newest.values()) assert.ok(listed.has(id), `snapshot ${id} was forgotten too early`);
    const left = this.#storage.names().filter((name) => name.startsWith('sessions/'));
    assert.deepEqual(left, [], 'sessions were left');
  }
}

async function trySeed(beginning: Beginning, seed: number, figures: Figures): Promise<readonly string[]> {
  using folder = fastScratch();
  const world = new World(beginning, folder.path, seed, figures);
  try {
    await world.run();
  } catch (error) {
    throw new Error(`SEED=${seed} fails after ${world.story.length} turns; set SEED to replay it`, {
      cause: error,
    });
  }
  return world.story;
}

function newFigures(): Figures {
  return { turns: 0, jumps: 0, crashes: 0, snapshots: 0, failures: new Map() };
}

const hosts = ['anna', 'bert', 'cleo', 'dora'];

test('in no order of calls, with no clock and no crash is a reported snapshot lost', async (t) => {
  using folder = fastScratch();
  const beginning = await begin(folder.path, hosts);
  const figures = newFigures();
  const only = process.env.SEED;
  if (only !== undefined) {
    for (const line of await trySeed(beginning, Number(only), figures)) t.diagnostic(line);
    return;
  }
  const seeds = budgetOf('SEEDS', 15);
  const first = budgetOf('FIRST_SEED', 1);
  for (let seed = first; seed < first + seeds; seed += 1) await trySeed(beginning, seed, figures);
  const again = [...figures.failures].map(([code, count]) => `${code} ${count}`).join(', ');
  t.diagnostic(
    `${seeds} schedules, ${figures.turns} turns, ${figures.snapshots} snapshots, ${figures.crashes} crashes, ` +
      `${figures.jumps} clock jumps, 0 lost; to be run again: ${again || 'none'}`,
  );
  report({ campaign: 'T-25', tried: figures.jumps, lost: 0, wrong: 0, manual: 0 });
  report({ campaign: 'T-26', tried: seeds, lost: 0, wrong: 0, manual: 0 });
});

test('a seed gives the same schedule again', async () => {
  using folder = fastScratch();
  const beginning = await begin(folder.path, hosts);
  const story = await trySeed(beginning, 7, newFigures());
  assert.ok(story.length > 100);
  assert.deepEqual(await trySeed(beginning, 7, newFigures()), story);
});
