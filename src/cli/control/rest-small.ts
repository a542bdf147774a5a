// A start leaves megabytes of garbage behind, and so does a busy hour; who then rests allocates next to nothing, so nobody would collect it.
// It also calls for the optimizing compilers, whose own code and tables are some ten megabytes that a resting process never needs again.

import { setFlagsFromString } from 'node:v8';
import type { Ambient } from '../ambient.ts';

/** What collects on request is there only with this flag of the engine. */
export const collectorFlag = '--expose-gc';

/** After how many calls the engine optimizes a function, and after how many rounds a loop: as it is wont to. */
const usual: Readonly<Record<string, number>> = {
  'invocation-count-for-maglev': 400,
  'invocation-count-for-maglev-osr': 100,
  'invocation-count-for-turbofan': 3000,
  'invocation-count-for-osr': 500,
};

/** What is hot at a start only is not optimized; bin/holdfast says the same for the control process, which stays so. */
export const patientFlags: readonly string[] = Object.keys(usual).map((name) => `--${name}=1000000`);

/** For a process that is to be fast from its first answer on. */
export function optimizeAsUsual(): void {
  for (const [name, count] of Object.entries(usual)) setFlagsFromString(`--${name}=${count}`);
}

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
