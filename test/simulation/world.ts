// A simulated world: hosts with memories and clocks of their own, processes that die, one storage between them, and the real operations. Every
// storage call waits for the scheduler; a list is answered in two parts, as from pages. Unlocking is left out: each host has unlocked once.

import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Context } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import { Repository } from '../../src/repository/repository.ts';
import { RepositoryState } from '../../src/repository/state.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { ObjectStat, Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { create, open, testContext } from '../world.ts';
import { type Chance, pick, type Scheduler } from './scheduler.ts';

/** In memory where there is such a place: hosts force their memory to disk at every publish. */
export function fastScratch(): { readonly path: string } & Disposable {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const path = mkdtempSync(join(parent, 'holdfast-simulation-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const second = 1000;
const day = 86_400 * second;
const year = 365 * day;
const jumps: readonly number[] = [second, -second, day, -day, 30 * day, year, -year, 10 * year, -10 * year];

/** A wall clock that jumps, runs backwards or stands still when told; the monotonic one keeps its promise. */
export class WildClock implements Clock {
  readonly #chance: Chance;
  #now: number;
  #elapsed = 0;
  #isFrozen = false;
  jumps = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
    this.#now = 1_700_000_000_000 + Math.floor((chance() - 0.5) * 2 * day);
  }

  now(): number {
    if (!this.#isFrozen) this.#now += Math.floor(this.#chance() * second);
    return this.#now;
  }

  elapsed(): number {
    this.#elapsed += 1;
    return this.#elapsed;
  }

  async sleep(durationMs: number): Promise<void> {
    this.#elapsed += durationMs;
    this.#now += durationMs;
  }

  disturb(): void {
    this.jumps += 1;
    if (this.#chance() < 0.2) this.#isFrozen = !this.#isFrozen;
    else this.#now += pick(jumps, this.#chance);
  }
}

export interface Host {
  readonly name: string;
  readonly state: RepositoryState;
  readonly clock: WildClock;
  /** Incarnations of processes that can still act. */
  readonly running: Set<string>;
}

/** A repository that all hosts have joined, to begin each seed from. */
export interface Beginning {
  readonly storage: MemoryStorage;
  readonly stateDirectory: string;
  readonly opened: Repository;
  readonly hosts: readonly string[];
}

export async function begin(folder: string, hosts: readonly string[]): Promise<Beginning> {
  const storage = new MemoryStorage();
  const context = testContext();
  const stateOf = (name: string) => join(folder, 'state', name);
  await create(storage, stateOf(hosts[0]!), context);
  for (const name of hosts) await open(storage, stateOf(name), 'joining', context);
  // The last look at the keys knows the signers of all hosts.
  const opened = await open(storage, stateOf(hosts[0]!), 'begin', context);
  return { storage, stateDirectory: join(folder, 'state'), opened, hosts };
}

export function hostsOf(beginning: Beginning, folder: string, chance: Chance): Host[] {
  const states = join(folder, 'state');
  cpSync(beginning.stateDirectory, states, { recursive: true });
  return beginning.hosts.map((name) => ({
    name,
    state: new RepositoryState({ directory: join(states, name) }, beginning.opened.config.repoId),
    clock: new WildClock(chance),
    running: new Set<string>(),
  }));
}

export interface Crash {
  /** The number of the call, from 1. */
  readonly call: number;
  readonly moment: 'before' | 'after';
}

/** One run of the program on a host. */
export interface Process extends Disposable {
  readonly repository: Repository;
  readonly context: Context & { readonly problems: readonly { readonly code: string }[] };
  hasCrashed(): boolean;
}

export function startProcess(parts: {
  readonly beginning: Beginning;
  readonly storage: MemoryStorage;
  readonly host: Host;
  readonly incarnation: string;
  /** Absent: calls are answered at once. */
  readonly scheduling?: { readonly scheduler: Scheduler; readonly client: string; readonly chance: Chance };
  readonly crash?: Crash;
}): Process {
  const { beginning, storage: inner, host, incarnation, scheduling, crash } = parts;
  let calls = 0;
  let hasCrashed = false;
  const die = (): never => {
    hasCrashed = true;
    host.running.delete(incarnation);
    throw new Failure('unavailable', 'FAULT_INJECTED', 'fault on purpose: this process is dead');
  };
  const call = async <Result>(label: string, effect: () => Promise<Result>): Promise<Result> => {
    if (hasCrashed) die();
    await scheduling?.scheduler.turn(scheduling.client, label);
    calls += 1;
    if (hasCrashed || (calls === crash?.call && crash.moment === 'before')) die();
    const result = await effect();
    if (calls === crash?.call) die();
    return result;
  };
  const storage: Storage = forwarding(inner, {
    put: (name, bytes, options) => call(`put ${kindOf(name)}`, () => inner.put(name, bytes, options)),
    get: (name, options) => call(`get ${kindOf(name)}`, () => inner.get(name, options)),
    stat: (name, options) => call(`stat ${kindOf(name)}`, () => inner.stat(name, options)),
    delete: (name, options) => call(`delete ${kindOf(name)}`, () => inner.delete(name, options)),
    async *list(prefix, options) {
      const look = async (): Promise<ObjectStat[]> => {
        const found: ObjectStat[] = [];
        for await (const one of inner.list(prefix, options)) found.push(one);
        return found.sort((a, b) => placeOf(a) - placeOf(b));
      };
      const first = await call(`list ${kindOf(prefix)}`, look);
      if (scheduling === undefined || first.length < 2) return yield* first;
      const split = Math.floor(scheduling.chance() * first.length);
      const last = placeOf(first[split]!);
      yield* first.slice(0, split + 1);
      const second = await call(`list ${kindOf(prefix)} on`, look);
      yield* second.filter((one) => placeOf(one) > last);
    },
  });
  host.running.add(incarnation);
  const { config, ring, masterKey } = beginning.opened;
  const owner = {
    node: host.name,
    incarnation,
    isDead: (node: string, other: string) => node === host.name && !host.running.has(other),
  };
  return {
    repository: new Repository({ storage, config, ring, masterKey, state: host.state, owner }),
    context: { ...testContext(), clock: host.clock },
    hasCrashed: () => hasCrashed,
    [Symbol.dispose]: () => void host.running.delete(incarnation),
  };
}

/** Where an object stands in a list: anywhere, as a random name does, but the same in each run of a seed. */
function placeOf({ modifiedAt }: ObjectStat): number {
  return Math.imul(modifiedAt, 0x9e3779b1) >>> 0;
}

/** Names are random: the story tells what can be compared between two runs. */
function kindOf(name: string): string {
  return name.slice(0, name.search(/[-/]/) + 1);
}
