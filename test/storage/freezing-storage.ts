// A storage in memory with a warm, a cool and a frozen class: what cold classes do, without a provider and without hours of waiting.

import type { Context, Instant } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import type { MemoryStorage } from '../../src/storage/memory.ts';
import type { ObjectStat, Storage, StorageClass } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';

const hourMs = 60 * 60 * 1000;
export const classes: readonly StorageClass[] = [
  { name: 'STANDARD', isFrozen: false, daysMin: 0 },
  { name: 'STANDARD_IA', isFrozen: false, daysMin: 30 },
  { name: 'GLACIER', isFrozen: true, daysMin: 90, thawHours: 5, readPricePerGib: 0.01 },
];

export interface FreezingStorage {
  readonly storage: Storage;
  readonly classOf: Map<string, string>;
  /** How often a thaw was asked for, per name. */
  readonly asked: Map<string, number>;
}

/** `put` gives objects the time `now`; a thaw takes five hours of it. */
export function freezingStorage(inner: MemoryStorage, now: () => Instant, context: Context): FreezingStorage {
  const classOf = new Map<string, string>();
  const putAt = new Map<string, Instant>();
  const thawedAt = new Map<string, Instant>();
  const asked = new Map<string, number>();
  const isFrozen = (name: string) =>
    classOf.get(name) === 'GLACIER' && (thawedAt.get(name) ?? Number.POSITIVE_INFINITY) > now();
  const shown = (stat: ObjectStat): ObjectStat => ({
    ...stat,
    modifiedAt: putAt.get(stat.name) ?? 0,
    storageClass: classOf.get(stat.name) ?? 'STANDARD',
  });
  const storage = forwarding(inner, {
    features: { ...inner.features, isLocal: false, storageClasses: classes },
    async put(name, bytes, options) {
      await inner.put(name, bytes, options);
      putAt.set(name, now());
    },
    async get(name, options) {
      if (isFrozen(name)) throw new Failure('conflict', 'OBJECT_FROZEN', `object "${name}" is frozen`);
      return inner.get(name, options);
    },
    async stat(name, options) {
      const found = await inner.stat(name, options);
      return found === undefined ? undefined : shown(found);
    },
    async *list(prefix, options) {
      for await (const object of inner.list(prefix, options)) yield shown(object);
    },
    async transition(name, storageClass) {
      if ((await inner.stat(name, context)) === undefined)
        throw new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
      classOf.set(name, storageClass);
      thawedAt.delete(name);
    },
    async thaw(names) {
      for (const name of names) {
        asked.set(name, (asked.get(name) ?? 0) + 1);
        if (!thawedAt.has(name)) thawedAt.set(name, now() + 5 * hourMs);
      }
      return names.filter(isFrozen);
    },
  });
  return { storage, classOf, asked };
}
