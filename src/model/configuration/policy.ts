// A policy: what is protected, where to, when, how long it is kept, how it is proven, and whom to tell.

import { z } from 'zod';
import type { RetentionPolicy } from '../retention.ts';
import { contradictionsOf } from './contradictions.ts';
import {
  allowedHours,
  barredHours,
  duration,
  name,
  rates,
  schedule,
  secretReference,
  size,
  span,
  words,
  zone,
} from './fields.ts';

/** One kind of source and what it needs; fields of other kinds are refused. Paths are absolute. */
const absolutePath = z.string().regex(/^\//, 'must be an absolute path');

const walk = {
  paths: z.array(absolutePath).min(1).max(1000),
  exclude: z.array(z.string()).max(10_000).optional(),
  excludeFiles: z.array(absolutePath).optional(),
  excludeCaches: z.boolean().optional(),
  excludeLargerThan: size.optional(),
  oneFileSystem: z.boolean().optional(),
};

export const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('files'), ...walk }),
  z.strictObject({ kind: z.literal('keys'), ...walk }),
  z
    .strictObject({
      kind: z.literal('vault'),
      address: z.url({ protocol: /^https?$/ }),
      namespace: words.optional(),
      ca: absolutePath.optional(),
      /** How we are let in: one of the two. */
      token: secretReference.optional(),
      appRole: z
        .strictObject({ roleId: words, secretId: secretReference, mount: words.default('approle') })
        .optional(),
    })
    .refine(
      ({ token, appRole }) => (token === undefined) !== (appRole === undefined),
      'needs either "token" or "appRole"',
    ),
  z.strictObject({ kind: z.literal('secrets-manager'), region: words, prefix: words.optional() }),
  z.strictObject({
    kind: z.literal('ssm'),
    region: words.optional(),
    path: z.string().regex(/^\//, 'must begin with a slash'),
  }),
  z.strictObject({ kind: z.literal('kms-policies'), region: words.optional() }),
  /** What Holdfast itself remembers. */
  z.strictObject({ kind: z.literal('catalog') }),
]);

/** At least one rule; `none` keeps everything for good. */
export const retentionSchema = z.union([
  z.literal('none'),
  z
    .strictObject({
      keepLast: z.int().min(1).optional(),
      keepHourly: z.int().min(1).optional(),
      keepDaily: z.int().min(1).optional(),
      keepWeekly: z.int().min(1).optional(),
      keepMonthly: z.int().min(1).optional(),
      keepYearly: z.int().min(1).optional(),
      keepWithin: duration.optional(),
      keepTags: z.array(words).min(1).optional(),
      maxBackups: z.int().min(1).optional(),
      retentionDays: z.int().min(1).optional(),
    })
    .refine((rules) => Object.values(rules).some((rule) => rule !== undefined), 'has no rule'),
]);

/** How often again after a failure, and how long to wait the first time; each wait is twice the one before, an hour at most. */
const retrySchema = z.strictObject({
  attempts: z.int().min(1).max(20).default(3),
  backoff: span.default(300_000),
});

/** Instead of fixed times: as often as changes and the RPO ask for, within bounds. */
const adaptiveSchema = z.strictObject({
  least: span.default(900_000),
  most: span.default(86_400_000),
  changePercent: z.int().min(1).max(100).default(1),
});

export const policySchema = z
  .strictObject({
    description: words.optional(),
    enabled: z.boolean().default(true),
    sources: z.array(sourceSchema).min(1),
    /** The first takes what is read; the others get copies of it, so that the source is read once. */
    repositories: z.array(name).min(1),
    /** "manual": only when somebody asks. "adaptive": see `adaptive`. */
    schedule: z.union([z.literal('manual'), z.literal('adaptive'), schedule]),
    adaptive: adaptiveSchema.optional(),
    zone: zone.optional(),
    allowed: allowedHours.optional(),
    barred: barredHours.optional(),
    jitter: span.default(0),
    catchUp: z.enum(['once', 'never']).default('once'),
    /** No more than this may be lost; the backup is too old when its newest recovery point is older. */
    rpo: span.default(26 * 3_600_000),
    /** No longer than this may a restore take. */
    rto: span.default(4 * 3_600_000),
    priority: z.int().min(-100).max(100).default(0),
    /** Names the thing that only so many runs may read at a time, such as a database host; its own sources when absent. */
    source: name.optional(),
    concurrency: z.int().min(1).max(64).default(1),
    /** A run ends as failed after that. */
    timeout: span.default(24 * 3_600_000),
    retry: retrySchema.prefault({}),
    after: z.array(name).default([]),
    upload: rates.optional(),
    /** As `--compression` takes it: "auto", "none", or a codec with its level such as "zstd:9". */
    compression: z
      .string()
      .regex(
        /^[a-z][a-z0-9]{1,15}(?::-?\d{1,3})?$/,
        'must be "auto", "none", or a codec with its level such as "zstd:9"',
      )
      .optional(),
    tags: z.array(words).default([]),
    /** Nobody, not even an administrator, deletes a recovery point before. */
    lock: span.optional(),
    retention: retentionSchema,
    /** When retention is applied and the space given back; after each backup when absent. */
    prune: schedule.optional(),
    /** Every stored byte is read within that time, a part of it each day. */
    everyByteWithin: span.default(30 * 86_400_000),
    /** Channels for what concerns this policy; the routes of `alerts` when absent. */
    tell: z.array(name).optional(),
    /** A dead-man switch that hears of each run. */
    heartbeat: name.optional(),
    /** Which data it is, for reports: "personal" is what privacy laws speak of. */
    dataClass: z.enum(['public', 'internal', 'personal', 'keys']).default('internal'),
    anomalies: z.enum(['watch', 'off']).default('watch'),
  })
  .superRefine((policy, refused) => {
    for (const { path, message } of contradictionsOf(policy)) {
      refused.addIssue({ code: 'custom', path, message });
    }
  });

/** As written: what the catalog keeps. */
export type PolicyInput = z.input<typeof policySchema>;
/** As read: defaults filled in, spans in milliseconds, sizes in bytes. */
export type PolicyRules = z.output<typeof policySchema>;
export type SourceRules = z.output<typeof sourceSchema>;

/** Undefined: everything is kept. */
export function retentionOf(policy: Pick<PolicyRules, 'retention'>): RetentionPolicy | undefined {
  if (policy.retention === 'none') return undefined;
  const entries = Object.entries(policy.retention).filter(([, rule]) => rule !== undefined);
  return Object.fromEntries(entries) as RetentionPolicy;
}
