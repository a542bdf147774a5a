// What is watched, when somebody is told, and what is written down.

import { z } from 'zod';
import { allowedHours, name, percent, place, rates, secretReference, span, words } from './fields.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export const severity = z.enum(['info', 'warning', 'critical']);

export const healthSchema = z.strictObject({
  interval: span.default(300_000),
  diskWarningPercent: percent.default(80),
  diskCriticalPercent: percent.default(90),
  memoryWarningPercent: percent.default(90),
  cpuWarningPercent: percent.default(95),
  /** Certificates and secrets that end within that time are told of. */
  expiryWarning: span.default(30 * day),
  /** Key slots are tried, and every storage is written to and read, so often. */
  deepInterval: span.default(day),
});

export const anomaliesSchema = z.strictObject({
  /** Shares of the files of a source, in percent, that change or vanish between two backups before somebody is told. */
  changedPercent: percent.default(50),
  deletedPercent: percent.default(30),
  /** Files whose content has become like noise. */
  scrambledPercent: percent.default(20),
  /** Files that nobody has a reason to touch: one that changes pulls the brake. */
  canaries: z.array(z.string().regex(/^\//, 'must be an absolute path')).default([]),
  /** Whether the brake is pulled, or only an alert raised. */
  brake: z.boolean().default(true),
});

const routeSchema = z.strictObject({
  /** At least so severe. */
  from: severity.default('warning'),
  policies: z.array(name).optional(),
  /** Such as "backup", "health", "anomaly", "report". */
  topics: z.array(z.string()).optional(),
  channels: z.array(name).min(1),
});

export const alertsSchema = z.strictObject({
  routes: z.array(routeSchema).default([]),
  /** What comes within that time goes out as one message. */
  group: span.default(minute),
  /** An alert that stays is told again so often. */
  repeat: span.default(day),
  /** Below critical nothing is sent in these hours; it follows afterwards. */
  quiet: allowedHours.optional(),
  escalation: z
    .strictObject({
      /** A critical alert that nobody acknowledged within that time goes to these channels. */
      after: span.default(hour),
      channels: z.array(name).min(1),
    })
    .optional(),
  /** Successes are told as well. */
  successes: z.boolean().default(false),
  /** A daily report for people who are no technicians. */
  report: z
    .strictObject({
      at: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 07:00')
        .default('07:00'),
      channels: z.array(name).min(1),
      /** Who answers questions. */
      contact: words.optional(),
    })
    .optional(),
  /** Pinged while the control plane lives: who does not hear it any more, calls. */
  heartbeat: z.strictObject({ channel: name, interval: span.default(5 * minute) }).optional(),
});

export const logsSchema = z.strictObject({
  directory: z.string().regex(/^\//, 'must be an absolute path').optional(),
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** A file is put aside at this size or age, whichever comes first. */
  rotateMegabytes: z.int().min(1).max(4096).default(20),
  rotateDays: z.int().min(1).default(7),
  keepFiles: z.int().min(1).max(1000).default(12),
  /** Further files that hear the same: those whom scripts and people know from before. */
  routes: z
    .array(
      z.strictObject({
        file: z.string().regex(/^\//, 'must be an absolute path'),
        purposes: z
          .array(z.enum(['backup', 'monitor', 'restore', 'audit']))
          .min(1)
          .optional(),
        policies: z.array(name).min(1).optional(),
        /** `json`: as the others. `text`: a time in brackets and the message. */
        style: z.enum(['json', 'text']).default('text'),
      }),
    )
    .max(100)
    .default([]),
});

export const auditSchema = z.strictObject({
  /** A second place that hears each signed root: a channel, or a file on another disk. */
  witnesses: z
    .array(
      z.union([
        z.strictObject({ channel: name }),
        z.strictObject({ file: z.string().regex(/^\//, 'must be an absolute path') }),
      ]),
    )
    .default([]),
  keepDays: z.int().min(30).default(730),
});

export const metricsSchema = z.strictObject({
  /** Where there are more policies, only figures over all of them are told. */
  policyLimit: z.int().min(0).max(10_000).default(1000),
  /** For node_exporter's text-file collector. */
  textFile: z.string().regex(/^\//, 'must be an absolute path').optional(),
  otlp: z
    .strictObject({
      endpoint: z.url({ protocol: /^https?$/ }).pipe(place),
      headers: z.record(z.string(), secretReference).default({}),
      /** Ranges such as 10.1.0.0/16 that are no public addresses, and where it may be nevertheless. */
      allowNetworks: z.array(z.string()).default(['127.0.0.0/8', '::1/128']),
      interval: span.default(minute),
    })
    .optional(),
});

export const apiSchema = z.strictObject({
  enabled: z.boolean().default(true),
  listen: z
    .string()
    .regex(/^(?:\[[0-9a-f:]+\]|[^:\s]+):\d{1,5}$/i, 'must be ADDRESS:PORT')
    .default('127.0.0.1:8420'),
  /** Needed as soon as `listen` is no address of this machine alone. */
  tls: z
    .strictObject({
      certificate: z.string().regex(/^\//, 'must be an absolute path'),
      key: z.string().regex(/^\//, 'must be an absolute path'),
    })
    .optional(),
  /** What people type into the browser, where something stands in front. */
  origin: z.url({ protocol: /^https?$/ }).optional(),
  /**
   * Addresses of what stands in front, whose X-Forwarded-For says where a call comes from. Without them all who come through it are one
   * address, and share what one address may try.
   */
  proxies: z.array(z.union([z.ipv4(), z.ipv6()])).default([]),
  /** Restores started there land only below these folders. */
  restoreRoots: z.array(z.string().regex(/^\//, 'must be an absolute path')).default([]),
  passwords: z.enum(['standard', 'pci']).default('standard'),
  secondPerson: z.boolean().default(false),
  requestsPerMinute: z.int().min(1).default(600),
});

export const workersSchema = z.strictObject({
  /** Runs at a time on this node. */
  concurrency: z.int().min(1).max(64).default(2),
  upload: rates.optional(),
  download: rates.optional(),
});

/** Who does the recurring work, and who takes over. */
export const maintenanceSchema = z.strictObject({
  owner: words.optional(),
  deputy: words.optional(),
  /** Tasks of the plan that are not wanted here, by name, each with the reason. */
  without: z.record(z.string(), words).default({}),
});
