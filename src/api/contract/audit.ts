// The audit trail, to look at and to take along. Reading it is written into it.

import { z } from 'zod';
import {
  accepted,
  exampleAccepted,
  exampleInstant,
  facts,
  instant,
  operation,
  page,
  pageOf,
} from './operation.ts';

const topic = 'Audit';

const filter = {
  actor: z.string().min(1).max(200).optional(),
  action: z.string().min(1).max(200).optional(),
  from: instant.optional(),
  before: instant.optional(),
};

const entry = z.strictObject({
  stream: z.string(),
  seq: z.int().min(1),
  at: instant,
  actor: z.string(),
  method: z.string(),
  address: z.string().optional(),
  action: z.string(),
  object: z.string().optional(),
  outcome: z.enum(['succeeded', 'failed', 'refused']),
  request: z.string().optional(),
  facts: facts.optional(),
  hash: z.string(),
});

const example = {
  stream: 'server',
  seq: 42,
  at: exampleInstant,
  actor: 'user:mara',
  method: 'session',
  address: '192.0.2.7',
  action: 'policy:run',
  object: 'policy:school',
  outcome: 'succeeded' as const,
  hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

export const audit = {
  listAudit: operation({
    method: 'GET',
    path: '/api/v1/audit',
    topic,
    summary: 'List entries of the audit trail, newest first',
    permission: 'audit:read',
    audited: true,
    query: z.strictObject({ ...page, ...filter }),
    answer: pageOf(entry),
    example: { query: { actor: 'user:mara' }, answer: { items: [example] } },
  }),
  verifyAudit: operation({
    method: 'POST',
    path: '/api/v1/audit/verifications',
    topic,
    summary: 'Look through the audit trail for what was changed, taken out or put in',
    details:
      'The result of the task: how many `streams`, `entries`, `thinned`, `roots` and `unsigned` there are, how much was `found`, and the first of it as `findings`, each with `stream`, `first`, `last` and `trouble`. A server can only speak for itself: who does not trust it verifies on another machine what was exported or heard by a witness.',
    permission: 'audit:read',
    body: z.strictObject({
      /** Of nodes, as noted elsewhere; without them those in the trail are believed. */
      publicKeys: z
        .array(z.string().regex(/^[A-Za-z0-9+/]{40,120}={0,2}$/, 'is no public key'))
        .min(1)
        .max(100)
        .optional(),
    }),
    answer: accepted,
    status: 202,
    example: { body: {}, answer: exampleAccepted },
  }),
  checkCatalog: operation({
    method: 'POST',
    path: '/api/v1/catalog/checks',
    topic: 'Catalog',
    summary: 'Prove that the database under the catalog is sound',
    details:
      'On SQLite all pages and references, on PostgreSQL, which checks its own, that all tables answer. The result of the task: `kind` and `troubles`, a line each.',
    permission: 'configuration:read',
    answer: accepted,
    status: 202,
    example: { answer: exampleAccepted },
  }),
  exportAudit: operation({
    method: 'GET',
    path: '/api/v1/audit/export',
    topic,
    summary: 'Take the audit trail along, in lines that "holdfast catalog audit verify --earlier" takes',
    permission: 'audit:export',
    audited: true,
    media: 'application/x-ndjson',
    answer: z.string(),
    example: { answer: '{"kind":"entry"}\n' },
  }),
};
