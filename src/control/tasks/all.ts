// The table of tasks: one lazy line per kind.

import type { TaskKind } from '../task.ts';

export const tasks: Readonly<Record<string, () => Promise<{ readonly task: TaskKind }>>> = {
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
  'audit-verify': () => askedOfCatalog('audit-verify'),
  'catalog-check': () => askedOfCatalog('catalog-check'),
  posture: () => asked('posture'),
  slots: () => asked('slots'),
  stats: () => asked('stats'),
  'storage-test': () => asked('storage-test'),
};

async function asked(question: 'posture' | 'slots' | 'stats' | 'storage-test') {
  return { task: (await import('./questions.ts')).questions[question] };
}

async function askedOfCatalog(question: 'audit-verify' | 'catalog-check') {
  return { task: (await import('./questions.ts')).catalogQuestions[question] };
}
