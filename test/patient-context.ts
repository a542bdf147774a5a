// A context whose waits between two tries are over at once, and whose deadlines are not: for the stack of the program before servers.

import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../src/base/failure.ts';
import { type TestContext, testContext } from './world.ts';

/** From this on, a sleep is the deadline of a call: a guard against hanging, which no call that is answered ever meets. */
const deadlineMs = 60_000;

export function patientContext(): TestContext {
  const context = testContext();
  return {
    ...context,
    clock: {
      ...context.clock,
      async sleep(durationMs, signal) {
        if (durationMs < deadlineMs) return;
        await wait(durationMs, undefined, { signal, ref: false }).catch(() => {
          throw new Failure('canceled', 'CANCELED', 'the wait was canceled');
        });
      },
    },
  };
}
