// How things are: in one answer, for people and for what watches the server.

import { z } from 'zod';
import { name } from '../../model/configuration/fields.ts';
import { exampleInstant, instant, operation } from './operation.ts';

const topic = 'Status';
const count = z.int().min(0);

export const status = {
  getStatus: operation({
    method: 'GET',
    path: '/api/v1/status',
    topic,
    summary: 'Is everything saved, and is it proven?',
    permission: 'status:read',
    answer: z.strictObject({
      now: instant,
      policies: count,
      disabled: count,
      lastOutcomes: z.strictObject({
        succeeded: count,
        partial: count,
        failed: count,
        canceled: count,
        never: count,
      }),
      oldestSuccess: z.strictObject({ policy: name, at: instant }).optional(),
      running: count,
      openAlerts: z.strictObject({ info: count, warning: count, critical: count }),
      queue: z.strictObject({ due: count, delayed: count, claimed: count, orphaned: count }),
      brake: z.boolean(),
    }),
    example: {
      answer: {
        now: exampleInstant,
        policies: 3,
        disabled: 0,
        lastOutcomes: { succeeded: 3, partial: 0, failed: 0, canceled: 0, never: 0 },
        oldestSuccess: { policy: 'school', at: exampleInstant },
        running: 0,
        openAlerts: { info: 0, warning: 0, critical: 0 },
        queue: { due: 0, delayed: 0, claimed: 0, orphaned: 0 },
        brake: false,
      },
    },
  }),
  getLiveness: operation({
    method: 'GET',
    path: '/healthz',
    topic,
    summary: 'Does this process answer?',
    permission: 'public',
    answer: z.strictObject({ status: z.literal('alive') }),
    example: { answer: { status: 'alive' } },
  }),
  getReadiness: operation({
    method: 'GET',
    path: '/readyz',
    topic,
    summary: 'Can it serve: is the catalog there?',
    permission: 'public',
    answer: z.strictObject({ status: z.literal('ready') }),
    example: { answer: { status: 'ready' } },
    errors: ['CATALOG_UNAVAILABLE'],
  }),
};
