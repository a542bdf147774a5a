// What the control plane has found by itself, read; and people's word that recurring work was done.

import { currentConfiguration } from '../../catalog/configurations.ts';
import { listHealth } from '../../catalog/health.ts';
import { heldLeases } from '../../catalog/leases.ts';
import { maintenanceDone, maintenanceReport } from '../../control/maintenance/report.ts';
import { measureReliability } from '../../control/reliability.ts';
import { dailyReport } from '../../control/reports/daily.ts';
import { reportOfDay, sendReportNow } from '../../control/reports/send.ts';
import { whoOf } from '../../identity/access.ts';
import { healthStates } from '../../model/health.ts';
import type { watching } from '../contract/watching.ts';
import type { HandlersOf } from '../handler.ts';
import { iso, present } from '../shown.ts';

export const watchingHandlers: HandlersOf<typeof watching> = {
  async listHealth({ tools: { catalog } }, context) {
    const records = await listHealth(catalog, context);
    const rank = (state: (typeof healthStates)[number]) => healthStates.indexOf(state);
    return {
      answer: {
        worst: healthStates[Math.max(0, ...records.map(({ state }) => rank(state)))] ?? 'ok',
        items: records.map(({ name, object, node, state, reason, facts, since, checkedAt }) => ({
          name,
          object,
          node,
          state,
          reason,
          facts,
          since: iso(since),
          checkedAt: iso(checkedAt),
        })),
      },
    };
  },

  async listNodes({ tools: { catalog } }, context) {
    const prefix = 'node:';
    const leases = await heldLeases(catalog, prefix, context);
    const items = leases.map(({ name, heldUntil }) => ({
      name: name.slice(prefix.length),
      heldUntil: iso(heldUntil),
    }));
    return { answer: { items } };
  },

  async getReport({ tools: { catalog, node } }, context) {
    const configuration = await currentConfiguration(catalog, context);
    const report = await dailyReport(catalog, configuration, node, context);
    const time = (at: number | undefined) => (at === undefined ? undefined : iso(at));
    return {
      answer: present({
        at: iso(report.at),
        light: report.light,
        contact: report.contact,
        policies: report.policies.map((policy) =>
          present({
            name: policy.name,
            description: policy.description,
            light: policy.light,
            state: policy.state,
            lastGoodAt: time(policy.lastGoodAt),
            repositories: [...policy.repositories],
            provenAt: time(policy.provenAt),
            checkedAt: time(policy.checkedAt),
          }),
        ),
        troubles: report.troubles.map(({ severity, title, firstAt }) => ({
          severity,
          title,
          since: iso(firstAt),
        })),
        disks: report.disks.map(({ repository, freeBytes, totalBytes }) => ({
          repository,
          freeBytes,
          totalBytes,
        })),
      }),
    };
  },

  sendReport: {
    async ownUnits({ principal, request, tools: { catalog, node } }, context) {
      const configuration = await currentConfiguration(catalog, context);
      const report = await dailyReport(catalog, configuration, node, context);
      const by = { ...whoOf(principal), node, request: request.id };
      const channels = await sendReportNow(catalog, report, configuration, by, context);
      return { answer: { channels: [...channels] } };
    },
  },

  async getEarlierReport({ params: { day }, query, tools: { catalog } }, context) {
    const { title, text, language } = await reportOfDay(catalog, day, query.language, context);
    return { answer: { day, title, text, language } };
  },

  async getFigures({ query: { window = '7d' }, tools: { catalog } }, context) {
    const configuration = await currentConfiguration(catalog, context);
    const found = await measureReliability(catalog, { configuration, window }, context);
    const { from, until, overall, policies } = found;
    return {
      answer: { window, from: iso(from), until: iso(until), overall, policies: [...policies] },
    };
  },

  async listMaintenance({ tools: { catalog } }, context) {
    const configuration = await currentConfiguration(catalog, context);
    const items = await maintenanceReport(catalog, configuration, context);
    return {
      answer: {
        items: items.map(({ name, rhythm, state, isManual, owner, deputy, dueBy, lastDone, reason }) =>
          present({
            name,
            rhythm,
            state,
            isManual,
            owner,
            deputy,
            dueBy: iso(dueBy),
            lastDone:
              lastDone === undefined
                ? undefined
                : { at: iso(lastDone.at), actor: lastDone.actor, note: lastDone.note },
            reason,
          }),
        ),
      },
    };
  },

  noteMaintenance: {
    async ownUnits({ params: { task }, body: { note }, principal, tools: { catalog, node } }, context) {
      const configuration = await currentConfiguration(catalog, context);
      const wish = { task, note, actor: principal.actor, node };
      const done = await maintenanceDone(catalog, wish, configuration, context);
      return {
        answer: { id: done.id, task: done.task, at: iso(done.at), actor: done.actor, note: done.note },
      };
    },
  },
};
