// The table of duties: one lazy line per kind.

import type { Duty } from '../duty.ts';

export const duties: Readonly<Record<string, () => Promise<{ readonly duty: Duty }>>> = {
  checks: () => import('./checks.ts'),
  maintenance: () => import('./maintenance.ts'),
  scheduler: () => import('./scheduler.ts'),
};
