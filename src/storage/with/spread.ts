// One repository over several storages: objects below some prefixes are shared out by weight, and pass by members that have little room left;
// all others lie on the first. An object lies on one member alone, so every member is needed: one that is away makes calls unavailable, never an object missing or a list shorter.

import { createHash } from 'node:crypto';
import { Failure, isFailure } from '../../base/failure.ts';
import type {
  CallOptions,
  GetOptions,
  ObjectStat,
  PutOptions,
  Storage,
  StorageFeatures,
  StorageRoom,
} from '../storage.ts';

export interface SpreadMember {
  readonly storage: Storage;
  /** Twice the weight: twice the objects. 0: it is read and emptied, and gets nothing new. */
  readonly weight: number;
}

/** The spread's own objects on each member. */
export const spreadPrefix = 'spread/';

/** What stays free on a member as long as another one has room: a disk that is full to the brim can neither prune nor be mended. */
const keptFree = { share: 0.05, bytesMax: 4 * 1024 ** 3 };
/** How much is put, or passes by, before a member is asked again for its room, at least. */
const askAgainBytes = 64 * 1024 ** 2;

interface KnownRoom {
  /** Without what must stay free; infinite where the member cannot tell. */
  freeBytes: number;
  askAfterBytes: number;
}

export function withSpread(members: readonly SpreadMember[], prefixes: readonly string[]): Storage {
  return new Spread(members, prefixes);
}

class Spread implements Storage {
  readonly location: string;
  readonly features: StorageFeatures;
  readonly #members: readonly SpreadMember[];
  readonly #prefixes: readonly string[];
  readonly #rooms = new Map<SpreadMember, KnownRoom>();

  constructor(members: readonly SpreadMember[], prefixes: readonly string[]) {
    this.#members = members;
    this.#prefixes = prefixes;
    const all = members.map(({ storage }) => storage);
    this.location = `spread over ${all.map(({ location }) => `"${location}"`).join(', ')}`;
    const lagMs = Math.max(...all.map(({ features }) => features.listLagMs ?? 0));
    this.features = {
      // Two writers of one name agree on the member unless it runs full between them.
      exclusivePut: all.every(({ features }) => features.exclusivePut),
      isLocal: all.every(({ features }) => features.isLocal),
      parallelCallsMax: Math.min(...all.map(({ features }) => features.parallelCallsMax)),
      durability:
        (['C', 'B'] as const).find((one) => all.some(({ features }) => features.durability === one)) ?? 'A',
      ...(lagMs > 0 ? { listLagMs: lagMs } : {}),
    };
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    const places = this.#placesOf(name);
    const takers = places.length === 1 ? places : places.filter(({ weight }) => weight > 0);
    // Weights change and members run full: the object may lie elsewhere already.
    if (places.length > 1) {
      const holder = await this.#holderOf(name, places.slice(1), options);
      if (holder !== undefined) return reached(() => holder.storage.put(name, bytes, options));
    }
    const tight: SpreadMember[] = [];
    let full: unknown;
    const isPutTo = async ({ storage }: SpreadMember): Promise<boolean> => {
      try {
        await reached(() => storage.put(name, bytes, options));
        return true;
      } catch (error) {
        if (!isFailure(error, 'exhausted')) throw error;
        full = error;
        return false;
      }
    };
    for (const member of takers) {
      if (takers.length > 1 && !(await this.#hasRoom(member, bytes.length, options))) tight.push(member);
      else if (await isPutTo(member)) return;
    }
    for (const member of tight) if (await isPutTo(member)) return;
    throw full;
  }

  async get(name: string, options: GetOptions): Promise<Uint8Array> {
    let missing: unknown;
    for (const { storage } of this.#placesOf(name)) {
      try {
        return await reached(() => storage.get(name, options));
      } catch (error) {
        if (!isFailure(error, 'missing', 'OBJECT_MISSING')) throw error;
        missing = error;
      }
    }
    throw missing;
  }

  async stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    for (const { storage } of this.#placesOf(name)) {
      const found = await reached(() => storage.stat(name, options));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    const isShared = this.#prefixes.some((one) => one.startsWith(prefix) || prefix.startsWith(one));
    const seen = new Set<string>();
    for (const { storage } of isShared ? this.#members : this.#members.slice(0, 1)) {
      const objects = storage.list(prefix, options)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await reached(() => objects.next());
          if (next.done === true) break;
          const { name } = next.value;
          if (name.startsWith(spreadPrefix) || seen.has(name)) continue;
          // The first member has all the rest, so only shared names can come twice.
          if (isShared) seen.add(name);
          yield next.value;
        }
      } finally {
        await objects.return?.();
      }
    }
  }

  async delete(name: string, options: CallOptions): Promise<void> {
    await Promise.all(
      this.#placesOf(name).map(({ storage }) => reached(() => storage.delete(name, options))),
    );
  }

  /** Of all together, or of the first alone where that has less: it takes what is not shared out. */
  async room(options: CallOptions): Promise<StorageRoom | undefined> {
    const rooms = await Promise.all(this.#members.map(({ storage }) => storage.room?.(options)));
    const known = rooms.filter((room) => room !== undefined);
    const [first] = known;
    if (first === undefined || known.length < rooms.length) return undefined;
    const freeBytes = known.reduce((sum, room) => sum + room.freeBytes, 0);
    const totalBytes = known.reduce((sum, room) => sum + room.totalBytes, 0);
    return first.freeBytes * totalBytes < freeBytes * first.totalBytes ? first : { freeBytes, totalBytes };
  }

  async sweep(before: number, options: CallOptions): Promise<number> {
    let count = 0;
    for (const { storage } of this.#members) count += (await storage.sweep?.(before, options)) ?? 0;
    return count;
  }

  async fillReserve(options: CallOptions): Promise<void> {
    for (const { storage } of this.#members) await storage.fillReserve?.(options);
  }

  async freeReserve(options: CallOptions): Promise<boolean> {
    let isFreed = false;
    for (const { storage } of this.#members) {
      isFreed = (await storage.freeReserve?.(options)) === true || isFreed;
    }
    return isFreed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { storage } of this.#members) await storage[Symbol.asyncDispose]();
  }

  /** Asked now and then, and reckoned in between; what others write meanwhile is noticed at the next time, or when the member is full. */
  async #hasRoom(member: SpreadMember, sizeBytes: number, { signal }: CallOptions): Promise<boolean> {
    if (member.storage.room === undefined) return true;
    let known = this.#rooms.get(member);
    if (known === undefined || known.askAfterBytes <= 0) {
      const freeBytes = await freeRoomOf(member.storage, signal);
      known = {
        freeBytes,
        askAfterBytes: Math.max(askAgainBytes, freeBytes === Infinity ? 0 : freeBytes / 4),
      };
      this.#rooms.set(member, known);
    }
    known.askAfterBytes -= sizeBytes;
    if (known.freeBytes < sizeBytes) return false;
    known.freeBytes -= sizeBytes;
    return true;
  }

  async #holderOf(
    name: string,
    places: readonly SpreadMember[],
    { signal }: CallOptions,
  ): Promise<SpreadMember | undefined> {
    const stats = await Promise.all(
      places.map(({ storage }) => reached(() => storage.stat(name, { signal }))),
    );
    return places[stats.findIndex((stat) => stat !== undefined)];
  }

  /**
   * Where an object may lie, the likeliest first: each member draws a number from the name, weighted, and the highest has it (rendezvous
   * hashing). A member that is added or weighted anew takes its share and moves nothing else.
   */
  #placesOf(name: string): readonly SpreadMember[] {
    if (!this.#prefixes.some((prefix) => name.startsWith(prefix))) return this.#members.slice(0, 1);
    const drawn = this.#members.map((member, index) => {
      const hash = createHash('sha256').update(`${index}:${name}`).digest();
      const chance = (hash.readUIntBE(0, 6) + 1) / (2 ** 48 + 1);
      return {
        member,
        draw: member.weight === 0 ? Number.NEGATIVE_INFINITY : Math.log(chance) / member.weight,
      };
    });
    return drawn.toSorted((a, b) => b.draw - a.draw).map(({ member }) => member);
  }
}

async function freeRoomOf(storage: Storage, signal: AbortSignal): Promise<number> {
  try {
    const room = await storage.room?.({ signal });
    if (room === undefined) return Number.POSITIVE_INFINITY;
    return room.freeBytes - Math.min(keptFree.bytesMax, room.totalBytes * keptFree.share);
  } catch (error) {
    if (isFailure(error, 'canceled')) throw error;
    // Whether there is room is advice; whether the member is there, the put itself will show.
    return Number.POSITIVE_INFINITY;
  }
}

/** A member's place that is gone, or that lets nobody in, is a member that is away: its objects are not missing. */
async function reached<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    const isAway = isFailure(error, 'missing') && error.code !== 'OBJECT_MISSING';
    if (!isAway) throw error;
    throw memberAway(error.message, error);
  }
}

export function memberAway(why: string, cause?: unknown): Failure {
  return new Failure('unavailable', 'SPREAD_MEMBER_UNAVAILABLE', `a member of the spread is away: ${why}`, {
    hint: 'Bring it back: its objects lie nowhere else.',
    ...(cause === undefined ? {} : { cause }),
  });
}
