// The table of queues: one lazy line per kind.

import type { QueueKind } from './queue.ts';

export const queues: Readonly<Record<string, () => Promise<{ readonly kind: QueueKind }>>> = {
  embedded: () => import('./embedded.ts'),
};
