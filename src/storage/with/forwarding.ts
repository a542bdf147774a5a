// What all wrappers share: a storage that does what another one does, but for the verbs that a wrapper replaces.

import type { Storage } from '../storage.ts';

/** Optional verbs are there only where `inner` has them, as the port promises. */
export function forwarding(inner: Storage, replaced: Partial<Storage>): Storage {
  const { retain, thaw, transition, posture, lifecycle, fillReserve, freeReserve, sweep, compareCopies } =
    inner;
  const { room, certificate } = inner;
  return {
    location: inner.location,
    features: inner.features,
    put: (name, bytes, options) => inner.put(name, bytes, options),
    get: (name, options) => inner.get(name, options),
    stat: (name, options) => inner.stat(name, options),
    list: (prefix, options) => inner.list(prefix, options),
    delete: (name, options) => inner.delete(name, options),
    ...(retain && { retain: retain.bind(inner) }),
    ...(thaw && { thaw: thaw.bind(inner) }),
    ...(transition && { transition: transition.bind(inner) }),
    ...(posture && { posture: posture.bind(inner) }),
    ...(room && { room: room.bind(inner) }),
    ...(certificate && { certificate: certificate.bind(inner) }),
    ...(lifecycle && { lifecycle }),
    ...(fillReserve && { fillReserve: fillReserve.bind(inner) }),
    ...(freeReserve && { freeReserve: freeReserve.bind(inner) }),
    ...(sweep && { sweep: sweep.bind(inner) }),
    ...(compareCopies && { compareCopies: compareCopies.bind(inner) }),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    ...replaced,
  };
}
