// The table of checks: one lazy line per kind.

import type { HealthCheck } from './check.ts';

export const healthChecks: Readonly<Record<string, () => Promise<{ readonly check: HealthCheck }>>> = {
  disk: () => import('./checks/disk.ts'),
  memory: () => import('./checks/memory.ts'),
  cpu: () => import('./checks/cpu.ts'),
  clock: () => import('./checks/clock.ts'),
  versions: () => import('./checks/versions.ts'),
  certificates: () => import('./checks/certificates.ts'),
  backup: () => import('./checks/backup.ts'),
  tokens: () => import('./checks/tokens.ts'),
  queue: () => import('./checks/queue.ts'),
  nodes: () => import('./checks/nodes.ts'),
  duties: () => import('./checks/duties.ts'),
};
