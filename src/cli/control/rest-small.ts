// A start leaves megabytes of garbage behind, and so does a busy hour; who then rests allocates next to nothing, so nobody would collect it.

import type { Ambient } from '../ambient.ts';

/** What collects on request is there only with this flag of the engine. */
export const collectorFlag = '--expose-gc';

const everyMs = 30_000;
/** A process that used more of one processor than that has other things to do. */
const restingShare = 0.1;
/** Less is not worth the pause. */
const growthBytes = 2 * 1024 * 1024;

export function restSmall({ every }: Pick<Ambient, 'every'>): void {
  let before = process.cpuUsage();
  let kept = 0;
  every(everyMs, () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    if (user + system > everyMs * 1000 * restingShare) return;
    if (process.memoryUsage().heapUsed < kept + growthBytes) return;
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    kept = process.memoryUsage().heapUsed;
  });
}
