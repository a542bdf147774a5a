// Alerts, and who looks after them; the brake.

import type { Context } from '../../base/context.ts';
import { acknowledgeAlert, alertById, listAlerts } from '../../catalog/alerts.ts';
import { type Brake, brakeOf, pullBrake, releaseBrake } from '../../catalog/brake.ts';
import type { Catalog, Unit } from '../../catalog/catalog.ts';
import { whoOf } from '../../identity/access.ts';
import type { alerts } from '../contract/alerts.ts';
import type { brake } from '../contract/brake.ts';
import type { HandlersOf } from '../handler.ts';
import { unknown } from '../objects.ts';
import { alertShown, iso, namesFor, pageShown, present, withinOf } from '../shown.ts';

export const alertHandlers: HandlersOf<typeof alerts> = {
  listAlerts: {
    async steady({ query, sight }, catalog, context) {
      const found = await listAlerts(catalog, { ...present(query), ...withinOf(sight) }, context);
      const names = await namesFor(found.items, catalog, context);
      return { answer: pageShown(found, (alert) => alertShown(alert, names)) };
    },
  },

  async getAlert({ params, tools: { catalog } }, context) {
    return shown(params.alert, catalog, context);
  },

  async acknowledgeAlert({ params, body: { minutes }, principal }, unit, context) {
    const until = context.clock.now() + minutes * 60_000;
    await acknowledgeAlert(unit, params.alert, { actor: principal.actor, until }, context);
    return { ...(await shown(params.alert, unit, context)), facts: { minutes } };
  },
};

async function shown(id: string, at: Catalog | Unit, context: Context) {
  const alert = await alertById(at, id, context);
  if (alert === undefined) throw unknown('ALERT_UNKNOWN', `alert "${id}"`);
  return { answer: alertShown(alert, await namesFor([alert], at, context)) };
}

export const brakeHandlers: HandlersOf<typeof brake> = {
  async getBrake({ tools: { catalog } }, context) {
    return { answer: await brakeShown(await brakeOf(catalog, context), catalog, context) };
  },

  async pullBrake({ body: { reason }, principal, request, tools: { node } }, unit, context) {
    const by = { ...whoOf(principal), node, request: request.id };
    await pullBrake(unit, { why: reason, by }, context);
    return { answer: await brakeShown(await brakeOf(unit, context), unit, context), isAudited: true };
  },

  async releaseBrake({ body: { reason, pulls }, principal, request, tools: { node } }, unit, context) {
    const by = { ...whoOf(principal), node, request: request.id };
    const seen = pulls === undefined ? {} : { seenPulls: pulls };
    const released = await releaseBrake(unit, { by, reason, ...seen }, context);
    return { answer: { isOn: false, pulls: released.pulls }, isAudited: true };
  },
};

async function brakeShown(known: Brake | undefined, at: Catalog | Unit, context: Context) {
  if (known === undefined) return { isOn: false, pulls: 0 };
  const names = await namesFor([known], at, context);
  return present({
    isOn: true,
    why: known.why,
    policy: known.policyId === undefined ? undefined : names.get(known.policyId),
    pulls: known.pulls,
    pulledBy: known.pulledBy,
    pulledAt: iso(known.pulledAt),
    lastPulledAt: iso(known.lastPulledAt),
  });
}
