// The kernel ends this process in the moment in which its parent ends, however that happens: who comes after the parent may count on it that
// nothing of what it had begun goes on.

import { createRequire } from 'node:module';
import type koffiModule from 'koffi';

const prSetPdeathsig = 1;
const sigkill = 9;

/** Where the C library cannot be asked, the closed channel to the parent says the same, a little later. */
export function endWithParent(): void {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof koffiModule;
    const prctl = koffi.load(null).func('int prctl(int option, unsigned long value)');
    prctl(prSetPdeathsig, sigkill);
  } catch {
    // No Linux with glibc or musl: see above.
  }
}
