// Rules that cannot hold together: each alone is well written, and one would be broken in silence.

import { opening, parseWindows } from '../schedule/windows.ts';
import { createZone } from '../schedule/zone.ts';
import type { Duration } from '../time.ts';

interface Rules {
  readonly schedule: string;
  readonly adaptive?: { readonly least: number; readonly most: number } | undefined;
  readonly rpo: number;
  readonly allowed?: string | undefined;
  readonly barred?: string | undefined;
  readonly lock?: number | undefined;
  readonly retention: 'none' | Readonly<Record<string, unknown>>;
  readonly prune?: string | undefined;
  readonly repositories: readonly string[];
  readonly sources: readonly { readonly kind: string; readonly paths?: readonly string[] | undefined }[];
  readonly tags: readonly string[];
}

export interface Contradiction {
  readonly path: (string | number)[];
  readonly message: string;
}

const dayMs = 86_400_000;

export function contradictionsOf(policy: Rules): Contradiction[] {
  const found: Contradiction[] = [];
  const refuse = (message: string, ...path: (string | number)[]) => void found.push({ path, message });
  const { schedule, adaptive, rpo, allowed, barred, retention, prune, repositories } = policy;
  if (adaptive !== undefined) {
    if (schedule !== 'adaptive') refuse('needs "schedule: adaptive"', 'adaptive');
    if (adaptive.least > adaptive.most) refuse('is more than "most"', 'adaptive', 'least');
    if (adaptive.least > rpo) {
      refuse('is more than "rpo": the newest recovery point would always be too old', 'adaptive', 'least');
    }
  }
  if (new Set(repositories).size !== repositories.length) refuse('names a repository twice', 'repositories');
  const kept = policy.sources.map((source) =>
    JSON.stringify(source.paths === undefined ? source : [...new Set(source.paths)].sort()),
  );
  for (const [position, paths] of kept.entries()) {
    if (kept.indexOf(paths) === position) continue;
    // Recovery points are told apart by their paths: retention would keep those of one source alone.
    refuse('has the same paths as a source before it; give it a policy of its own', 'sources', position);
  }
  for (const [position, tag] of policy.tags.entries()) {
    if (!tag.startsWith('policy:')) continue;
    refuse('must not begin with "policy:": by that, retention knows whose points they are', 'tags', position);
  }
  if (neverOpens(allowed, barred)) {
    refuse(
      'leave no moment to run in: all that is allowed is barred',
      barred === undefined ? 'allowed' : 'barred',
    );
  }
  if (retention === 'none') {
    if (prune !== undefined) refuse('has nothing to do while "retention" is "none"', 'prune');
    return found;
  }
  const { maxBackups, retentionDays, keepWithin } = retention as {
    maxBackups?: number;
    retentionDays?: number;
    keepWithin?: Duration;
  };
  // Taken together the rules would keep more than the number that was given as the most.
  for (const [rule, value] of Object.entries(retention)) {
    const isCount = rule.startsWith('keep') && typeof value === 'number';
    if (isCount && maxBackups !== undefined && value > maxBackups) {
      refuse('is more than "maxBackups" lets stay', 'retention', rule);
    }
  }
  if (keepWithin !== undefined && retentionDays !== undefined && daysOf(keepWithin) > retentionDays) {
    refuse('is longer than "retentionDays" lets stay', 'retention', 'keepWithin');
  }
  const isLimitAlone = Object.entries(retention).every(
    ([rule, value]) => value === undefined || ['keepLast', 'maxBackups', 'retentionDays'].includes(rule),
  );
  if (isLimitAlone && retentionDays !== undefined && (policy.lock ?? 0) > retentionDays * dayMs) {
    refuse(`is longer than "retention" keeps, which is ${retentionDays} days`, 'lock');
  }
  return found;
}

function daysOf({ years, months, days }: Duration): number {
  return years * 365 + months * 28 + days;
}

/** By the week alone: what is barred by date ends some time. */
function neverOpens(allowed: string | undefined, barred: string | undefined): boolean {
  if (barred === undefined) return false;
  try {
    const windows = parseWindows({ barred, ...(allowed === undefined ? {} : { allowed }) });
    const weekly = { ...windows, barred: windows.barred.filter((one) => 'days' in one) };
    return opening(weekly, 0, createZone('UTC')) === undefined;
  } catch {
    // What cannot be read is refused in its own place.
    return false;
  }
}
