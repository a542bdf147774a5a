// The table of duties: one lazy line per kind.

import type { Duty } from '../duty.ts';

export const duties: Readonly<Record<string, () => Promise<{ readonly duty: Duty }>>> = {
  checks: () => import('./checks.ts'),
  'audit-copy': () => import('./audit-copy.ts'),
  'audit-retention': () => import('./audit-retention.ts'),
  witness: () => import('./witness.ts'),
  'task-alerts': () => import('./task-alerts.ts'),
  files: () => import('./files.ts'),
  alerts: () => import('./alerts.ts'),
  heartbeat: () => import('./heartbeat.ts'),
  health: () => import('./health.ts'),
  'health-shared': () => import('./health-shared.ts'),
  life: () => import('./life.ts'),
  'metrics-file': () => import('./metrics-file.ts'),
  otlp: () => import('./otlp.ts'),
  maintenance: () => import('./maintenance.ts'),
  'rotate-keys': () => import('./rotate-keys.ts'),
  scheduler: () => import('./scheduler.ts'),
  'login-sweep': () => import('./login-sweep.ts'),
  'message-sweep': () => import('./message-sweep.ts'),
  'history-sweep': () => import('./history-sweep.ts'),
  report: () => import('./report.ts'),
};
