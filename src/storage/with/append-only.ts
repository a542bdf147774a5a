// Refuses to delete or to change anything. It binds this process, not whoever else holds the storage's credentials.

import { Failure, isFailure } from '../../base/failure.ts';
import type { Storage } from '../storage.ts';
import { forwarding } from './forwarding.ts';

export function withAppendOnly(inner: Storage): Storage {
  return forwarding(inner, {
    async put(name, bytes, options) {
      try {
        await inner.put(name, bytes, { ...options, ifAbsent: true });
      } catch (error) {
        if (options.ifAbsent === true || !isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw error;
        // The same object once more changes nothing.
        const found = await inner.get(name, { signal: options.signal });
        if (Buffer.compare(found, bytes) !== 0) throw refused('replaced', name);
      }
    },
    async delete(name) {
      throw refused('deleted', name);
    },
  });
}

function refused(what: string, name: string): Failure {
  return new Failure('denied', 'STORAGE_APPEND_ONLY', `object "${name}" may not be ${what}: append-only`, {
    hint: 'Delete with an access that is not append-only.',
  });
}
