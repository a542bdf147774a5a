// The table of jobs: what processes with secrets can be asked to do. One lazy line per kind.

import type { JobKind } from '../job.ts';

export const jobs: Readonly<Record<string, () => Promise<{ readonly job: JobKind<unknown> }>>> = {
  backup: () => import('./backup.ts'),
  browse: () => import('./browse.ts'),
  check: () => import('./check.ts'),
  download: () => import('./download.ts'),
  forget: () => import('./forget.ts'),
  list: () => import('./list.ts'),
  prune: () => import('./prune.ts'),
  repair: () => import('./repair.ts'),
  restore: () => import('./restore.ts'),
  retention: () => import('./retention.ts'),
  'rotate-keys': () => import('./rotate-keys.ts'),
  witness: () => import('./witness.ts'),
  deliver: () => import('./deliver.ts'),
  probe: () => import('./probe.ts'),
  'audit-verify': () => import('./audit-verify.ts'),
  'catalog-check': () => import('./catalog-check.ts'),
  posture: () => import('./posture.ts'),
  slots: () => import('./slots.ts'),
  stats: () => import('./stats.ts'),
  'storage-test': () => import('./storage-test.ts'),
  otlp: () => import('./otlp.ts'),
};
