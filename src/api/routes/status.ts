// How things are.

import { isBrakeOn } from '../../catalog/brake.ts';
import { catalogStatus } from '../../catalog/status.ts';
import type { status } from '../contract/status.ts';
import type { HandlersOf } from '../handler.ts';
import { iso } from '../shown.ts';

export const statusHandlers: HandlersOf<typeof status> = {
  getStatus: {
    async steady(_, catalog, context) {
      const found = await catalogStatus(catalog, context);
      const { oldestSuccess, openAlerts, changesInMs } = found;
      return {
        ...(changesInMs === undefined ? {} : { goodForMs: changesInMs }),
        answer: {
          now: iso(context.clock.now()),
          policies: found.policies,
          disabled: found.disabled,
          lastOutcomes: found.lastOutcomes,
          ...(oldestSuccess === undefined
            ? {}
            : { oldestSuccess: { policy: oldestSuccess.policy, at: iso(oldestSuccess.at) } }),
          running: found.running,
          openAlerts: {
            info: openAlerts['info'] ?? 0,
            warning: openAlerts['warning'] ?? 0,
            critical: openAlerts['critical'] ?? 0,
          },
          queue: found.queue,
          brake: await isBrakeOn(catalog, context),
        },
      };
    },
    moment: (context) => ({ now: iso(context.clock.now()) }),
  },
  async getLiveness() {
    return { answer: { status: 'alive' } };
  },
  async getReadiness({ tools: { catalog } }, context) {
    await isBrakeOn(catalog, context);
    return { answer: { status: 'ready' } };
  },
};
