// T-93: the life of a repository in a real folder, day by day: two writers back up trees that change, both forget, prune and copy, and any of
// these is killed now and then. What is listed restores byte for byte, and nothing grows that need not: bytes, objects, memory, open files.
// SOAK sets the number of days; HOLDFAST_SEED chooses another life.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { check } from '../../src/operations/check.ts';
import { type ListedSnapshot, loadChain } from '../../src/repository/chain.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { budgetOf, report } from '../campaign.ts';
import { campaignSeed } from '../fault/sampling.ts';
import { noise, restoredDigest, scratch, treeDigest } from '../world.ts';
import { type Chance, chanceOf, pick } from './scheduler.ts';
import {
  contextOf,
  createPlace,
  type Job,
  openPlace,
  type Place,
  type SoakRun,
  sourceOf,
  storageOf,
  work,
} from './soak-life.ts';

const day = 86_400_000;
/** Long ago, so that what the real clock has just stamped can be told from what the simulated one has. */
const firstDay = 1_000_000_000_000;
const lastDay = firstDay + 5000 * day;
const writers = ['anna', 'bert'] as const;
/** Every pack is rounded up to 64 KiB, and each backup leaves some. */
const roundingBytes = 24 * 65_536;
const objectsMax = 130;
const memorySlack = 8 * 2 ** 20;
/** The test itself remembers every state it has seen. */
const memoryPerDay = 32 * 1024;
const lengths = [900, 5000, 20_000, 60_000, 150_000];

/** Contents of a tree, and how long each is. */
type Contents = ReadonlyMap<string, number>;

interface Figures {
  kills: number;
  restores: number;
  /** Of the bytes that are allowed, in percent, at most. */
  share: number;
  objectsMax: number;
}

class Life {
  readonly #folder: string;
  readonly #chance: Chance;
  readonly #trees = new Map<string, Map<string, { readonly content: string; readonly bytes: number }>>();
  /** By digest: every state that a backup has seen. */
  readonly #states = new Map<string, Contents>();
  /** Snapshots that were reported, by id. */
  readonly #reported = new Map<string, string>();
  readonly figures: Figures = { kills: 0, restores: 0, share: 0, objectsMax: 0 };
  #day = 0;
  #runs = 0;
  #contents = 0;

  constructor(folder: string, chance: Chance) {
    this.#folder = folder;
    this.#chance = chance;
    for (const writer of writers) {
      this.#trees.set(writer, new Map());
      mkdirSync(join(folder, 'source', writer), { recursive: true });
    }
  }

  get #now(): number {
    return firstDay + this.#day * day;
  }

  async begin(): Promise<void> {
    for (const place of ['main', 'other'] as const) await createPlace(this.#run('anna', place));
    for (const writer of writers) {
      for (let count = 0; count < 30; count += 1) this.#change(writer);
    }
  }

  async live(): Promise<void> {
    this.#day += 1;
    for (const writer of writers) {
      for (let count = Math.floor(this.#chance() * 6); count > 0; count -= 1) this.#change(writer);
      await this.#do('backup', writer);
    }
    const keeper = pick(writers, this.#chance);
    await this.#do('forget', keeper);
    if (this.#day % 2 === 0) await this.#do('prune', keeper);
    if (this.#day % 5 === 0) {
      await this.#do('copy', keeper);
      await this.#do('forget', keeper, 'other');
      await this.#do('prune', keeper, 'other');
    }
    await this.#look(pick(writers, this.#chance), this.#day % 5 === 0 ? 'other' : 'main');
  }

  #run(writer: string, place: Place): SoakRun {
    this.#runs += 1;
    return { folder: this.#folder, writer, place, now: this.#now, incarnation: `run ${this.#runs}` };
  }

  /** Every so often the run is killed, once or twice; then the same command simply works. */
  async #do(job: Job, writer: string, place: Place = 'main'): Promise<void> {
    if (job === 'backup') this.#remember(writer);
    while (this.#chance() < 0.07) this.#kill(job, this.#run(writer, place));
    await this.#open(this.#run(writer, place), async (repository, run) => {
      const context = contextOf(run);
      const before = new Set((await loadChain(repository, context)).snapshots.map(({ id }) => id));
      await work(job, run, repository, context);
      assert.deepEqual(context.problems, []);
      if (job !== 'backup') return;
      const { snapshots } = await loadChain(repository, context);
      const [made, ...others] = snapshots.filter(({ id }) => !before.has(id));
      assert.ok(made !== undefined && others.length === 0);
      this.#reported.set(made.id, treeDigest(sourceOf(run)));
    });
    this.#stamp(join(this.#folder, place));
    this.#stamp(join(this.#folder, 'other'));
  }

  #kill(job: Job, run: SoakRun): void {
    const chance = this.#chance;
    const moment = pick(['before', 'during', 'after'] as const, chance);
    const killed = { ...run, job, moment, call: 1 + Math.floor(chance() * 8) };
    const script = join(import.meta.dirname, 'soak-life.ts');
    const ran = spawnSync(process.execPath, [script, JSON.stringify(killed)], { encoding: 'utf8' });
    assert.ok(ran.signal === 'SIGKILL' || ran.status === 0, `${JSON.stringify(killed)}: ${ran.stderr}`);
    if (ran.signal === 'SIGKILL') this.figures.kills += 1;
  }

  async #open(run: SoakRun, task: (repository: Repository, run: SoakRun) => Promise<void>): Promise<void> {
    await using storage = await storageOf(run);
    await using repository = await openPlace(run, storage, contextOf(run));
    await task(repository, run);
  }

  /** Nothing reported is missing, one snapshot of each writer is restored, and the folder is as small as it must be. */
  async #look(reader: string, place: Place): Promise<void> {
    await this.#open(this.#run(reader, place), async (repository, run) => {
      const context = contextOf(run);
      const { findings } = await check(
        { level: pick([1, 2, 3] as const, this.#chance) },
        repository,
        context,
      );
      assert.deepEqual(findings, [], `day ${this.#day}: check of ${place}`);
      const { snapshots, tombstones } = await loadChain(repository, context);
      const listed = new Set(snapshots.map(({ id }) => id));
      if (place === 'main') {
        const gone = new Set([...tombstones.values()].flatMap((one) => one.forgotten.map(({ id }) => id)));
        for (const id of this.#reported.keys()) assert.ok(listed.has(id) || gone.has(id), `LOST: ${id}`);
      }
      await repository.loadIndex(context);
      for (const writer of writers) {
        const own = snapshots.filter(({ paths }) =>
          paths.includes(sourceOf({ folder: this.#folder, writer })),
        );
        const one = pick(own, this.#chance);
        const digest = await restoredDigest(one, repository, context);
        const reported = this.#reported.get(one.original ?? one.id);
        assert.ok(reported === undefined || reported === digest, `WRONG: ${one.id} of day ${this.#day}`);
        assert.ok(this.#states.has(digest), `WRONG: nobody had the state of ${one.id}`);
        this.figures.restores += 1;
      }
      if (place === 'other' || this.#day % 2 === 0) this.#expectSmall(place, snapshots);
    });
  }

  /** After a prune: what the listed snapshots hold, each content once, and little more. */
  #expectSmall(place: Place, snapshots: readonly ListedSnapshot[]): void {
    const needed = new Map<string, number>();
    for (const { id, original } of snapshots) {
      // One that a killed run published without a word holds what the next one holds.
      const contents = this.#states.get(this.#reported.get(original ?? id) ?? '') ?? [];
      for (const [content, length] of contents) needed.set(content, length);
    }
    const neededBytes = [...needed.values()].reduce((sum, length) => sum + length, 0);
    const { bytes, objects } = sizesOf(join(this.#folder, place));
    const allowed = 1.25 * neededBytes + roundingBytes;
    assert.ok(bytes < allowed, `${place}, day ${this.#day}: ${bytes} bytes for ${neededBytes}`);
    assert.ok(objects < objectsMax, `${place}, day ${this.#day}: ${objects} objects`);
    this.figures.share = Math.max(this.figures.share, (100 * bytes) / allowed);
    this.figures.objectsMax = Math.max(this.figures.objectsMax, objects);
  }

  #remember(writer: string): void {
    const contents = [...this.#trees.get(writer)!.values()];
    this.#states.set(
      treeDigest(sourceOf({ folder: this.#folder, writer })),
      new Map(contents.map((one) => [one.content, one.bytes])),
    );
  }

  /** A file comes, goes, is written anew, or becomes what another one is; times never repeat. */
  #change(writer: string): void {
    const chance = this.#chance;
    const tree = this.#trees.get(writer)!;
    const name = `${pick(['a', 'b', 'c/d'], chance)}/file-${Math.floor(chance() * 14)}`;
    const path = join(sourceOf({ folder: this.#folder, writer }), name);
    this.#contents += 1;
    if (chance() < 0.2) {
      tree.delete(name);
      rmSync(path, { force: true });
      return;
    }
    const others = [...this.#trees.values()].flatMap((one) => [...one.values()]);
    const isSame = others.length > 0 && chance() < 0.2;
    const made = isSame
      ? pick(others, chance)
      : { content: `content ${this.#contents}`, bytes: pick(lengths, chance) };
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, noise(made.content, made.bytes));
    utimesSync(path, this.#contents, this.#contents);
    tree.set(name, made);
  }

  /** What the last run wrote came on the simulated day: retention and the sweep of leftovers go by the times of files. */
  #stamp(folder: string): void {
    const now = this.#now / 1000;
    for (const path of filesIn(folder)) {
      if (statSync(path).mtimeMs > lastDay) utimesSync(path, now, now);
    }
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Without the lists that only ever grow, by less than a hundred bytes an entry: what was forgotten, and what was condemned. */
function sizesOf(folder: string): { readonly bytes: number; readonly objects: number } {
  const sizes = filesIn(folder)
    .filter((path) => !/\/(?:tombstones|condemned)\//.test(path))
    .map((path) => statSync(path).size);
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), objects: sizes.length };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is in use once all garbage is gone, also what only goes in a later turn. */
async function memoryInUse(): Promise<number> {
  for (let turn = 0; turn < 8; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}

test('a repository that lives for long loses nothing, and nothing of it grows without need', async (t) => {
  using folder = scratch();
  const days = budgetOf('SOAK', 16);
  const life = new Life(folder.path, chanceOf(Number(campaignSeed())));
  await life.begin();
  const usage: { memory: number; files: number }[] = [];
  for (let day = 0; day < days; day += 1) {
    await life.live();
    usage.push({ memory: await memoryInUse(), files: openFiles() });
  }
  // Code is compiled and tables are filled in the first third.
  const settled = usage.slice(Math.ceil(days / 3));
  const { memory, files } = settled[0]!;
  const memoryMax = Math.max(...settled.map((one) => one.memory));
  assert.ok(
    memoryMax < memory + memorySlack + days * memoryPerDay,
    `memory grows from ${memory} to ${memoryMax} bytes`,
  );
  assert.ok(Math.max(...usage.map((one) => one.files)) <= usage[0]!.files, 'files stay open');
  const { kills, restores, share, objectsMax: objects } = life.figures;
  t.diagnostic(
    `${days} days, ${kills} kills, ${restores} snapshots restored, at most ${objects} objects and ${share.toFixed(0)} % of the ` +
      `allowed bytes, ${(memoryMax / 2 ** 20).toFixed(0)} MiB and ${files} open files; 0 lost, 0 wrong, 0 manual`,
  );
  report({ campaign: 'T-93', tried: days, lost: 0, wrong: 0, manual: 0 });
  assert.ok(kills > 0);
});
