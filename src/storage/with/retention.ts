// Asks the storage to refuse the deletion of what is put until an instant. For storages that cannot, nothing changes.

import type { Instant } from '../../base/context.ts';
import type { Storage } from '../storage.ts';
import { forwarding } from './forwarding.ts';

/** `isRetained` tells which objects; the others stay deletable, as marks of running work must. */
export function withRetention(
  inner: Storage,
  until: Instant,
  isRetained: (name: string) => boolean,
): Storage {
  if (inner.retain === undefined) return inner;
  return forwarding(inner, {
    put: (name, bytes, options) =>
      inner.put(name, bytes, isRetained(name) ? { ...options, retainUntil: until } : options),
  });
}
