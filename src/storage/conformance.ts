// Proves the six promises of storage.ts on a live storage: in tests, and on the user's own storage before it is trusted with anything. It
// writes under a prefix of its own that it empties at the end. Promise 2's survival of a crash cannot be seen from here.

import { createHash, randomBytes } from 'node:crypto';
import { Failure, isFailure } from '../base/failure.ts';
import type { ByteRange, Storage } from './storage.ts';

export interface ConformanceResult {
  /** The number in the head of storage.ts; 0: opening, canceling and clearing up. */
  readonly promise: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

export interface ConformanceOptions {
  readonly signal: AbortSignal;
  /** How many objects the long list has: more than the 1000 that many servers put on one page. */
  readonly listedObjects?: number;
}

interface Bench {
  readonly storage: Storage;
  /** A second connection to the same place. */
  readonly other: Storage;
  /** Ends with a slash. */
  readonly prefix: string;
  readonly signal: AbortSignal;
  readonly listedObjects: number;
}

interface Check {
  readonly promise: ConformanceResult['promise'];
  readonly name: string;
  /** Throws what is wrong. */
  run(bench: Bench): Promise<void>;
}

/** `open` yields connections to one place; every check is run, also after one has failed. */
export async function* conformance(
  open: () => Promise<Storage>,
  options: ConformanceOptions,
): AsyncIterable<ConformanceResult> {
  await using storage = await open();
  await using other = await open();
  const prefix = `probe/${randomBytes(8).toString('hex')}/`;
  const bench: Bench = {
    storage,
    other,
    prefix,
    signal: options.signal,
    listedObjects: options.listedObjects ?? 1050,
  };
  for (const check of [...checks, clearing]) {
    const { promise, name } = check;
    try {
      await check.run(bench);
      yield { promise, name, ok: true };
    } catch (error) {
      if (check !== clearing && options.signal.aborted) throw error;
      yield { promise, name, ok: false, detail: error instanceof Error ? error.message : String(error) };
    }
  }
}

const sizes: readonly number[] = [0, 1, 4095, 65_536, 1024 * 1024, 8 * 1024 * 1024];

const checks: readonly Check[] = [
  {
    promise: 1,
    name: 'a reader at work during a put sees the whole object or none',
    async run({ storage, other, prefix, signal }) {
      const name = `${prefix}atomic`;
      const bytes = noise(name, 4 * 1024 * 1024);
      let isDone = false;
      const writing = storage.put(name, bytes, { signal }).finally(() => {
        isDone = true;
      });
      const reading = (async () => {
        do {
          const read = await other.get(name, { signal }).catch((error: unknown) => {
            if (isFailure(error, 'missing', 'OBJECT_MISSING')) return undefined;
            throw error;
          });
          if (read !== undefined) demandEqual(read, bytes, 'a reader saw half an object');
        } while (!isDone);
      })();
      await Promise.all([writing, reading]);
    },
  },
  {
    promise: 2,
    name: 'get, stat and list show an object as soon as its put has returned, whatever its size',
    async run({ storage, other, prefix, signal }) {
      for (const size of sizes) {
        const name = `${prefix}size/${size}`;
        const bytes = noise(name, size);
        await storage.put(name, bytes, { signal });
        demandEqual(await other.get(name, { signal }), bytes, `get of ${size} bytes`);
        demand((await other.stat(name, { signal }))?.sizeBytes === size, `stat of ${size} bytes`);
        const listed = (await collect(other, name, signal)).get(name);
        demand(listed === size, `list shows ${listed} instead of ${size} bytes`);
      }
    },
  },
  {
    promise: 2,
    name: 'the bytes of a put are its own: changing them afterwards changes nothing',
    async run({ storage, prefix, signal }) {
      const name = `${prefix}own`;
      const bytes = noise(name, 1000);
      await storage.put(name, bytes, { signal });
      bytes.fill(0);
      const read = await storage.get(name, { signal });
      demandEqual(read, noise(name, 1000), 'the object changed with its buffer');
      read.fill(0);
      demandEqual(
        await storage.get(name, { signal }),
        noise(name, 1000),
        'the object changed with its reader',
      );
    },
  },
  {
    promise: 2,
    name: 'the same object may be put again',
    async run({ storage, prefix, signal }) {
      const name = `${prefix}again`;
      const bytes = noise(name, 70_000);
      await storage.put(name, bytes, { signal });
      await storage.put(name, bytes, { signal });
      demandEqual(await storage.get(name, { signal }), bytes, 'the second put changed the object');
    },
  },
  {
    promise: 3,
    name: 'a put with ifAbsent of a name that is taken is refused and changes nothing',
    async run({ storage, other, prefix, signal }) {
      const name = `${prefix}taken`;
      const bytes = noise(name, 5000);
      await storage.put(name, bytes, { signal, ifAbsent: true });
      await demandFailure('OBJECT_EXISTS', () =>
        other.put(name, noise('else', 6000), { signal, ifAbsent: true }),
      );
      await demandFailure('OBJECT_EXISTS', () => other.put(name, bytes, { signal, ifAbsent: true }));
      demandEqual(await storage.get(name, { signal }), bytes, 'the object was changed');
    },
  },
  {
    promise: 3,
    name: 'of puts with ifAbsent at the same moment exactly one wins',
    async run({ storage, other, prefix, signal }) {
      if (!storage.features.exclusivePut) return;
      for (let round = 0; round < 5; round += 1) {
        const name = `${prefix}race/${round}`;
        const rivals = Array.from({ length: 8 }, (_, index) => noise(`${name}:${index}`, 20_000));
        const ends = await Promise.allSettled(
          rivals.map((bytes, index) =>
            (index % 2 === 0 ? storage : other).put(name, bytes, { signal, ifAbsent: true }),
          ),
        );
        for (const end of ends) {
          if (end.status === 'rejected' && !isFailure(end.reason, 'conflict', 'OBJECT_EXISTS'))
            throw end.reason;
        }
        const winners = rivals.filter((_, index) => ends[index]!.status === 'fulfilled');
        demand(winners.length === 1, `${winners.length} of 8 won`);
        demandEqual(await other.get(name, { signal }), winners[0]!, "the object is not the winner's");
      }
    },
  },
  {
    promise: 4,
    name: 'get returns exactly the range asked for, at every edge',
    async run({ storage, prefix, signal }) {
      const name = `${prefix}range`;
      const bytes = noise(name, 100_000);
      await storage.put(name, bytes, { signal });
      const edges: readonly (readonly [number, number])[] = [
        [0, 0],
        [0, 1],
        [0, 100_000],
        [1, 99_999],
        [99_999, 1],
        [100_000, 0],
        [65_535, 2],
        [50_000, 12_345],
      ];
      for (const [offset, length] of edges) {
        const read = await storage.get(name, { signal, range: { offset, length } });
        demandEqual(read, bytes.subarray(offset, offset + length), `${length} bytes at ${offset}`);
      }
    },
  },
  {
    promise: 4,
    name: 'a range beyond the end is refused, never cut short',
    async run({ storage, prefix, signal }) {
      const name = `${prefix}short`;
      await storage.put(name, noise(name, 1000), { signal });
      const beyond: readonly ByteRange[] = [
        { offset: 0, length: 1001 },
        { offset: 999, length: 2 },
        { offset: 1000, length: 1 },
        { offset: 5000, length: 1 },
      ];
      for (const range of beyond) {
        await demandFailure('OBJECT_TOO_SHORT', () => storage.get(name, { signal, range }));
      }
    },
  },
  {
    promise: 4,
    name: 'get of a missing object fails, and stat shows nothing',
    async run({ storage, prefix, signal }) {
      const name = `${prefix}missing/object`;
      await demandFailure('OBJECT_MISSING', () => storage.get(name, { signal }));
      await demandFailure('OBJECT_MISSING', () =>
        storage.get(name, { signal, range: { offset: 0, length: 0 } }),
      );
      demand((await storage.stat(name, { signal })) === undefined, 'stat shows it');
    },
  },
  {
    promise: 5,
    name: 'a list of more than a thousand names is complete, and names each once',
    async run({ storage, other, prefix, signal, listedObjects }) {
      const names = Array.from(
        { length: listedObjects },
        (_, index) => `${prefix}many/${index % 7}/${index}`,
      );
      await inParallel(names, storage.features.parallelCallsMax, (name) =>
        storage.put(name, noise(name, 10), { signal }),
      );
      const listed = await collect(other, `${prefix}many/`, signal);
      demand(listed.size === names.length, `${listed.size} of ${names.length} are listed`);
      for (const name of names) demand(listed.get(name) === 10, `"${name}" is not listed with its size`);
      let taken = 0;
      for await (const _ of other.list(`${prefix}many/`, { signal })) {
        taken += 1;
        if (taken === 3) break;
      }
      demand(taken === 3, 'a list cannot be left early');
    },
  },
  {
    promise: 5,
    name: 'a prefix is a prefix of the whole name, not a folder',
    async run({ storage, prefix, signal }) {
      const base = `${prefix}prefix/`;
      const names = ['a', 'ab', 'ab-1', 'abc/d', 'abc/de', 'abc/x/y', 'b/c'].map((name) => base + name);
      for (const name of names) await storage.put(name, noise(name, 3), { signal });
      for (const end of ['', 'a', 'ab', 'ab-', 'abc', 'abc/', 'abc/d', 'abc/x/', 'b', 'b/c', 'c', 'abc/d/']) {
        const listed = [...(await collect(storage, base + end, signal)).keys()].sort();
        const expected = names.filter((name) => name.startsWith(base + end)).sort();
        demand(listed.join() === expected.join(), `"${end}" lists ${listed.length} of ${expected.length}`);
      }
    },
  },
  {
    promise: 5,
    name: 'a list during puts and deletes shows whole objects only',
    async run({ storage, other, prefix, signal }) {
      const names = Array.from({ length: 12 }, (_, index) => `${prefix}busy/${index}`);
      let isDone = false;
      const writing = (async () => {
        for (const name of names) await storage.put(name, noise(name, 300_000), { signal });
        for (const name of names.slice(0, 6)) await storage.delete(name, { signal });
      })().finally(() => {
        isDone = true;
      });
      const listing = (async () => {
        do {
          for (const [name, size] of await collect(other, `${prefix}busy/`, signal)) {
            demand(names.includes(name) && size === 300_000, `"${name}" is listed with ${size} bytes`);
          }
        } while (!isDone);
      })();
      await Promise.all([writing, listing]);
      demand((await collect(other, `${prefix}busy/`, signal)).size === 6, 'the list is not up to date');
    },
  },
  {
    promise: 6,
    name: 'a deleted object is gone, and may be deleted again and put anew',
    async run({ storage, other, prefix, signal }) {
      const name = `${prefix}deleted/object`;
      await storage.put(name, noise(name, 100), { signal });
      await storage.delete(name, { signal });
      await storage.delete(name, { signal });
      await storage.delete(`${prefix}never/was`, { signal });
      demand((await other.stat(name, { signal })) === undefined, 'stat shows it');
      demand((await collect(other, name, signal)).size === 0, 'list shows it');
      await demandFailure('OBJECT_MISSING', () => other.get(name, { signal }));
      await storage.put(name, noise('anew', 200), { signal, ifAbsent: true });
      demandEqual(await other.get(name, { signal }), noise('anew', 200), 'put anew');
    },
  },
  {
    promise: 0,
    name: 'no call begins when it is canceled already',
    async run({ storage, prefix, signal }) {
      const name = `${prefix}canceled`;
      const kept = `${prefix}kept`;
      await storage.put(kept, noise(kept, 10), { signal });
      const canceled = { signal: AbortSignal.abort() };
      await demandFailure('CANCELED', () => storage.put(name, noise(name, 10), canceled));
      await demandFailure('CANCELED', () => storage.get(kept, canceled));
      await demandFailure('CANCELED', () => storage.stat(kept, canceled));
      await demandFailure('CANCELED', () => collect(storage, prefix, canceled.signal));
      await demandFailure('CANCELED', () => storage.delete(kept, canceled));
      demand((await storage.stat(name, { signal })) === undefined, 'a canceled put took place');
      demand((await storage.stat(kept, { signal })) !== undefined, 'a canceled delete took place');
    },
  },
];

/** Run also after a cancellation, which must not leave anything behind. */
const clearing: Check = {
  promise: 0,
  name: 'everything that was put can be removed',
  async run({ storage, other, prefix }) {
    const { signal } = new AbortController();
    const names = [...(await collect(storage, prefix, signal)).keys()];
    await inParallel(names, storage.features.parallelCallsMax, (name) => storage.delete(name, { signal }));
    demand((await collect(other, prefix, signal)).size === 0, 'something is left');
  },
};

async function collect(storage: Storage, prefix: string, signal: AbortSignal): Promise<Map<string, number>> {
  const sizesByName = new Map<string, number>();
  for await (const { name, sizeBytes } of storage.list(prefix, { signal })) {
    demand(!sizesByName.has(name), `"${name}" is listed twice`);
    sizesByName.set(name, sizeBytes);
  }
  return sizesByName;
}

async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await run(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** Bytes that depend on the seed alone, quickly made. */
function noise(seed: string, length: number): Uint8Array {
  return createHash('shake256', { outputLength: Math.max(1, length) })
    .update(seed)
    .digest()
    .subarray(0, length);
}

async function demandFailure(code: string, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Failure && error.code === code) return;
    throw error;
  }
  throw broken(`no failure, where ${code} was due`);
}

function demandEqual(found: Uint8Array, expected: Uint8Array, what: string): void {
  demand(Buffer.compare(found, expected) === 0, `other bytes: ${what}`);
}

function demand(isKept: boolean, what: string): void {
  if (!isKept) throw broken(what);
}

function broken(what: string): Failure {
  return new Failure('corrupt', 'STORAGE_UNFAITHFUL', `the storage breaks a promise: ${what}`);
}
