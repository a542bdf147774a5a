// What is watched without being asked: health of machines and repositories, nodes, the day's report, and the plan of maintenance.

import { z } from 'zod';
import { healthStates } from '../../model/health.ts';
import { rhythms } from '../../model/maintenance/plan.ts';
import { exampleId, exampleInstant, facts, instant, operation, remark } from './operation.ts';

const light = z.enum(['green', 'yellow', 'red']);

const policyReport = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  light,
  state: z.enum(['good', 'new', 'incomplete', 'too-old', 'paused']),
  lastGoodAt: instant.optional(),
  repositories: z.array(z.string()),
  provenAt: instant.optional(),
  checkedAt: instant.optional(),
});

/** Absent where nothing is known. */
const figures = {
  due: z.int().min(0),
  effective: z.int().min(0),
  complete: z.int().min(0),
  successRate: z.number().optional(),
  worstRpoMs: z.number().optional(),
  averageGapMs: z.number().optional(),
  restores: z.int().min(0),
  worstMs: z.number().optional(),
  secondsPerGib: z.number().optional(),
};

export const watching = {
  listHealth: operation({
    method: 'GET',
    path: '/api/v1/health',
    topic: 'Health',
    summary: 'How machines and repositories are, by the last look',
    permission: 'status:read',
    answer: z.strictObject({
      worst: z.enum(healthStates),
      items: z.array(
        z.strictObject({
          name: z.string(),
          object: z.string(),
          node: z.string(),
          state: z.enum(healthStates),
          reason: z.string(),
          facts,
          since: instant,
          checkedAt: instant,
        }),
      ),
    }),
    example: {
      answer: {
        worst: 'ok',
        items: [
          {
            name: 'disk',
            object: 'main',
            node: 'server',
            state: 'ok',
            reason: 'room',
            facts: { usedPercent: 41 },
            since: exampleInstant,
            checkedAt: exampleInstant,
          },
        ],
      },
    },
  }),
  listNodes: operation({
    method: 'GET',
    path: '/api/v1/nodes',
    topic: 'Health',
    summary: 'Which control planes live',
    permission: 'status:read',
    answer: z.strictObject({ items: z.array(z.strictObject({ name: z.string(), heldUntil: instant })) }),
    example: { answer: { items: [{ name: 'server', heldUntil: exampleInstant }] } },
  }),
  getReport: operation({
    method: 'GET',
    path: '/api/v1/report',
    topic: 'Health',
    summary: 'The report of the day: is everything saved, in words for people who are no technicians',
    permission: 'status:read',
    answer: z.strictObject({
      at: instant,
      light,
      contact: z.string().optional(),
      policies: z.array(policyReport),
      troubles: z.array(z.strictObject({ severity: z.string(), title: z.string(), since: instant })),
      disks: z.array(
        z.strictObject({ repository: z.string(), freeBytes: z.number(), totalBytes: z.number() }),
      ),
    }),
    example: {
      answer: {
        at: exampleInstant,
        light: 'green',
        contact: 'Mara, room 12',
        policies: [
          {
            name: 'school',
            light: 'green',
            state: 'good',
            lastGoodAt: exampleInstant,
            repositories: ['main'],
          },
        ],
        troubles: [],
        disks: [{ repository: 'main', freeBytes: 500_000_000_000, totalBytes: 1_000_000_000_000 }],
      },
    },
  }),
  sendReport: operation({
    method: 'POST',
    path: '/api/v1/report/messages',
    topic: 'Health',
    summary: 'Send the report as it is now to those who get it every day',
    details: 'The one of the day still comes at its time.',
    permission: 'channel:test',
    status: 202,
    repeatable: false,
    answer: z.strictObject({ channels: z.array(z.string()) }),
    example: { answer: { channels: ['mail'] } },
    errors: ['REPORT_NOBODY'],
  }),
  getEarlierReport: operation({
    method: 'GET',
    path: '/api/v1/reports/{day}',
    topic: 'Health',
    summary: 'The report as it was told on an earlier day',
    permission: 'status:read',
    params: z.strictObject({ day: z.iso.date() }),
    query: z.strictObject({ language: z.enum(['en', 'de']).optional() }),
    answer: z.strictObject({
      day: z.iso.date(),
      title: z.string(),
      text: z.string(),
      language: z.enum(['en', 'de']),
    }),
    example: {
      params: { day: '2026-11-20' },
      query: { language: 'en' },
      answer: { day: '2026-11-20', title: 'Everything is saved', text: '…', language: 'en' },
    },
    errors: ['REPORT_UNKNOWN'],
  }),
  getFigures: operation({
    method: 'GET',
    path: '/api/v1/health/figures',
    topic: 'Health',
    summary: 'What backups keep of their promises: success, worst RPO and RTO, availability',
    details: 'Measured over the window. A share is 0 to 1. What is absent is not known yet.',
    permission: 'status:read',
    query: z.strictObject({ window: z.enum(['24h', '7d', '30d']).optional() }),
    answer: z.strictObject({
      window: z.enum(['24h', '7d', '30d']),
      from: instant,
      until: instant,
      overall: z.strictObject({
        ...figures,
        availability: z.number().optional(),
        keepingRpo: z.int().min(0),
        knownRpo: z.int().min(0),
      }),
      policies: z.array(
        z.strictObject({
          ...figures,
          policy: z.string(),
          rpoMs: z.number(),
          rtoMs: z.number(),
          keepsRpo: z.boolean().optional(),
          keepsRto: z.boolean().optional(),
        }),
      ),
    }),
    example: {
      query: { window: '7d' },
      answer: {
        window: '7d',
        from: '2026-11-14T19:00:00.000Z',
        until: exampleInstant,
        overall: {
          due: 7,
          effective: 7,
          complete: 7,
          successRate: 1,
          restores: 0,
          worstRpoMs: 86_400_000,
          availability: 1,
          keepingRpo: 1,
          knownRpo: 1,
        },
        policies: [],
      },
    },
  }),
  listMaintenance: operation({
    method: 'GET',
    path: '/api/v1/maintenance',
    topic: 'Maintenance',
    summary: 'The plan of recurring work: what is due, what was done, who does it',
    permission: 'maintenance:read',
    answer: z.strictObject({
      items: z.array(
        z.strictObject({
          name: z.string(),
          rhythm: z.enum(rhythms),
          state: z.enum(['done', 'due', 'overdue', 'unwanted']),
          isManual: z.boolean(),
          owner: z.string().optional(),
          deputy: z.string().optional(),
          dueBy: instant,
          lastDone: z.strictObject({ at: instant, actor: z.string(), note: z.string() }).optional(),
          reason: z.string().optional(),
        }),
      ),
    }),
    example: {
      answer: {
        items: [
          {
            name: 'review-access',
            rhythm: 'quarterly',
            state: 'due',
            isManual: true,
            owner: 'Mara',
            deputy: 'Jonas',
            dueBy: exampleInstant,
          },
        ],
      },
    },
  }),
  noteMaintenance: operation({
    method: 'POST',
    path: '/api/v1/maintenance/{task}/evidence',
    topic: 'Maintenance',
    summary: 'Say that recurring work was done',
    permission: 'maintenance:write',
    status: 201,
    repeatable: false,
    params: z.strictObject({ task: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is no task of the plan') }),
    body: z.strictObject({ note: remark }),
    answer: z.strictObject({
      id: z.string(),
      task: z.string(),
      at: instant,
      actor: z.string(),
      note: z.string(),
    }),
    example: {
      params: { task: 'review-access' },
      body: { note: 'Two accounts closed' },
      answer: {
        id: exampleId,
        task: 'review-access',
        at: exampleInstant,
        actor: 'mara',
        note: 'Two accounts closed',
      },
    },
    errors: ['MAINTENANCE_UNKNOWN'],
  }),
};
