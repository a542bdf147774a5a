// Ctrl-C and SIGTERM: the first asks the operation to end cleanly, the second ends the program at once.

import { failureKinds } from '../base/failure.ts';
import type { Ambient } from './ambient.ts';

export function abortOnSignals(ambient: Ambient, tell: () => void): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) ambient.exitNow(failureKinds.canceled.exit);
    controller.abort();
    tell();
  };
  ambient.onSignal('SIGINT', stop);
  ambient.onSignal('SIGTERM', stop);
  return controller.signal;
}
