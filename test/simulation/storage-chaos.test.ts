// T-20: the whole life of a repository (backup, forget, prune, check, restore, by several hosts at once) on a storage that misbehaves as a seed
// chooses. What was reported and not forgotten restores byte for byte when calm has come, and the same commands again are all that is needed.
// CHAOS sets how many seeds are tried, FIRST_CHAOS the first; CHAOS_SEED=n replays one and tells its story.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { loadChain } from '../../src/repository/chain.ts';
import { Repository } from '../../src/repository/repository.ts';
import type { MemoryStorage } from '../../src/storage/memory.ts';
import { withNames } from '../../src/storage/with/names.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { budgetOf, report } from '../campaign.ts';
import { backupFolder, noise, restoredDigest, testContext, treeDigest } from '../world.ts';
import { Chaos, type ChaosOptions } from './chaos-storage.ts';
import { type Chance, chanceOf, pick, Scheduler } from './scheduler.ts';
import { type Beginning, begin, fastScratch, type Host, hostsOf } from './world.ts';

const contents = Array.from({ length: 6 }, (_, number) => noise(`content ${number}`, 200 + 900 * number));
const policies = [{ keepLast: 1 }, { keepLast: 2 }, { maxBackups: 1 }] as const;

interface Folder {
  readonly path: string;
  readonly digests: Set<string>;
}

interface Figures {
  turns: number;
  snapshots: number;
  readonly troubles: Map<string, number>;
  /** Of commands that have to be run again, by code. */
  readonly failures: Map<string, number>;
}

class World {
  readonly #beginning: Beginning;
  readonly #chance: Chance;
  readonly #storage: MemoryStorage;
  readonly #options: Omit<ChaosOptions, 'chance'>;
  readonly #chaos: Chaos;
  readonly #scheduler: Scheduler;
  readonly #hosts: readonly Host[];
  readonly #folders: readonly Folder[];
  readonly #reported: { readonly id: string; readonly folder: Folder; readonly digest: string }[] = [];
  readonly #figures: Figures;
  #incarnations = 0;
  #changes = 0;

  constructor(
    beginning: Beginning,
    folder: string,
    seed: number,
    options: Omit<ChaosOptions, 'chance'>,
    figures: Figures,
  ) {
    this.#beginning = beginning;
    this.#figures = figures;
    this.#chance = chanceOf(seed);
    this.#storage = beginning.storage.clone();
    this.#options = options;
    this.#chaos = new Chaos(this.#storage, { ...options, chance: this.#chance });
    this.#hosts = hostsOf(beginning, folder, this.#chance);
    this.#folders = this.#hosts.map(({ name }) => ({ path: join(folder, name), digests: new Set() }));
    for (const { path } of this.#folders) mkdirSync(path);
    this.#scheduler = new Scheduler(this.#chance, () => undefined);
  }

  get story(): readonly string[] {
    return this.#scheduler.story;
  }

  async run(): Promise<void> {
    const clients = new Map<string, () => Promise<void>>();
    this.#hosts.forEach((host, number) => {
      const folder = this.#folders[number]!;
      for (const role of ['writer', 'keeper'] as const) {
        const client = `${role}@${host.name}`;
        clients.set(client, async () => {
          for (let round = 0; round < 3; round += 1) {
            const command =
              role === 'writer'
                ? this.#backup
                : pick([this.#forget, this.#prune, this.#check, this.#restore], this.#chance);
            await this.#command(host, (repository) => command.call(this, repository, folder), client);
          }
        });
      }
    });
    await this.#scheduler.run(clients);
    await this.#chaos.calm();
    for (const [number, host] of this.#hosts.entries()) {
      await this.#process(host, (repository) => this.#backup(repository, this.#folders[number]!));
    }
    for (const host of this.#hosts) await this.#process(host, this.#prune);
    await this.#verify();
    this.#figures.turns += this.#scheduler.story.length;
    this.#figures.snapshots += this.#reported.length;
    for (const [what, count] of this.#chaos.done) {
      this.#figures.troubles.set(what, (this.#figures.troubles.get(what) ?? 0) + count);
    }
  }

  /** It may fail by what the storage did, but never by a defect, and never with other bytes than went in. */
  async #command(host: Host, run: (repository: Repository) => Promise<void>, client: string): Promise<void> {
    try {
      await this.#process(host, run, client);
    } catch (error) {
      if (!isFailure(error) || error.kind === 'bug') throw error;
      this.#figures.failures.set(error.code, (this.#figures.failures.get(error.code) ?? 0) + 1);
    }
  }

  async #process(host: Host, run: (repository: Repository) => Promise<void>, client?: string): Promise<void> {
    this.#incarnations += 1;
    const incarnation = `process ${this.#incarnations}`;
    const context = testContext();
    const turn = async (label: string): Promise<void> => {
      if (client !== undefined) await this.#scheduler.turn(client, label.replace(/[0-9a-f]{16,}/g, '…'));
    };
    const connected = withNames(this.#chaos.connect(turn), context);
    const storage = withRetry(connected, this.#chance, { ...context, clock: host.clock });
    const { config, ring, masterKey } = this.#beginning.opened;
    const owner = {
      node: host.name,
      incarnation,
      isDead: (node: string, other: string) => node === host.name && !host.running.has(other),
    };
    host.running.add(incarnation);
    try {
      await run(new Repository({ storage, config, ring, masterKey, state: host.state, owner }));
    } finally {
      host.running.delete(incarnation);
    }
  }

  async #backup(repository: Repository, folder: Folder): Promise<void> {
    this.#change(folder);
    const digest = treeDigest(folder.path);
    folder.digests.add(digest);
    const { snapshotId } = await backupFolder(folder.path, repository, testContext());
    this.#reported.push({ id: snapshotId!, folder, digest });
  }

  async #forget(repository: Repository): Promise<void> {
    await forget(
      {
        policy: pick(policies, this.#chance),
        groupBy: ['host', 'paths'],
        filter: {},
        dryRun: false,
        run: 'chaos',
        zoneOffset: () => 0,
      },
      repository,
      testContext(),
    );
  }

  async #prune(repository: Repository): Promise<void> {
    await prune({ dryRun: false, maxUnused: 0 }, repository, testContext());
  }

  async #check(repository: Repository): Promise<void> {
    const { findings } = await check({ level: 3 }, repository, testContext());
    const alarms = findings.filter((one) => one.severity === 'error');
    // A storage that gives wrong bytes, stale objects or lagging lists is to be told of; one that only fails is not.
    const isHonest = this.#options.lies !== true && this.#options.listLagCalls === undefined;
    if (isHonest && alarms.length > 0) {
      this.#figures.failures.set('alarm', (this.#figures.failures.get('alarm') ?? 0) + 1);
    }
  }

  async #restore(repository: Repository): Promise<void> {
    const { snapshots } = await loadChain(repository, testContext());
    await repository.loadIndex(testContext());
    if (snapshots.length === 0) return;
    const one = pick(snapshots, this.#chance);
    const { digests } = this.#folders.find(({ path }) => one.paths.includes(path))!;
    const digest = await restoredDigest(one, repository, testContext()).catch((error: unknown) => {
      if (error instanceof Error) return undefined;
      throw error;
    });
    assert.ok(digest === undefined || digests.has(digest), 'wrong bytes restored');
  }

  /** Some files come, some go, some get another content; times never repeat. */
  #change({ path }: Folder): void {
    const chance = this.#chance;
    for (let count = 1 + Math.floor(chance() * 3); count > 0; count -= 1) {
      const file = join(path, `file-${Math.floor(chance() * 6)}`);
      this.#changes += 1;
      if (chance() < 0.25) rmSync(file, { force: true });
      else {
        writeFileSync(file, pick(contents, chance));
        utimesSync(file, 1_600_000_000 + this.#changes, 1_600_000_000 + this.#changes);
      }
    }
  }

  async #verify(): Promise<void> {
    await this.#process(this.#hosts[0]!, async (repository) => {
      const context = testContext();
      const { findings } = await check({ level: 3 }, repository, context);
      assert.deepEqual(
        findings.filter((one) => one.severity === 'error'),
        [],
      );
      await repository.loadIndex(context);
      const { snapshots, tombstones } = await loadChain(repository, context);
      const forgotten = new Set([...tombstones.values()].flatMap((one) => one.forgotten.map(({ id }) => id)));
      const listed = new Map(snapshots.map((one) => [one.id, one]));
      for (const { id, folder, digest } of this.#reported) {
        const one = listed.get(id);
        assert.ok(one !== undefined || forgotten.has(id), `snapshot ${id} is lost`);
        if (one === undefined) continue;
        const restored = await restoredDigest(one, repository, context);
        assert.equal(restored, digest, `snapshot ${id} of ${folder.path} is wrong`);
      }
      // Every policy keeps the newest of each folder.
      const newest = new Map(this.#reported.map((one) => [one.folder, one.id]));
      for (const id of newest.values()) assert.ok(listed.has(id), `snapshot ${id} was forgotten too early`);
    });
  }
}

const hosts = ['anna', 'bert'];

function optionsOf(seed: number): Omit<ChaosOptions, 'chance'> {
  const trouble = [0.02, 0.08, 0.2][seed % 3]!;
  return seed % 2 === 0 ? { trouble, lies: true } : { trouble };
}

async function trySeed(
  beginning: Beginning,
  seed: number,
  options: Omit<ChaosOptions, 'chance'>,
  figures: Figures,
): Promise<readonly string[]> {
  using folder = fastScratch();
  const world = new World(beginning, folder.path, seed, options, figures);
  try {
    await world.run();
  } catch (error) {
    const told = process.env.CHAOS_SEED === undefined ? '' : `\n${world.story.join('\n')}`;
    throw new Error(`CHAOS_SEED=${seed} fails after ${world.story.length} turns; set it to replay${told}`, {
      cause: error,
    });
  }
  return world.story;
}

const newFigures = (): Figures => ({ turns: 0, snapshots: 0, troubles: new Map(), failures: new Map() });

const told = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([what, count]) => `${what} ${count}`).join(', ');

test('T-20: whatever the storage does to calls, nothing that was reported is lost', async (t) => {
  using folder = fastScratch();
  const beginning = await begin(folder.path, hosts);
  const figures = newFigures();
  const only = process.env.CHAOS_SEED;
  const first = only === undefined ? budgetOf('FIRST_CHAOS', 1) : Number(only);
  const seeds = only === undefined ? budgetOf('CHAOS', 6) : 1;
  for (let seed = first; seed < first + seeds; seed += 1) {
    await trySeed(beginning, seed, optionsOf(seed), figures);
  }
  t.diagnostic(
    `${seeds} seeds, ${figures.turns} calls, ${figures.snapshots} snapshots; troubles: ${told(figures.troubles)}; ` +
      `commands to be run again: ${told(figures.failures) || 'none'}`,
  );
  report({ campaign: 'T-20', tried: seeds, lost: 0, wrong: 0, manual: 0 });
});

test('a storage whose lists lag unannounced is noticed, or loses nothing', async (t) => {
  using folder = fastScratch();
  const beginning = await begin(folder.path, hosts);
  const figures = newFigures();
  const seeds = process.env.CHAOS_SEED === undefined ? budgetOf('CHAOS', 4) : 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    await trySeed(beginning, seed, { trouble: 0, listLagCalls: [5, 15, 40][seed % 3]! }, figures);
  }
  t.diagnostic(
    `${figures.snapshots} snapshots; commands to be run again: ${told(figures.failures) || 'none'}`,
  );
});
