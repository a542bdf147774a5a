// What goes on right now, as events; and what other programs read: metrics, the description of this API, its page.

import { z } from 'zod';
import { operation } from './operation.ts';

/** A number, or where a metric has labels, a list of values with them. */
const statistics = z.record(
  z.string(),
  z.union([z.number(), z.array(z.record(z.string(), z.union([z.string(), z.number()]))).readonly()]),
);

export const live = {
  streamEvents: operation({
    method: 'GET',
    path: '/api/v1/events',
    topic: 'Events',
    summary: 'Hear of runs and alerts as they happen (server-sent events)',
    details:
      '`run` and `alert` carry the same objects as the lists, each time one has changed: keep them by their id. ' +
      'A comment every 15 seconds tells that the line is alive. ' +
      'After a break send the last id as Last-Event-ID: what has changed since then comes first, perhaps once more.',
    permission: 'run:read',
    media: 'text/event-stream',
    answer: z.string(),
    example: { answer: 'id: 1795287600000\nevent: run\ndata: {"id":"…"}\n\n' },
    errors: ['TOO_MANY_LISTENERS'],
  }),
  getMetrics: operation({
    method: 'GET',
    path: '/metrics',
    topic: 'Metrics',
    summary: 'Figures for Prometheus',
    permission: 'metrics:read',
    media: 'text/plain; version=0.0.4; charset=utf-8',
    answer: z.string(),
    example: { answer: '# TYPE holdfast_policies gauge\nholdfast_policies 3\n' },
  }),
  getStatistics: operation({
    method: 'GET',
    path: '/api/v1/statistics',
    topic: 'Metrics',
    summary: 'The same figures as JSON, those of each policy under its name',
    permission: 'metrics:read',
    answer: z.strictObject({
      metrics: statistics,
      policies: z.record(z.string(), statistics),
    }),
    example: { answer: { metrics: { policies: 1 }, policies: { school: { last_run_bytes: 73_400_320 } } } },
  }),
  getOpenApi: operation({
    method: 'GET',
    path: '/api/v1/openapi.json',
    topic: 'Description',
    summary: 'This API in OpenAPI 3.1',
    permission: 'public',
    answer: z.record(z.string(), z.json()),
    example: { answer: { openapi: '3.1.0' } },
  }),
  getDocs: operation({
    method: 'GET',
    path: '/api/docs',
    topic: 'Description',
    summary: 'This API as a page for people',
    permission: 'public',
    media: 'text/html; charset=utf-8',
    answer: z.string(),
    example: { answer: '<!doctype html>' },
  }),
  getDocsStyle: operation({
    method: 'GET',
    path: '/api/docs.css',
    topic: 'Description',
    summary: 'How that page looks',
    permission: 'public',
    media: 'text/css; charset=utf-8',
    answer: z.string(),
    example: { answer: 'body{}' },
  }),
};
