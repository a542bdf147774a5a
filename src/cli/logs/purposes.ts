// What is written where: each purpose has its file, and a run of the pipeline has one named after its minute.

import type { Instant } from '../../base/context.ts';

export const purposes = {
  backup: 'backup_automation.log',
  monitor: 'monitor.log',
  restore: 'restore.log',
  audit: 'backup_audit.log',
} as const;
export type Purpose = keyof typeof purposes;

/** `2026-11-21 19:07:36` as the clocks on the wall of this machine have it. */
export function wallTime(at: Instant, zoneOffsetMinutes: number): string {
  return new Date(at + zoneOffsetMinutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

/** `backup_log_2026-11-21_19:07:36.log`; the colons are as scripts of old expect them. */
export function runLogName(at: Instant, zoneOffsetMinutes: number): string {
  return `backup_log_${wallTime(at, zoneOffsetMinutes).replace(' ', '_')}.log`;
}

/** Also with `-` for the colons, which some file systems refuse. */
export function isRunLogName(name: string): boolean {
  return /^backup_log_\d{4}-\d\d-\d\d_\d\d[:-]\d\d[:-]\d\d\.log$/.test(name);
}
