// Policies: what is protected, where to, when, and how long it is kept.

import { z } from 'zod';
import { name } from '../../model/configuration/fields.ts';
import { policySchema } from '../../model/configuration/policy.ts';
import {
  accepted,
  countInQuery,
  exampleAccepted,
  exampleId,
  exampleInstant,
  flagInQuery,
  instant,
  noAnswer,
  operation,
  page,
  pageOf,
} from './operation.ts';
import { outcome } from './runs.ts';

const topic = 'Policies';
const params = z.strictObject({ policy: name });

const rules = {
  sources: [{ kind: 'files' as const, paths: ['/srv/school'] }],
  repositories: ['main'],
  schedule: '0 2 * * *',
  retention: { keepDaily: 7, keepWeekly: 4 },
};

export const policy = z.strictObject({
  name: z.string(),
  id: z.string(),
  revision: z.int().min(1),
  enabled: z.boolean(),
  /** As it was written; what is left out has its default. */
  rules: z.record(z.string(), z.json()),
  createdAt: instant,
  updatedAt: instant,
  lastRun: z.string().optional(),
  lastOutcome: outcome.optional(),
  lastEndedAt: instant.optional(),
  lastSucceededAt: instant.optional(),
});

const example = {
  name: 'school',
  id: exampleId,
  revision: 1,
  enabled: true,
  rules,
  createdAt: exampleInstant,
  updatedAt: exampleInstant,
  lastOutcome: 'succeeded' as const,
  lastEndedAt: exampleInstant,
  lastSucceededAt: exampleInstant,
};

export const policies = {
  listPolicies: operation({
    method: 'GET',
    path: '/api/v1/policies',
    topic,
    summary: 'List policies by name',
    permission: 'policy:read',
    query: z.strictObject({ ...page, enabled: flagInQuery.optional() }),
    answer: pageOf(policy),
    example: { query: {}, answer: { items: [example] } },
  }),
  getPolicy: operation({
    method: 'GET',
    path: '/api/v1/policies/{policy}',
    topic,
    summary: 'Show a policy',
    details: 'The header ETag names its revision: send it back as If-Match with a change.',
    permission: 'policy:read',
    object: 'policy',
    params,
    answer: policy,
    example: { params: { policy: 'school' }, answer: example },
    errors: ['POLICY_UNKNOWN'],
  }),
  putPolicy: operation({
    method: 'PUT',
    path: '/api/v1/policies/{policy}',
    topic,
    summary: 'Make a policy, or replace its rules',
    details:
      'With If-Match it is changed only when its revision is still that one; with If-None-Match: * it is made only when there is none. ' +
      'Sources that are opened with a secret come from the configuration file alone. ' +
      'A change that shortens the lock, or keeps less than before, needs an administrator with a fresh proof and, where the configuration wants it, the approval of a second person.',
    permission: 'policy:write',
    object: 'policy',
    params,
    body: policySchema,
    answer: policy,
    example: { params: { policy: 'school' }, body: rules, answer: example },
    errors: [
      'PRECONDITION_FAILED',
      'CONFIG_INVALID',
      'SOURCE_NEEDS_SECRET',
      'LOCK_SHORTENED',
      'RETENTION_SHORTENED',
      'SECOND_PERSON_NEEDED',
    ],
  }),
  deletePolicy: operation({
    method: 'DELETE',
    path: '/api/v1/policies/{policy}',
    topic,
    summary: 'Delete a policy',
    details: 'What it has saved stays. With If-Match only when its revision is still that one.',
    permission: 'policy:delete',
    object: 'policy',
    params,
    answer: noAnswer,
    status: 204,
    example: { params: { policy: 'school' }, answer: undefined },
    errors: ['POLICY_UNKNOWN', 'PRECONDITION_FAILED'],
  }),
  runPolicy: operation({
    method: 'POST',
    path: '/api/v1/policies/{policy}/runs',
    topic,
    summary: 'Save now',
    permission: 'policy:run',
    object: 'policy',
    params,
    answer: accepted,
    status: 202,
    example: { params: { policy: 'school' }, answer: exampleAccepted },
    errors: ['POLICY_UNKNOWN', 'POLICY_DISABLED'],
  }),
  previewRetention: operation({
    method: 'POST',
    path: '/api/v1/policies/{policy}/retention-previews',
    topic,
    summary: 'Show what the retention of a policy would let go',
    permission: 'repository:check',
    object: 'policy',
    params,
    answer: accepted,
    status: 202,
    example: { params: { policy: 'school' }, answer: exampleAccepted },
    errors: ['POLICY_UNKNOWN'],
  }),
  applyRetention: operation({
    method: 'POST',
    path: '/api/v1/policies/{policy}/retentions',
    topic,
    summary: 'Apply the retention of a policy now',
    details: 'Nothing is deleted while the brake is on, or before a lock has ended.',
    permission: 'repository:prune',
    object: 'policy',
    params,
    answer: accepted,
    status: 202,
    example: { params: { policy: 'school' }, answer: exampleAccepted },
    errors: ['POLICY_UNKNOWN', 'BRAKE_ON'],
  }),
  getNextRuns: operation({
    method: 'GET',
    path: '/api/v1/policies/{policy}/next-runs',
    topic,
    summary: 'When it runs next, and why',
    permission: 'policy:read',
    object: 'policy',
    params,
    query: z.strictObject({ count: countInQuery(50).optional() }),
    answer: z.strictObject({
      state: z.enum(['off', 'manual', 'planned', 'waiting', 'queued', 'running', 'over', 'unplanned']).meta({
        description:
          'off: disabled. manual: only when somebody asks. planned: at startAt. waiting: for the run of waitsFor. queued: for a worker. ' +
          'over: the schedule has ended. unplanned: no scheduler has looked at it yet.',
      }),
      schedule: z.string(),
      zone: z.string(),
      due: instant.optional(),
      startAt: instant.optional(),
      missed: z.int().min(0).optional(),
      waitsFor: z.string().optional(),
      because: z.array(z.strictObject({ rule: z.string(), intervalMs: z.int().min(0) })).optional(),
      /** Due times by the schedule, without its windows. */
      times: z.array(instant),
    }),
    example: {
      params: { policy: 'school' },
      query: { count: '2' },
      answer: {
        state: 'planned',
        schedule: '0 2 * * *',
        zone: 'Europe/Zurich',
        due: '2026-11-22T01:00:00.000Z',
        startAt: '2026-11-22T01:00:00.000Z',
        missed: 0,
        times: ['2026-11-22T01:00:00.000Z', '2026-11-23T01:00:00.000Z'],
      },
    },
    errors: ['POLICY_UNKNOWN'],
  }),
  explainSchedule: operation({
    method: 'GET',
    path: '/api/v1/schedules/explanation',
    topic,
    summary: 'What a schedule means: in both dialects, and when it is due next',
    details:
      'Takes what a policy takes: classic cron, `cron(…)` and `rate(…)`. Without a zone, the zone of the configuration. ' +
      'A `note` tells of a time that the clock leaves out (`skipped`) or has twice (`first`, `again`).',
    permission: 'policy:read',
    query: z.strictObject({
      schedule: z.string().min(1).max(500),
      zone: z.string().min(1).max(100).optional(),
      after: instant.optional(),
      count: countInQuery(100).optional(),
    }),
    answer: z.strictObject({
      schedule: z.string(),
      crontab: z.string().optional().meta({ description: 'Absent where cron cannot say it.' }),
      aws: z.string().optional().meta({ description: 'Absent where AWS cannot say it.' }),
      zone: z.string(),
      next: z.array(z.strictObject({ at: instant, note: z.enum(['skipped', 'first', 'again']).optional() })),
    }),
    example: {
      query: { schedule: 'cron(0 2 * * ? *)', zone: 'Europe/Zurich', count: '1' },
      answer: {
        schedule: 'cron(0 2 * * ? *)',
        crontab: '0 2 * * *',
        aws: 'cron(0 2 * * ? *)',
        zone: 'Europe/Zurich',
        next: [{ at: '2026-11-22T01:00:00.000Z' }],
      },
    },
    errors: ['INVALID_SCHEDULE'],
  }),
};
