// Recovery points: "this source as of then", with the copies it has, and what one does with them.

import { z } from 'zod';
import { name } from '../../model/configuration/fields.ts';
import {
  accepted,
  exampleAccepted,
  exampleId,
  exampleInstant,
  id,
  instant,
  operation,
  page,
  pageOf,
  remark,
} from './operation.ts';

const topic = 'Recovery points';
const params = z.strictObject({ point: id });

const copy = z.strictObject({
  repository: z.string(),
  snapshot: z.string(),
  storage: z.string(),
  arrivedAt: instant,
  verifiedAt: instant.optional(),
  verifiedLevel: z.int().min(1).max(4).optional(),
  provenAt: instant.optional(),
  lockedUntil: instant.optional(),
  removedAt: instant.optional(),
});

export const recoveryPoint = z.strictObject({
  id,
  policy: z.string().optional(),
  source: z.string(),
  takenAt: instant,
  outcome: z.enum(['succeeded', 'partial']),
  entries: z.int().min(0),
  bytes: z.int().min(0),
  keptUntil: instant.optional(),
  hold: z.strictObject({ reason: z.string(), actor: z.string(), since: instant }).optional(),
  copies: z.array(copy),
});

const example = {
  id: exampleId,
  policy: 'school',
  source: 'server:/srv/school',
  takenAt: exampleInstant,
  outcome: 'succeeded' as const,
  entries: 1200,
  bytes: 73_400_320,
  copies: [
    {
      repository: 'main',
      snapshot: '5f0c9a7e41d2',
      storage: 'file',
      arrivedAt: exampleInstant,
      verifiedAt: exampleInstant,
      verifiedLevel: 3,
    },
  ],
};

/** A path inside of a recovery point: never one of this machine. */
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), 'has a NUL');

const pattern = z.string().min(1).max(1000);

export const recoveryPoints = {
  listRecoveryPoints: operation({
    method: 'GET',
    path: '/api/v1/recovery-points',
    topic,
    summary: 'List recovery points, newest first',
    permission: 'recovery-point:read',
    query: z.strictObject({
      ...page,
      policy: name.optional(),
      source: z.string().min(1).max(1000).optional(),
      takenFrom: instant.optional(),
      takenBefore: instant.optional(),
    }),
    answer: pageOf(recoveryPoint),
    example: { query: { policy: 'school' }, answer: { items: [example] } },
  }),
  getRecoveryPoint: operation({
    method: 'GET',
    path: '/api/v1/recovery-points/{point}',
    topic,
    summary: 'Show a recovery point with its copies',
    permission: 'recovery-point:read',
    object: 'recovery-point',
    params,
    answer: recoveryPoint,
    example: { params: { point: exampleId }, answer: example },
    errors: ['RECOVERY_POINT_UNKNOWN'],
  }),
  holdRecoveryPoint: operation({
    method: 'PUT',
    path: '/api/v1/recovery-points/{point}/hold',
    topic,
    summary: 'Hold a recovery point: nothing deletes it',
    permission: 'recovery-point:hold',
    object: 'recovery-point',
    params,
    body: z.strictObject({ reason: remark }),
    answer: recoveryPoint,
    example: {
      params: { point: exampleId },
      body: { reason: 'Inquiry of 20 November' },
      answer: {
        ...example,
        hold: { reason: 'Inquiry of 20 November', actor: 'user:mara', since: exampleInstant },
      },
    },
    errors: ['RECOVERY_POINT_UNKNOWN', 'RECOVERY_POINT_LEAVING'],
  }),
  releaseRecoveryPoint: operation({
    method: 'DELETE',
    path: '/api/v1/recovery-points/{point}/hold',
    topic,
    summary: 'End the hold of a recovery point',
    permission: 'recovery-point:delete',
    object: 'recovery-point',
    params,
    answer: recoveryPoint,
    example: { params: { point: exampleId }, answer: example },
    errors: ['RECOVERY_POINT_UNKNOWN'],
  }),
  forgetRecoveryPoint: operation({
    method: 'POST',
    path: '/api/v1/recovery-points/{point}/removals',
    topic,
    summary: 'Forget a recovery point: its copies are deleted',
    details:
      'Nothing is deleted that is held or locked, while the brake is on, or in a repository in which a check has found damage. What is really gone is the result of the task; its space is given back by the next pruning.',
    permission: 'recovery-point:delete',
    object: 'recovery-point',
    params,
    body: z.strictObject({ reason: remark }),
    answer: accepted,
    status: 202,
    example: {
      params: { point: exampleId },
      body: { reason: 'Asked for by the person whose data it is' },
      answer: exampleAccepted,
    },
    errors: ['RECOVERY_POINT_UNKNOWN', 'RECOVERY_POINT_GONE', 'RECOVERY_POINT_HELD', 'BRAKE_ON'],
  }),
  browseRecoveryPoint: operation({
    method: 'POST',
    path: '/api/v1/recovery-points/{point}/browsings',
    topic,
    summary: 'List a folder of a recovery point',
    details: 'The entries are the result of the task.',
    permission: 'recovery-point:browse',
    object: 'recovery-point',
    params,
    body: z.strictObject({ path: path.default('/') }),
    answer: accepted,
    status: 202,
    example: { params: { point: exampleId }, body: { path: '/srv/school' }, answer: exampleAccepted },
    errors: ['RECOVERY_POINT_UNKNOWN', 'RECOVERY_POINT_GONE'],
  }),
  findInRecoveryPoint: operation({
    method: 'POST',
    path: '/api/v1/recovery-points/{point}/searches',
    topic,
    summary: 'Find entries of a recovery point by pattern',
    details: 'The matches are the result of the task. Patterns are matched with the tree, never with a disk.',
    permission: 'recovery-point:browse',
    object: 'recovery-point',
    params,
    body: z.strictObject({ patterns: z.array(pattern).min(1).max(100) }),
    answer: accepted,
    status: 202,
    example: { params: { point: exampleId }, body: { patterns: ['**/*.odt'] }, answer: exampleAccepted },
    errors: ['RECOVERY_POINT_UNKNOWN', 'RECOVERY_POINT_GONE'],
  }),
  compareRecoveryPoints: operation({
    method: 'POST',
    path: '/api/v1/recovery-points/{point}/comparisons',
    topic,
    summary: 'Tell what is otherwise than in another recovery point',
    details:
      'Both need a copy in the same repository, and the right to look into both. The result of the task: `entries`, each with `path`, `change` ' +
      '(added, removed, content, metadata, kind) and `bytes`, 500 at most in the order of their paths; with `hasMore`, ask below a folder or after a path.',
    permission: 'recovery-point:browse',
    object: 'recovery-point',
    params,
    body: z.strictObject({ older: id, path: path.default('/'), after: path.optional() }),
    answer: accepted,
    status: 202,
    example: {
      params: { point: exampleId },
      body: { older: exampleId, path: '/srv/school' },
      answer: exampleAccepted,
    },
    errors: ['RECOVERY_POINT_UNKNOWN', 'RECOVERY_POINT_GONE'],
  }),
  prepareDownload: operation({
    method: 'POST',
    path: '/api/v1/recovery-points/{point}/downloads',
    topic,
    summary: 'Look up a file or folder of a recovery point to download it',
    details:
      'The result of the task says what it is and how it will be called; then it is at `/api/v1/downloads/{task}`. A folder becomes an archive of the format.',
    permission: 'recovery-point:download',
    object: 'recovery-point',
    params,
    body: z.strictObject({
      path,
      /** Of a folder; a file comes as it is. */
      format: z.enum(['tar', 'tar.gz', 'zip']).default('zip'),
      repository: name.optional(),
    }),
    answer: accepted,
    status: 202,
    example: {
      params: { point: exampleId },
      body: { path: '/srv/school/timetable.ods' },
      answer: exampleAccepted,
    },
    errors: ['RECOVERY_POINT_UNKNOWN', 'RECOVERY_POINT_GONE'],
  }),
  download: operation({
    method: 'GET',
    path: '/api/v1/downloads/{download}',
    topic,
    summary: 'Download what a task has looked up',
    details:
      'Only for who asked for it. It comes as an attachment under its own name, read and proven piece by piece from the repository. What cannot be read to the end breaks off: an answer that ends as HTTP says is whole. A file also comes in parts: with `Range: bytes=FROM-TO`, `FROM-` or `-LAST` the answer is 206 with that one range, or 416 where nothing lies in it; `If-Range` takes the ETag. Other ranges, and those of archives, are passed over.',
    permission: 'recovery-point:download',
    object: 'download',
    params: z.strictObject({ download: id }),
    answer: z.string(),
    media: 'application/octet-stream',
    audited: true,
    example: { params: { download: exampleId }, answer: 'the bytes of the file' },
    errors: ['TASK_UNKNOWN', 'DOWNLOAD_NOT_READY', 'DOWNLOADS_OFF', 'RANGE_UNSATISFIABLE'],
  }),
  restoreRecoveryPoint: operation({
    method: 'POST',
    path: '/api/v1/recovery-points/{point}/restores',
    topic,
    summary: 'Restore a recovery point, or a part of it, into a folder',
    details:
      'The folder must be below one that the configuration allows (`api.restoreRoots`), and what is there already is never replaced.',
    permission: 'recovery-point:restore',
    object: 'recovery-point',
    params,
    body: z.strictObject({
      target: z
        .string()
        .max(4096)
        .regex(/^\/[^\0]*$/, 'must be an absolute path'),
      /** All of it when left out. */
      include: z.array(pattern).min(1).max(1000).optional(),
      repository: name.optional(),
    }),
    answer: accepted,
    status: 202,
    example: {
      params: { point: exampleId },
      body: { target: '/srv/restored', include: ['/srv/school/timetable.ods'] },
      answer: exampleAccepted,
    },
    errors: ['RECOVERY_POINT_UNKNOWN', 'RECOVERY_POINT_GONE', 'RESTORE_TARGET_OUTSIDE'],
  }),
};
