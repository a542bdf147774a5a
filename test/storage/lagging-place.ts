// A place in memory that many clients share and that has a clock of its own: it gives objects their times, and what one client has put the
// lists of the others show only after a while. What a network file system with cached directories does, without waiting for it.

import type { Context, Instant } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { ObjectStat, Storage, StorageFeatures } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';

export class LaggingPlace {
  readonly inner: MemoryStorage;
  readonly features: StorageFeatures;
  readonly #lagMs: number;
  readonly #born = new Map<string, { readonly at: Instant; readonly by: object }>();
  #now = 1_900_000_000_000;

  /** `told` is what the place says of itself, whatever its lists do. */
  constructor(lagMs: number, told: Partial<StorageFeatures> = {}, from = new MemoryStorage()) {
    this.inner = from;
    this.#lagMs = lagMs;
    this.features = {
      ...from.features,
      ...(lagMs > 0 ? { durability: 'C', listLagMs: lagMs } : {}),
      ...told,
    };
  }

  get now(): Instant {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  /** One client's view. */
  connect(rights: { readonly mayDelete?: boolean } = {}): Storage {
    const { inner } = this;
    const me = {};
    const shown = (stat: ObjectStat): ObjectStat => ({
      ...stat,
      modifiedAt: this.#born.get(stat.name)?.at ?? 0,
    });
    const isHidden = (name: string): boolean => {
      const born = this.#born.get(name);
      return born !== undefined && born.by !== me && this.#now - born.at < this.#lagMs;
    };
    return forwarding(inner, {
      features: this.features,
      put: async (name, bytes, options) => {
        const isNew = (await inner.stat(name, options)) === undefined;
        await inner.put(name, bytes, options);
        if (isNew) this.#born.set(name, { at: this.#now, by: me });
      },
      async stat(name, options) {
        const found = await inner.stat(name, options);
        return found === undefined ? undefined : shown(found);
      },
      async *list(prefix, options) {
        for await (const one of inner.list(prefix, options)) if (!isHidden(one.name)) yield shown(one);
      },
      async delete(name, options) {
        if (rights.mayDelete === false)
          throw new Failure('denied', 'STORAGE_DENIED', `"${name}" may not be deleted`);
        await inner.delete(name, options);
      },
    });
  }

  /** A context whose sleep lets the time of the place pass, and whose own clock is years behind. */
  contextFrom(context: Context): Context {
    return {
      ...context,
      clock: {
        ...context.clock,
        sleep: async (durationMs) => {
          this.#now += durationMs;
        },
      },
    };
  }
}
