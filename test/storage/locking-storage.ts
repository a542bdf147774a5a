// A storage in memory that can refuse deletion until an instant, by the clock of a context: what object lock does, without a server.

import type { Context, Instant } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import type { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';

export interface LockingStorage {
  readonly storage: Storage;
  /** By name; shared by everybody who is given this storage. */
  readonly locks: Map<string, Instant>;
}

export function lockingStorage(inner: MemoryStorage, now: () => Instant, context: Context): LockingStorage {
  const locks = new Map<string, Instant>();
  const extend = (name: string, until: Instant) => locks.set(name, Math.max(until, locks.get(name) ?? 0));
  const storage = forwarding(inner, {
    async put(name, bytes, options) {
      await inner.put(name, bytes, options);
      if (options.retainUntil !== undefined) extend(name, options.retainUntil);
    },
    async stat(name, options) {
      const found = await inner.stat(name, options);
      const retainedUntil = locks.get(name);
      return found === undefined || retainedUntil === undefined ? found : { ...found, retainedUntil };
    },
    async retain(name, until) {
      if ((await inner.stat(name, context)) === undefined)
        throw new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
      extend(name, until);
    },
    async delete(name, options) {
      const until = locks.get(name) ?? 0;
      if (until > now()) {
        throw new Failure('denied', 'OBJECT_RETAINED', `object "${name}" is retained`, {
          facts: { until: new Date(until).toISOString() },
        });
      }
      await inner.delete(name, options);
      locks.delete(name);
    },
  });
  return { storage, locks };
}
