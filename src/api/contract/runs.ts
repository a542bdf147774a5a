// Runs of policies, and the tasks of the queue: what is done now, what was done, and how it ended.

import { z } from 'zod';
import { name } from '../../model/configuration/fields.ts';
import {
  countInQuery,
  exampleId,
  exampleInstant,
  flagInQuery,
  id,
  instant,
  operation,
  page,
  pageOf,
} from './operation.ts';

const topic = 'Runs';

export const outcome = z.enum(['succeeded', 'partial', 'failed', 'canceled']);

export const run = z.strictObject({
  id,
  policy: z.string(),
  dueAt: instant,
  attempt: z.int().min(1),
  state: z.enum(['running', 'ended']),
  outcome: outcome.optional(),
  startedAt: instant,
  endedAt: instant.optional(),
  node: z.string(),
  counts: z.record(z.string(), z.number()),
  problems: z.int().min(0),
  failure: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});

const example = {
  id: exampleId,
  policy: 'school',
  dueAt: exampleInstant,
  attempt: 1,
  state: 'ended' as const,
  outcome: 'succeeded' as const,
  startedAt: exampleInstant,
  endedAt: '2026-11-21T19:00:09.120Z',
  node: 'server',
  counts: { entries: 1200, sourceBytes: 73_400_320 },
  problems: 0,
};

export const task = z.strictObject({
  id,
  kind: z.string(),
  state: z.enum(['waiting', 'claimed', 'done']),
  priority: z.int(),
  dueAt: instant,
  claims: z.int().min(0),
  node: z.string().optional(),
  policy: z.string().optional(),
  /** Somebody wants it to stop; it may still be on its way. */
  canceled: z.strictObject({ by: z.string(), at: instant }).optional(),
  /** Once it is done: what its kind has to say. */
  result: z.json().optional(),
});

const exampleTask = {
  id: exampleId,
  kind: 'browse',
  state: 'done' as const,
  priority: 50,
  dueAt: exampleInstant,
  claims: 1,
  node: 'server',
  policy: 'school',
  result: { entries: [] },
};

const canceling = z.strictObject({
  task: id,
  state: z.enum(['ended', 'stopping']).meta({
    description: '`stopping`: it is at work, and its process is told within seconds; look at the task.',
  }),
  look: z.string(),
});

const exampleCanceling = {
  task: exampleId,
  state: 'stopping' as const,
  look: `/api/v1/tasks/${exampleId}`,
};

export const runs = {
  listRuns: operation({
    method: 'GET',
    path: '/api/v1/runs',
    topic,
    summary: 'List runs, newest first',
    permission: 'run:read',
    query: z.strictObject({ ...page, policy: name.optional(), outcome: outcome.optional() }),
    answer: pageOf(run),
    example: { query: { policy: 'school', limit: '20' }, answer: { items: [example] } },
  }),
  getRun: operation({
    method: 'GET',
    path: '/api/v1/runs/{run}',
    topic,
    summary: 'Show a run',
    permission: 'run:read',
    object: 'run',
    params: z.strictObject({ run: id }),
    answer: run,
    example: { params: { run: exampleId }, answer: example },
    errors: ['RUN_UNKNOWN'],
  }),
  listRunProblems: operation({
    method: 'GET',
    path: '/api/v1/runs/{run}/problems',
    topic,
    summary: 'List what a run had trouble with, in its order',
    permission: 'log:read',
    object: 'run',
    params: z.strictObject({ run: id }),
    query: z.strictObject(page),
    answer: pageOf(z.strictObject({ path: z.string(), code: z.string(), message: z.string() })),
    example: {
      params: { run: exampleId },
      query: {},
      answer: {
        items: [
          { path: '/srv/school/locked.db', code: 'FILE_CHANGED', message: 'changed while it was read' },
        ],
      },
    },
    errors: ['RUN_UNKNOWN'],
  }),
  readRunLog: operation({
    method: 'GET',
    path: '/api/v1/runs/{run}/log',
    topic,
    summary: 'Read the log of a run, a line of JSON each, or listen to it',
    details:
      'The last lines, oldest first. With `follow` it goes on with what is written, until the run has ended. The log lies on the machine that did the run; where another one answers, it says so.',
    permission: 'log:read',
    object: 'run',
    params: z.strictObject({ run: id }),
    query: z.strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .optional()
        .meta({ description: 'At least so severe.' }),
      limit: countInQuery(5000).optional().meta({ description: 'Lines of the past: 200 when left out.' }),
      follow: flagInQuery.optional(),
    }),
    answer: z.string(),
    media: 'application/x-ndjson',
    example: {
      params: { run: exampleId },
      query: { level: 'info', limit: '50' },
      answer: `{"at":"${exampleInstant}","level":"info","policy":"school","message":"backup begins"}\n`,
    },
    errors: ['RUN_UNKNOWN', 'LOG_ELSEWHERE'],
  }),
  cancelRun: operation({
    method: 'POST',
    path: '/api/v1/runs/{run}/cancellation',
    topic,
    summary: 'Stop a run',
    details:
      'It ends as `canceled`. What it has published until then stays, and is listed with the recovery points; its due time is not tried again.',
    permission: 'run:cancel',
    object: 'run',
    params: z.strictObject({ run: id }),
    answer: canceling,
    status: 202,
    example: { params: { run: exampleId }, answer: exampleCanceling },
    errors: ['RUN_UNKNOWN', 'RUN_ENDED', 'TASK_DONE'],
  }),
  listTasks: operation({
    method: 'GET',
    path: '/api/v1/tasks',
    topic,
    summary: 'List tasks of the queue, newest first',
    permission: 'run:read',
    query: z.strictObject({ ...page, state: z.enum(['waiting', 'claimed', 'done']).optional() }),
    answer: pageOf(task),
    example: { query: { state: 'waiting' }, answer: { items: [exampleTask] } },
  }),
  getTask: operation({
    method: 'GET',
    path: '/api/v1/tasks/{task}',
    topic,
    summary: 'Show a task and, once it is done, its result',
    permission: 'run:read',
    object: 'task',
    own: true,
    params: z.strictObject({ task: id }),
    answer: task,
    example: { params: { task: exampleId }, answer: exampleTask },
    errors: ['TASK_UNKNOWN'],
  }),
  cancelTask: operation({
    method: 'POST',
    path: '/api/v1/tasks/{task}/cancellation',
    topic,
    summary: 'Take a task out of the queue, or stop it where it is at work',
    details: 'Messages, witnesses and looks after health are stopped by nobody.',
    permission: 'run:cancel',
    object: 'task',
    own: true,
    params: z.strictObject({ task: id }),
    answer: canceling,
    status: 202,
    example: { params: { task: exampleId }, answer: exampleCanceling },
    errors: ['TASK_UNKNOWN', 'TASK_DONE', 'TASK_NOT_CANCELABLE'],
  }),
};
