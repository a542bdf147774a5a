// The one description of `monitor_config.json` and of `config/backup_schedule.json`: every key with its default. Unknown keys are told, never
// obeyed and never silently dropped.

import { z } from 'zod/mini';
import { Failure } from '../base/failure.ts';
import { parseSchedule } from './schedule/parse.ts';

const share = z.number().check(z.minimum(1), z.maximum(100));
const mailAddress = z.string().check(z.regex(/^[^\s@,<>]+@[^\s@,<>]+$/));

const monitoring = z.strictObject({
  enabled: z._default(z.boolean(), true),
  daemon_mode: z._default(z.boolean(), true),
  health_check_interval: z._default(z.int().check(z.minimum(1), z.maximum(86_400)), 300),
});
const thresholds = z.strictObject({
  disk_warning_percent: z._default(share, 80),
  disk_critical_percent: z._default(share, 90),
  backup_age_warning_hours: z._default(z.int().check(z.minimum(1), z.maximum(100_000)), 26),
});
const email = z.strictObject({
  enabled: z._default(z.boolean(), true),
  recipients: z._default(z.array(mailAddress), ['admin@example.com']),
  // Ours: where mail goes to be sent; what the file had before knows none.
  server: z._default(z.string().check(z.regex(/^[^\s/@?#]+$/)), 'localhost'),
  from: z.optional(mailAddress),
});

export interface MonitorConfig {
  readonly isEnabled: boolean;
  readonly isDaemon: boolean;
  readonly intervalSeconds: number;
  readonly diskWarningPercent: number;
  readonly diskCriticalPercent: number;
  readonly backupAgeWarningHours: number;
  readonly email: {
    readonly isEnabled: boolean;
    readonly recipients: readonly string[];
    readonly server: string;
    readonly from?: string;
  };
  /** Such as `thresholds.disk_warn`. */
  readonly unknownKeys: readonly string[];
}

/** usage/CONFIG_INVALID names the key. `where` is for the message. */
export function parseMonitorConfig(text: string, where: string): MonitorConfig {
  const file = record(readJson(text, where), '', where);
  const unknownKeys: string[] = [];
  const section = <Shape extends z.core.$ZodLooseShape>(
    name: string,
    schema: z.ZodMiniObject<Shape>,
    given: Readonly<Record<string, unknown>>,
  ) => {
    const own = given[name.slice(name.lastIndexOf('.') + 1)] ?? {};
    const values = record(own, name, where);
    const known = Object.keys(schema.shape);
    for (const key of Object.keys(values)) if (!known.includes(key)) unknownKeys.push(`${name}.${key}`);
    const taken = Object.fromEntries(Object.entries(values).filter(([key]) => known.includes(key)));
    const parsed = schema.safeParse(taken);
    if (parsed.success) return parsed.data;
    throw invalid(where, `${name}.${parsed.error.issues[0]?.path.join('.') ?? ''}`);
  };
  for (const key of Object.keys(file)) {
    if (!['monitoring', 'thresholds', 'notifications'].includes(key)) unknownKeys.push(key);
  }
  const notifications = record(file.notifications ?? {}, 'notifications', where);
  for (const key of Object.keys(notifications)) if (key !== 'email') unknownKeys.push(`notifications.${key}`);
  const monitor = section('monitoring', monitoring, file);
  const limits = section('thresholds', thresholds, file);
  const mail = section('notifications.email', email, notifications);
  return {
    isEnabled: monitor.enabled,
    isDaemon: monitor.daemon_mode,
    intervalSeconds: monitor.health_check_interval,
    diskWarningPercent: limits.disk_warning_percent,
    diskCriticalPercent: limits.disk_critical_percent,
    backupAgeWarningHours: limits.backup_age_warning_hours,
    email: {
      isEnabled: mail.enabled,
      recipients: mail.recipients,
      server: mail.server,
      ...(mail.from === undefined ? {} : { from: mail.from }),
    },
    unknownKeys: unknownKeys.sort(),
  };
}

export function defaultMonitorConfig(): MonitorConfig {
  return parseMonitorConfig('{}', '');
}

export const defaultSchedules = {
  ec2_snapshots: 'cron(0 2 * * ? *)',
  rds_backups: 'cron(0 3 * * ? *)',
  s3_sync: 'cron(0 1 * * ? *)',
} as const;

export interface BackupSchedules {
  /** By name, as written: `cron(…)`. */
  readonly schedules: Readonly<Record<keyof typeof defaultSchedules, string>>;
  readonly unknownKeys: readonly string[];
}

export function parseBackupSchedules(text: string, where: string): BackupSchedules {
  const file = record(readJson(text, where), '', where);
  const schedules: Record<keyof typeof defaultSchedules, string> = { ...defaultSchedules };
  const unknownKeys: string[] = [];
  for (const [key, value] of Object.entries(file)) {
    if (key !== 'ec2_snapshots' && key !== 'rds_backups' && key !== 's3_sync') unknownKeys.push(key);
    else if (typeof value !== 'string') throw invalid(where, key);
    else {
      parseSchedule(value);
      schedules[key] = value;
    }
  }
  return { schedules, unknownKeys: unknownKeys.sort() };
}

function readJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    // No cause: errors of the parser quote what they read.
    throw new Failure('usage', 'CONFIG_INVALID', `"${where}" is no JSON`);
  }
}

function record(value: unknown, name: string, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalid(where, name);
}

function invalid(where: string, key: string): Failure {
  return new Failure('usage', 'CONFIG_INVALID', `"${where}" has no usable value of "${key}"`, {
    hint: 'Correct the file; docs/guides/configuration.md lists every key with its default.',
  });
}
