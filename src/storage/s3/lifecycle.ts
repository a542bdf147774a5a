// The bucket's own rules by age. A bucket may hold more than one repository: rules for other folders are neither shown nor touched, and
// prefixes are given as parts of object names, without the repository's own folder.

import {
  type LifecycleRule as BucketRule,
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  type TransitionStorageClass,
} from '@aws-sdk/client-s3';
import { Failure } from '../../base/failure.ts';
import type { Lifecycle, LifecycleRule } from '../storage.ts';
import { callS3, type S3Wire } from './client.ts';
import { codeOf } from './failure.ts';

export function s3Lifecycle(wire: S3Wire): Lifecycle {
  const { place } = wire;
  return {
    async read({ signal }) {
      const rules = await readRules(wire, signal);
      return rules.filter((rule) => concerns(rule, place.base)).map((rule) => toRule(rule, place.base));
    },
    async write(rules, { signal }) {
      const kept: BucketRule[] = [];
      for (const rule of await readRules(wire, signal)) {
        // One for the whole bucket is not this repository's to replace, unless it has the bucket for itself.
        if (!prefixOf(rule).startsWith(place.base)) kept.push(rule);
        else refuseForeign(rule);
      }
      await writeRules(wire, [...kept, ...rules.map((rule) => fromRule(rule, place.base))], signal);
    },
  };
}

/** The rules of the bucket that reach into the repository, as the storage sees them. */
export async function readRules(
  { place, client }: S3Wire,
  signal: AbortSignal,
): Promise<readonly BucketRule[]> {
  const command = new GetBucketLifecycleConfigurationCommand({ Bucket: place.bucket });
  try {
    const answer = await callS3({ place, client }, 'reading lifecycle rules', undefined, signal, (own) =>
      client.send(command, own),
    );
    return answer.Rules ?? [];
  } catch (error) {
    if (error instanceof Failure && codeOf(error.cause) === 'NoSuchLifecycleConfiguration') return [];
    throw error;
  }
}

async function writeRules(wire: S3Wire, rules: BucketRule[], signal: AbortSignal): Promise<void> {
  const { place, client } = wire;
  const about = { Bucket: place.bucket };
  await callS3(wire, 'writing lifecycle rules', undefined, signal, async (own) => {
    if (rules.length === 0) await client.send(new DeleteBucketLifecycleCommand(about), own);
    else {
      const LifecycleConfiguration = { Rules: rules };
      await client.send(
        new PutBucketLifecycleConfigurationCommand({ ...about, LifecycleConfiguration }),
        own,
      );
    }
  });
}

/** Of whole keys of the bucket. */
export function prefixOf(rule: BucketRule): string {
  return rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? (rule as { Prefix?: string }).Prefix ?? '';
}

export function concerns(rule: BucketRule, base: string): boolean {
  const prefix = prefixOf(rule);
  return prefix.startsWith(base) || base.startsWith(prefix);
}

export function toRule(rule: BucketRule, base: string): LifecycleRule {
  const prefix = prefixOf(rule);
  const expire = rule.Expiration?.Days;
  const abort = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  const old = rule.NoncurrentVersionExpiration?.NoncurrentDays;
  return {
    id: rule.ID ?? '',
    prefix: prefix.startsWith(base) ? prefix.slice(base.length) : '',
    isEnabled: rule.Status === 'Enabled',
    transitions: (rule.Transitions ?? []).flatMap(({ Days, StorageClass }) =>
      Days === undefined || StorageClass === undefined
        ? []
        : [{ afterDays: Days, storageClass: StorageClass }],
    ),
    ...(expire === undefined ? {} : { expireAfterDays: expire }),
    ...(abort === undefined ? {} : { abortUploadsAfterDays: abort }),
    ...(old === undefined ? {} : { expireOldVersionsAfterDays: old }),
  };
}

function fromRule(rule: LifecycleRule, base: string): BucketRule {
  const { expireAfterDays: expire, abortUploadsAfterDays: abort, expireOldVersionsAfterDays: old } = rule;
  const transitions = rule.transitions.map(({ afterDays, storageClass }) => ({
    Days: afterDays,
    StorageClass: storageClass as TransitionStorageClass,
  }));
  return {
    ID: rule.id,
    Status: rule.isEnabled ? 'Enabled' : 'Disabled',
    Filter: { Prefix: base + rule.prefix },
    ...(transitions.length === 0 ? {} : { Transitions: transitions }),
    ...(expire === undefined ? {} : { Expiration: { Days: expire } }),
    ...(abort === undefined ? {} : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abort } }),
    ...(old === undefined ? {} : { NoncurrentVersionExpiration: { NoncurrentDays: old } }),
  };
}

/** What cannot be shown in full must not be replaced: writing back what was read would widen it. */
function refuseForeign(rule: BucketRule): void {
  const { Filter, Expiration, Transitions } = rule;
  const selects =
    Filter?.Tag ?? Filter?.And ?? Filter?.ObjectSizeGreaterThan ?? Filter?.ObjectSizeLessThan ?? undefined;
  const hasDates =
    Expiration?.Date !== undefined || (Transitions ?? []).some((one) => one.Date !== undefined) || undefined;
  const moves = rule.NoncurrentVersionTransitions?.length ? true : undefined;
  if ((selects ?? hasDates ?? moves) === undefined) return;
  throw new Failure(
    'conflict',
    'LIFECYCLE_RULE_FOREIGN',
    `lifecycle rule "${rule.ID ?? ''}" says more than can be written back`,
    {
      hint: "It selects by tag, size or date, or moves old versions. Remove it with the provider's own tools.",
    },
  );
}
