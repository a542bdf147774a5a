// How many answers had to be waited for one after the other: what a slow line makes of a run. Counted by what a call could have waited for, so
// neither a clock nor a busy machine plays a part.

import { setImmediate as turn } from 'node:timers/promises';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';

export interface Rounds {
  readonly storage: Storage;
  /** The longest chain of calls of which each began after the one before had ended. */
  count(): number;
  /** Every call with the number of its round, for messages. */
  shown(): string;
}

export function countRounds(inner: Storage): Rounds {
  const calls: string[] = [];
  let ended = 0;
  const within = async <Result>(what: string, run: () => Promise<Result>): Promise<Result> => {
    const round = ended + 1;
    calls.push(`${round} ${what}`);
    try {
      return await run();
    } finally {
      // All that the caller begins without waiting has begun by then.
      for (let turns = 0; turns < 3; turns += 1) await turn();
      ended = Math.max(ended, round);
    }
  };
  return {
    storage: forwarding(inner, {
      put: (name, bytes, options) => within(`put ${name}`, () => inner.put(name, bytes, options)),
      get: (name, options) => within(`get ${name}`, () => inner.get(name, options)),
      stat: (name, options) => within(`stat ${name}`, () => inner.stat(name, options)),
      delete: (name, options) => within(`delete ${name}`, () => inner.delete(name, options)),
      async *list(prefix, options) {
        yield* await within(`list ${prefix}`, () => Array.fromAsync(inner.list(prefix, options)));
      },
    }),
    count: () => ended,
    shown: () => calls.join('\n'),
  };
}
