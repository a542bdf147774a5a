// What tasks carry, and how they are named so that wanting the same twice is one task.

import { z } from 'zod';
import type { Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import type { Policy } from '../../catalog/policies.ts';
import type { NewTask } from '../../catalog/queue.ts';
import { type PolicyRules, policySchema } from '../../model/configuration/policy.ts';

const instant = z.int().min(0);

export const backupPayload = z.strictObject({
  policyId: z.string(),
  due: instant,
  /** Earlier due times that this run makes up for. */
  missed: z.int().min(0),
  /** Who asked; absent when the schedule did. */
  actor: z.string().optional(),
});
export type BackupPayload = z.output<typeof backupPayload>;

export const retentionPayload = z.strictObject({
  policyId: z.string(),
  due: instant,
  dryRun: z.boolean().default(false),
  actor: z.string().optional(),
});
export type RetentionPayload = z.output<typeof retentionPayload>;

export const checkPayload = z.strictObject({
  repository: z.string(),
  /** Share of the stored bytes to read, those first that were read longest ago; all when absent. */
  millionths: z.int().min(1).max(1_000_000).optional(),
  actor: z.string().optional(),
});
export type CheckPayload = z.output<typeof checkPayload>;

export const restorePayload = z.strictObject({
  repository: z.string(),
  snapshot: z.string(),
  /** Inside the snapshot, as people write it; its content lands in the target. */
  path: z.string().optional(),
  target: z.string(),
  include: z.array(z.string()).default([]),
  verify: z.boolean().default(true),
  dryRun: z.boolean().default(false),
  actor: z.string(),
});
export type RestorePayload = z.output<typeof restorePayload>;

export const browsePayload = z.strictObject({
  repository: z.string(),
  snapshot: z.string(),
  /** The folder that is listed; the top when absent. */
  path: z.string().optional(),
  /** Searches the whole snapshot for these patterns instead of listing a folder. */
  find: z.array(z.string()).optional(),
  /** Tells what is otherwise than in this snapshot instead of what is there. */
  older: z.string().optional(),
  /** Entries up to this name, or path of a search, are left out. */
  after: z.string().optional(),
  limit: z.int().min(1).max(1000).default(500),
  actor: z.string(),
});
export type BrowsePayload = z.output<typeof browsePayload>;

export const downloadPayload = z.strictObject({
  policyId: z.string().optional(),
  repository: z.string(),
  snapshot: z.string(),
  path: z.string(),
  format: z.enum(['tar', 'tar.gz', 'zip']),
  actor: z.string(),
});
export type DownloadPayload = z.output<typeof downloadPayload>;

export const rotationPayload = z.strictObject({ repository: z.string() });

export const forgetPayload = z.strictObject({
  point: z.string(),
  policyId: z.string().optional(),
  /** Those that were there when it was asked for. */
  copies: z.array(z.strictObject({ repository: z.string(), snapshot: z.string() })).min(1),
  actor: z.string(),
});
export type ForgetPayload = z.output<typeof forgetPayload>;

export const prunePayload = z.strictObject({ repository: z.string(), actor: z.string() });
export type PrunePayload = z.output<typeof prunePayload>;

export const repairPayload = z.strictObject({
  repository: z.string(),
  dryRun: z.boolean(),
  actor: z.string(),
});
export type RepairPayload = z.output<typeof repairPayload>;

export const questionPayload = z.strictObject({ repository: z.string(), actor: z.string() });
export type QuestionPayload = z.output<typeof questionPayload>;

export const catalogQuestionPayload = z.strictObject({
  publicKeys: z.array(z.string()).optional(),
  actor: z.string(),
});
export type CatalogQuestionPayload = z.output<typeof catalogQuestionPayload>;

export const listPayload = z.strictObject({ repository: z.string(), actor: z.string().optional() });
export type ListPayload = z.output<typeof listPayload>;

/** usage/INVALID_TASK for what another version, or somebody else, has put into the queue. */
export function readPayload<Payload>(schema: z.ZodType<Payload>, kind: string, payload: JsonValue): Payload {
  const read = schema.safeParse(payload);
  if (read.success) return read.data;
  throw new Failure('usage', 'INVALID_TASK', `a task of kind "${kind}" says what nobody understands`, {
    hint: 'Let all nodes run the same version of Holdfast.',
  });
}

/** Without what is not said. */
export function plain(payload: Readonly<Record<string, JsonValue | undefined>>): {
  readonly [field: string]: JsonValue;
} {
  const known = Object.entries(payload).filter(
    (entry): entry is [string, JsonValue] => entry[1] !== undefined,
  );
  return Object.fromEntries(known);
}

/** As the catalog keeps it, read with defaults. */
export function rulesOf(policy: Policy): PolicyRules {
  const read = policySchema.safeParse(policy.config);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  const why = `${path.join('.')}: ${message}`;
  throw new Failure('usage', 'POLICY_UNREADABLE', `the policy "${policy.name}" cannot be used: ${why}`, {
    hint: 'Apply the configuration again: holdfast config apply',
  });
}

export function backupKey(policyId: string, due: Instant): string {
  return `${policyId}@${due}`;
}

/** While it is open, retention of the policy waits. */
export function unobservedAlert({ name }: Pick<Policy, 'name'>): string {
  return `unobserved:${name}`;
}

export function retentionKey(policyId: string, due: Instant): string {
  return `${policyId}/retention@${due}`;
}

export function backupTask(policy: Policy, payload: BackupPayload, extraPriority = 0): NewTask {
  const rules = rulesOf(policy);
  return {
    kind: 'backup',
    key: backupKey(policy.id, payload.due),
    payload: plain(payload),
    priority: rules.priority + extraPriority,
    source: rules.source ?? policy.id,
    sourceLimit: rules.concurrency,
  };
}

/** Below all backups: what is not saved yet matters more than space. */
export function retentionTask(policyId: string, payload: RetentionPayload): NewTask {
  return {
    kind: 'retention',
    key: retentionKey(policyId, payload.due),
    payload: plain(payload),
    priority: -1000,
    source: `retention:${policyId}`,
  };
}
