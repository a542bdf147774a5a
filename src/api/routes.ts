// The work of all operations in one table. The compiler sees to it that each has its own and none is left over.

import type { Context } from '../base/context.ts';
import { createEvents } from './events.ts';
import type { ApiTools, Handlers } from './handler.ts';
import { accountHandlers } from './routes/account.ts';
import { alertHandlers, brakeHandlers } from './routes/alerts.ts';
import { auditHandlers } from './routes/audit.ts';
import { configurationHandlers } from './routes/configuration.ts';
import { liveHandlers } from './routes/live.ts';
import { placeHandlers } from './routes/places.ts';
import { policyHandlers } from './routes/policies.ts';
import { recoveryPointHandlers } from './routes/recovery-points.ts';
import { runHandlers } from './routes/runs.ts';
import { statusHandlers } from './routes/status.ts';
import { userHandlers } from './routes/users.ts';
import { watchingHandlers } from './routes/watching.ts';

export interface Routes {
  readonly handlers: Handlers;
  /** Ends what still listens. */
  close(): Promise<void>;
}

export function makeRoutes(tools: ApiTools, context: Context): Routes {
  const events = createEvents(tools, context);
  return {
    handlers: {
      ...statusHandlers,
      ...policyHandlers,
      ...runHandlers,
      ...recoveryPointHandlers,
      ...placeHandlers,
      ...configurationHandlers,
      ...alertHandlers,
      ...brakeHandlers,
      ...watchingHandlers,
      ...auditHandlers,
      ...accountHandlers,
      ...userHandlers,
      ...liveHandlers(events),
    },
    close: () => events.close(),
  };
}
