// Rules by age that a provider runs on a bucket: read from and written to the JSON that AWS uses, compared, and judged, because a rule
// that expires or freezes what a repository needs to be opened destroys it without a word.

import { z } from 'zod/mini';
import { Failure } from '../base/failure.ts';
import type { LifecycleRule, PostureFinding } from './storage.ts';

const days = z.number().check(z.int(), z.minimum(1), z.maximum(36_500));
const rule = z.object({
  ID: z.string().check(z.minLength(1), z.maxLength(255)),
  Status: z.enum(['Enabled', 'Disabled']),
  Filter: z.optional(z.object({ Prefix: z.optional(z.string()) })),
  Prefix: z.optional(z.string()),
  Transitions: z.optional(z.array(z.object({ Days: z.number(), StorageClass: z.string() }))),
  Expiration: z.optional(z.object({ Days: days })),
  NoncurrentVersionExpiration: z.optional(z.object({ NoncurrentDays: days })),
  AbortIncompleteMultipartUpload: z.optional(z.object({ DaysAfterInitiation: days })),
});
const file = z.strictObject({ Rules: z.array(z.catchall(rule, z.never())) });

/** The file `config/s3_lifecycle.json`, in the form that `aws s3api put-bucket-lifecycle-configuration` takes, too. */
export function parseLifecycle(text: string, path: string): LifecycleRule[] {
  let found: z.infer<typeof file>;
  try {
    found = file.parse(JSON.parse(text));
  } catch (cause) {
    const issues = (cause as { issues?: readonly { path: readonly PropertyKey[]; message: string }[] })
      .issues;
    const why =
      issues?.map((one) => `${one.path.join('.')}: ${one.message}`).join('; ') ?? (cause as Error).message;
    throw new Failure('usage', 'LIFECYCLE_INVALID', `"${path}" holds no lifecycle rules: ${why}`, {
      hint: 'Write the rules as AWS does, for example with "holdfast storage lifecycle show > s3_lifecycle.json".',
      cause,
    });
  }
  const ids = new Set<string>();
  return found.Rules.map((one) => {
    if (ids.has(one.ID)) {
      throw new Failure('usage', 'LIFECYCLE_INVALID', `"${path}" has two rules with the ID "${one.ID}"`);
    }
    ids.add(one.ID);
    return {
      id: one.ID,
      prefix: one.Filter?.Prefix ?? one.Prefix ?? '',
      isEnabled: one.Status === 'Enabled',
      transitions: (one.Transitions ?? []).map(({ Days, StorageClass }) => ({
        afterDays: Days,
        storageClass: StorageClass,
      })),
      ...(one.Expiration && { expireAfterDays: one.Expiration.Days }),
      ...(one.NoncurrentVersionExpiration && {
        expireOldVersionsAfterDays: one.NoncurrentVersionExpiration.NoncurrentDays,
      }),
      ...(one.AbortIncompleteMultipartUpload && {
        abortUploadsAfterDays: one.AbortIncompleteMultipartUpload.DaysAfterInitiation,
      }),
    };
  });
}

export function formatLifecycle(rules: readonly LifecycleRule[]): string {
  const written = rules.map((one) => ({
    ID: one.id,
    Status: one.isEnabled ? 'Enabled' : 'Disabled',
    Filter: { Prefix: one.prefix },
    ...(one.transitions.length > 0 && {
      Transitions: one.transitions.map(({ afterDays, storageClass }) => ({
        Days: afterDays,
        StorageClass: storageClass,
      })),
    }),
    ...(one.expireAfterDays !== undefined && { Expiration: { Days: one.expireAfterDays } }),
    ...(one.expireOldVersionsAfterDays !== undefined && {
      NoncurrentVersionExpiration: { NoncurrentDays: one.expireOldVersionsAfterDays },
    }),
    ...(one.abortUploadsAfterDays !== undefined && {
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: one.abortUploadsAfterDays },
    }),
  }));
  return `${JSON.stringify({ Rules: written }, null, 2)}\n`;
}

/** Old packs grow cold, broken uploads go; nothing that a repository needs is touched by age. For who prefers the bucket to do it. */
export function suggestedLifecycle(storageClass: string, afterDays: number): LifecycleRule[] {
  return [
    {
      id: 'holdfast: data grows cold',
      prefix: 'packs/',
      isEnabled: true,
      transitions: [{ afterDays, storageClass }],
    },
    {
      id: 'holdfast: broken uploads and old versions go',
      prefix: '',
      isEnabled: true,
      transitions: [],
      abortUploadsAfterDays: 7,
      expireOldVersionsAfterDays: 30,
    },
  ];
}

export interface LifecycleChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly id: string;
}

/** What applying `wanted` would do to `found`; empty when they mean the same. */
export function lifecycleChanges(
  found: readonly LifecycleRule[],
  wanted: readonly LifecycleRule[],
): LifecycleChange[] {
  const before = new Map(found.map((one) => [one.id, formatLifecycle([one])]));
  const after = new Map(wanted.map((one) => [one.id, formatLifecycle([one])]));
  const changes: LifecycleChange[] = [];
  for (const [id, text] of after) {
    if (!before.has(id)) changes.push({ change: 'added', id });
    else if (before.get(id) !== text) changes.push({ change: 'changed', id });
  }
  for (const id of before.keys()) if (!after.has(id)) changes.push({ change: 'removed', id });
  return changes;
}

/** What a repository needs at every opening: it must never be frozen. Packs of data may be. */
const alwaysNeeded = [
  'config/',
  'keys/',
  'index/',
  'snapshots/',
  'refs/',
  'tombstones/',
  'sessions/',
  'condemned/',
  'meta/',
];
const everything = [...alwaysNeeded, 'packs/'];

/** Rules that would break a repository; `frozen` tells of a class. */
export function judgeLifecycle(
  rules: readonly LifecycleRule[],
  frozen: (storageClass: string) => boolean,
): PostureFinding[] {
  const findings: PostureFinding[] = [];
  for (const one of rules.filter(({ isEnabled }) => isEnabled)) {
    const touched = (names: readonly string[]) =>
      names.filter((name) => name.startsWith(one.prefix) || one.prefix.startsWith(name));
    if (one.expireAfterDays !== undefined && touched(everything).length > 0) {
      findings.push({
        about: 'lifecycle',
        verdict: 'bad',
        detail: `rule "${one.id}" deletes ${touched(everything).join(', ')} after ${one.expireAfterDays} days, whether a snapshot needs them or not; forget and prune do that`,
      });
    }
    for (const { storageClass, afterDays } of one.transitions) {
      if (!frozen(storageClass) || touched(alwaysNeeded).length === 0) continue;
      findings.push({
        about: 'lifecycle',
        verdict: 'bad',
        detail: `rule "${one.id}" freezes ${touched(alwaysNeeded).join(', ')} in ${storageClass} after ${afterDays} days; only packs/ may be frozen`,
      });
    }
  }
  return findings;
}
