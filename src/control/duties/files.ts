// Every few minutes on one machine: whether the nodes that are at work have read the configuration that holds. Which of two files counts is decided
// by people; that there are two must not stay unseen.

import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import { lastApplied } from '../../catalog/configurations.ts';
import { heldLeases, nodePrefix } from '../../catalog/leases.ts';
import { nodeFiles } from '../../catalog/node-files.ts';
import type { Duty } from '../duty.ts';

const everyMs = 300_000;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog }, context) {
    const { files, applied } = await nodeFiles(catalog, context);
    const last = await lastApplied(catalog, context);
    const leases = await heldLeases(catalog, nodePrefix, context);
    const atWork = new Set(leases.map(({ name }) => name.slice(nodePrefix.length)));
    for (const { node, path, digest, readAt } of files) {
      const key = `configuration:differs:${node}`;
      // Whoever is switched off keeps what was said of it until it is back.
      if (!atWork.has(node) && digest !== applied) continue;
      if (applied === undefined || digest === applied) {
        await resolveAlert(catalog, key, context);
        continue;
      }
      const title = `The configuration "${path}" of node "${node}" is another than the one that holds`;
      const by = last === undefined ? {} : { appliedBy: last.appliedBy, appliedOn: last.node };
      const facts = { object: node, path, readAt, ...by };
      await raiseAlert(catalog, { key, severity: 'warning', title, facts }, context);
    }
    return context.clock.now() + everyMs;
  },
};
