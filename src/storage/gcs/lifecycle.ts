// The rules by age of a bucket, as far as they concern one repository in it. Prefixes are those of object names; rules of other folders of
// the bucket are neither shown nor touched.

import { Failure } from '../../base/failure.ts';
import type { Lifecycle, LifecycleRule } from '../storage.ts';
import type { GcsCall, GcsReply } from './client.ts';

/** A rule as the service has it. */
export interface GcsRule {
  readonly action: { readonly type: string; readonly storageClass?: string };
  readonly condition: {
    readonly age?: number;
    readonly matchesPrefix?: readonly string[];
    readonly isLive?: boolean;
    readonly daysSinceNoncurrentTime?: number;
    readonly [other: string]: unknown;
  };
}

type Call = (call: GcsCall) => Promise<GcsReply>;

export function gcsLifecycle(call: Call, path: string, keyPrefix: string): Lifecycle {
  const read = async (signal: AbortSignal) => {
    const { data } = await call({
      method: 'GET',
      path,
      query: { fields: 'lifecycle,metageneration' },
      signal,
    });
    const found = data as { lifecycle?: { rule?: readonly GcsRule[] }; metageneration?: string };
    return { rules: found.lifecycle?.rule ?? [], metageneration: found.metageneration };
  };
  return {
    async read({ signal }) {
      const { rules } = await read(signal);
      return rules.flatMap((rule, index) => shown(rule, index, keyPrefix));
    },
    async write(rules, { signal }) {
      const { rules: found, metageneration } = await read(signal);
      const foreign = found.filter((rule) => !isOurs(rule, keyPrefix));
      await call({
        method: 'PATCH',
        path,
        // Rules that another program writes in between must not be lost.
        query: metageneration === undefined ? {} : { ifMetagenerationMatch: metageneration },
        json: { lifecycle: { rule: [...foreign, ...rules.flatMap((rule) => stored(rule, keyPrefix))] } },
        signal,
      });
    },
  };
}

/** Whether a rule can hit any object whose name begins with `keyPrefix`. */
export function concerns({ condition }: GcsRule, keyPrefix: string): boolean {
  const prefixes = condition.matchesPrefix ?? [''];
  return prefixes.some((prefix) => prefix.startsWith(keyPrefix) || keyPrefix.startsWith(prefix));
}

/** Whether it can hit nothing else, so that it may be replaced. */
function isOurs({ condition }: GcsRule, keyPrefix: string): boolean {
  return (
    keyPrefix === '' || (condition.matchesPrefix ?? ['']).every((prefix) => prefix.startsWith(keyPrefix))
  );
}

function shown(rule: GcsRule, index: number, keyPrefix: string): LifecycleRule[] {
  if (!concerns(rule, keyPrefix)) return [];
  const { action, condition } = rule;
  const { age, matchesPrefix, isLive, daysSinceNoncurrentTime, ...others } = condition;
  // Rules have no names here. One that depends on more than this can say is marked.
  const id = `rule-${index + 1}${Object.keys(others).length === 0 ? '' : ` if ${Object.keys(others).sort().join(', ')}`}`;
  const prefixes = (matchesPrefix ?? ['']).filter(
    (prefix) => prefix.startsWith(keyPrefix) || keyPrefix.startsWith(prefix),
  );
  return prefixes.map((prefix) => {
    const base = { id, prefix: prefix.slice(keyPrefix.length), isEnabled: true, transitions: [] };
    switch (action.type) {
      case 'SetStorageClass':
        return {
          ...base,
          transitions: [{ afterDays: age ?? 0, storageClass: action.storageClass ?? '' }],
        };
      case 'AbortIncompleteMultipartUpload':
        return { ...base, abortUploadsAfterDays: age ?? 0 };
      default:
        return isLive === false || daysSinceNoncurrentTime !== undefined
          ? { ...base, expireOldVersionsAfterDays: daysSinceNoncurrentTime ?? age ?? 0 }
          : { ...base, expireAfterDays: age ?? 0 };
    }
  });
}

function stored(rule: LifecycleRule, keyPrefix: string): GcsRule[] {
  if (!rule.isEnabled) {
    throw new Failure('usage', 'STORAGE_LIFECYCLE_UNSUPPORTED', `rule "${rule.id}" is disabled`, {
      hint: 'Google Cloud Storage keeps no disabled rules. Leave it out.',
    });
  }
  const prefix = keyPrefix + rule.prefix;
  const where = prefix === '' ? {} : { matchesPrefix: [prefix] };
  const rules: GcsRule[] = rule.transitions.map(({ afterDays, storageClass }) => ({
    action: { type: 'SetStorageClass', storageClass },
    condition: { ...where, age: afterDays },
  }));
  if (rule.expireAfterDays !== undefined) {
    rules.push({
      action: { type: 'Delete' },
      condition: { ...where, age: rule.expireAfterDays, isLive: true },
    });
  }
  if (rule.expireOldVersionsAfterDays !== undefined) {
    const condition = { ...where, isLive: false, daysSinceNoncurrentTime: rule.expireOldVersionsAfterDays };
    rules.push({ action: { type: 'Delete' }, condition });
  }
  if (rule.abortUploadsAfterDays !== undefined) {
    const condition = { ...where, age: rule.abortUploadsAfterDays };
    rules.push({ action: { type: 'AbortIncompleteMultipartUpload' }, condition });
  }
  return rules;
}
