// Alerts: one trouble is one alert until it is over.

import { z } from 'zod';
import { exampleId, exampleInstant, facts, id, instant, operation, page, pageOf } from './operation.ts';

const topic = 'Alerts';
const params = z.strictObject({ alert: id });

export const alert = z.strictObject({
  id,
  key: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  policy: z.string().optional(),
  title: z.string(),
  facts,
  count: z.int().min(1),
  firstAt: instant,
  lastAt: instant,
  acknowledged: z.strictObject({ actor: z.string(), until: instant }).optional(),
  resolvedAt: instant.optional(),
});

const example = {
  id: exampleId,
  key: 'backup:school',
  severity: 'critical' as const,
  state: 'open' as const,
  policy: 'school',
  title: 'The backup "school" failed',
  facts: { code: 'STORAGE_UNREACHABLE' },
  count: 2,
  firstAt: exampleInstant,
  lastAt: exampleInstant,
};

export const alerts = {
  listAlerts: operation({
    method: 'GET',
    path: '/api/v1/alerts',
    topic,
    summary: 'List alerts, newest first',
    permission: 'alert:read',
    query: z.strictObject({ ...page, state: z.enum(['open', 'acknowledged', 'resolved']).optional() }),
    answer: pageOf(alert),
    example: { query: { state: 'open' }, answer: { items: [example] } },
  }),
  getAlert: operation({
    method: 'GET',
    path: '/api/v1/alerts/{alert}',
    topic,
    summary: 'Show an alert',
    permission: 'alert:read',
    object: 'alert',
    params,
    answer: alert,
    example: { params: { alert: exampleId }, answer: example },
    errors: ['ALERT_UNKNOWN'],
  }),
  acknowledgeAlert: operation({
    method: 'POST',
    path: '/api/v1/alerts/{alert}/acknowledgement',
    topic,
    summary: 'Say that somebody looks after it',
    details: 'It is told again when that time is over and the trouble is not.',
    permission: 'alert:acknowledge',
    object: 'alert',
    params,
    body: z.strictObject({
      minutes: z
        .int()
        .min(1)
        .max(30 * 24 * 60)
        .default(8 * 60),
    }),
    answer: alert,
    example: {
      params: { alert: exampleId },
      body: { minutes: 120 },
      answer: {
        ...example,
        state: 'acknowledged',
        acknowledged: { actor: 'user:mara', until: '2026-11-21T21:00:00.000Z' },
      },
    },
    errors: ['ALERT_UNKNOWN'],
  }),
};
