// What jobs are told, and what they answer: light, so that the control process need not load the jobs themselves.

import { z } from 'zod';
import type { JsonValue } from '../../base/jcs.ts';
import type { Observations } from '../../model/anomalies/observations.ts';
import { name, words } from '../../model/configuration/fields.ts';
import { repositorySchema } from '../../model/configuration/places.ts';
import { retentionSchema, sourceSchema } from '../../model/configuration/policy.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';

/** A repository as the configuration names and describes it. */
export const namedRepository = z.strictObject({ name, rules: repositorySchema });
export type NamedRepository = z.output<typeof namedRepository>;

/** For an order: what stands in it is JSON already. */
export function asJson(repository: NamedRepository): { readonly [field: string]: JsonValue } {
  return repository as unknown as { readonly [field: string]: JsonValue };
}

/** By it retention and copies know which snapshots are a policy's, on whichever machine they were made. */
export function policyTag(policy: string): string {
  return `policy:${policy}`;
}

export function isOfPolicy({ tags, confirmed }: ListedSnapshot, policy: string): boolean {
  return confirmed && tags.includes(policyTag(policy));
}

export const backupOrder = z.strictObject({
  policy: name,
  /** When the first attempt at this due time began: snapshots of the policy since then are of this run. */
  since: z.int().min(0),
  isRepeated: z.boolean(),
  /** As written. */
  sources: z.array(sourceSchema).min(1),
  /** The first one takes what is read. */
  repositories: z.array(namedRepository).min(1),
  /** In folders of this machine, which must not save themselves. */
  skip: z.array(namedRepository),
  tags: z.array(words),
  compression: z.string().optional(),
  retainUntil: z.int().optional(),
  /** Paths of files that nobody has a reason to touch. */
  canaries: z.array(z.string()).default([]),
});
export type BackupOrder = z.output<typeof backupOrder>;
export type BackupOrderInput = z.input<typeof backupOrder>;

const copyResult = z.object({
  repository: z.string(),
  snapshot: z.string(),
  storage: z.string(),
  arrivedAt: z.number(),
  /** Only where the storage itself refuses to delete it. */
  lockedUntil: z.number().optional(),
});

/** What the catalog is told. */
export const backupResult = z.object({
  points: z.array(
    z.object({
      source: z.string(),
      takenAt: z.number(),
      outcome: z.enum(['succeeded', 'partial']),
      entries: z.number(),
      bytes: z.number(),
      copies: z.array(copyResult),
    }),
  ),
  /** Snapshots of earlier runs that a repository got now; it had missed them. */
  later: z.array(copyResult.extend({ of: z.object({ repository: z.string(), snapshot: z.string() }) })),
  /** What anomalies are told from; absent where nothing was saved anew. */
  observations: z.custom<Observations>((given) => typeof given === 'object' && given !== null).optional(),
  /** Something was saved by an attempt that died before it could tell what it observed. */
  unobserved: z.boolean().default(false),
  /** Repositories that did not get what they should. */
  behind: z.array(z.object({ repository: z.string(), code: z.string(), message: z.string() })),
});
export type BackupResult = z.output<typeof backupResult>;

export const retentionOrder = z.strictObject({
  policy: name,
  /** As written. */
  retention: retentionSchema,
  repositories: z.array(
    z.strictObject({
      ...namedRepository.shape,
      /** Ids of snapshots that a person holds. */
      held: z.array(z.string()),
    }),
  ),
  zone: z.string(),
  run: z.string(),
  dryRun: z.boolean(),
});
export type RetentionOrder = z.output<typeof retentionOrder>;

export const retentionResult = z.object({
  repositories: z.array(
    z.object({
      repository: z.string(),
      forgotten: z.array(z.object({ snapshot: z.string(), reason: z.string() })),
      kept: z.number(),
      bytesFreed: z.number(),
    }),
  ),
  /** Repositories where it was not applied. */
  failed: z.array(z.object({ repository: z.string(), code: z.string(), message: z.string() })),
});
export type RetentionResult = z.output<typeof retentionResult>;

export const forgetOrder = z.strictObject({
  repositories: z.array(z.strictObject({ ...namedRepository.shape, snapshots: z.array(z.string()).min(1) })),
  run: z.string(),
});
export type ForgetOrder = z.output<typeof forgetOrder>;

const copyNamed = z.object({ repository: z.string(), snapshot: z.string() });

export const forgetResult = z.object({
  forgotten: z.array(copyNamed),
  /** Held, locked, or gone already. */
  kept: z.array(copyNamed),
  failed: z.array(z.object({ repository: z.string(), code: z.string(), message: z.string() })),
});
export type ForgetResult = z.output<typeof forgetResult>;

export const pruneOrder = z.strictObject({ repository: namedRepository });
export type PruneOrder = z.output<typeof pruneOrder>;

export const rotationOrder = z.strictObject({
  repository: namedRepository,
  /** A generation that was begun since then is young enough. */
  since: z.int(),
});
export type RotationOrder = z.output<typeof rotationOrder>;

/** What is asked of a whole repository, with nothing more to say. */
export const questionOrder = z.strictObject({ repository: namedRepository });
export type QuestionOrder = z.output<typeof questionOrder>;

/** What is asked of the whole catalog. */
export const catalogOrder = z.strictObject({
  /** Keys of nodes as noted elsewhere, for the audit trail; without them those in the trail are believed. */
  publicKeys: z.array(z.string()).optional(),
});
export type CatalogOrder = z.output<typeof catalogOrder>;

export const repairOrder = z.strictObject({ repository: namedRepository, dryRun: z.boolean() });
export type RepairOrder = z.output<typeof repairOrder>;

export const checkOrder = z.strictObject({
  repository: namedRepository,
  share: z.number().gt(0).max(1).optional(),
});
export type CheckOrder = z.output<typeof checkOrder>;

export const checkResult = z.object({
  findings: z.array(
    z.object({
      severity: z.enum(['error', 'warning', 'note']),
      code: z.string(),
      message: z.string(),
      object: z.string().optional(),
    }),
  ),
  /** Of all findings, not only of those that are listed. */
  errors: z.number(),
  warnings: z.number(),
  /** Ids of snapshots that suffer from an error. */
  affected: z.array(z.string()),
  /** Ids of the snapshots that were there when it began; absent where the key opens none. */
  present: z.array(z.string()).optional(),
  readBytes: z.number(),
  /** All bytes were read at some time, the oldest of them then. */
  oldestVerifiedAt: z.number().optional(),
});
export type CheckResult = z.output<typeof checkResult>;

export const restoreOrder = z.strictObject({
  repository: namedRepository,
  snapshot: z.string(),
  path: z.string().optional(),
  target: z.string(),
  /** The target lies below one of these, links followed. */
  roots: z.array(z.string()),
  include: z.array(z.string()),
  verify: z.boolean(),
  dryRun: z.boolean(),
});
export type RestoreOrder = z.output<typeof restoreOrder>;

export const browseOrder = z.strictObject({
  repository: namedRepository,
  snapshot: z.string(),
  path: z.string().optional(),
  find: z.array(z.string()).optional(),
  older: z.string().optional(),
  after: z.string().optional(),
  limit: z.int().min(1).max(1000),
});
export type BrowseOrder = z.output<typeof browseOrder>;

export const downloadOrder = z.strictObject({
  repository: namedRepository,
  snapshot: z.string(),
  path: z.string(),
  /** Of the archive that a folder becomes. */
  format: z.enum(['tar', 'tar.gz', 'zip']),
  /** Of a file, the bytes from the first to the last, both included; all when absent. */
  range: z.strictObject({ from: z.int().min(0), to: z.int().min(0) }).optional(),
});
export type DownloadOrder = z.output<typeof downloadOrder>;

/** What a download is: its result where nobody reads it, its first line where somebody does. */
export const downloaded = z.strictObject({
  kind: z.enum(['file', 'folder']),
  /** Of the file, as it may be called where it arrives. */
  name: z.string(),
  /** Of a file; how long an archive becomes shows only when it is written. */
  bytes: z.int().min(0).optional(),
});
export type Downloaded = z.output<typeof downloaded>;

export const listOrder = z.strictObject({ repository: namedRepository });
export type ListOrder = z.output<typeof listOrder>;

export const listResult = z.object({
  storage: z.string(),
  /** Oldest arrival first. */
  snapshots: z.array(
    z.object({
      id: z.string(),
      original: z.string().optional(),
      takenAt: z.number(),
      arrivedAt: z.number(),
      host: z.string(),
      source: z.string(),
      tags: z.array(z.string()),
      outcome: z.enum(['succeeded', 'partial']),
      entries: z.number(),
      bytes: z.number(),
    }),
  ),
});
export type ListResult = z.output<typeof listResult>;
