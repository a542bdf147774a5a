// The one file that tells Holdfast what to do: holdfast.yaml, or the same as JSON. This schema is its only description.

import { z } from 'zod';
import { isFailure } from '../../base/failure.ts';
import { nearestName } from '../nearest-name.ts';
import { orderByDependencies } from '../schedule/dependencies.ts';
import { name, place, secretReference, zone } from './fields.ts';
import { channelsSchema, repositoriesSchema } from './places.ts';
import { policySchema } from './policy.ts';
import {
  alertsSchema,
  anomaliesSchema,
  apiSchema,
  auditSchema,
  healthSchema,
  logsSchema,
  maintenanceSchema,
  metricsSchema,
  workersSchema,
} from './watching.ts';

export const profiles = ['school', 'keys', 'pipeline'] as const;
export type ProfileName = (typeof profiles)[number];

/** Where the catalog is: a folder of this machine, or a PostgreSQL URL without its password. */
const catalogSchema = z.strictObject({
  place: place.optional(),
  password: secretReference.optional(),
});

export const configurationSchema = z
  .strictObject({
    version: z.literal(1).default(1),
    /** Defaults of this profile hold where the file says nothing. */
    profile: z.enum(profiles).optional(),
    /** The name of this machine among several; its host name when absent. */
    node: name.optional(),
    language: z.enum(['en', 'de']).default('en'),
    /** For schedules, windows and reports; the machine's when absent. */
    zone: zone.optional(),
    catalog: catalogSchema.prefault({}),
    repositories: repositoriesSchema.default({}),
    policies: z.record(name, policySchema).default({}),
    channels: channelsSchema.default({}),
    workers: workersSchema.prefault({}),
    health: healthSchema.prefault({}),
    anomalies: anomaliesSchema.prefault({}),
    alerts: alertsSchema.prefault({}),
    logs: logsSchema.prefault({}),
    audit: auditSchema.prefault({}),
    metrics: metricsSchema.prefault({}),
    api: apiSchema.prefault({}),
    maintenance: maintenanceSchema.prefault({}),
  })
  .superRefine((given, refused) => {
    type Places = 'repositories' | 'channels' | 'policies';
    const known = (at: readonly (string | number)[], kind: Places, wanted: string | undefined) => {
      if (wanted === undefined || Object.hasOwn(given[kind], wanted)) return;
      const near = nearestName(wanted, Object.keys(given[kind]));
      const question = near === undefined ? '' : `; did you mean "${near}"?`;
      const message = `"${wanted}" is none of the ${kind}${question}`;
      refused.addIssue({ code: 'custom', path: [...at], message });
    };
    const allKnown = (at: readonly (string | number)[], kind: Places, wanted: readonly string[] = []) => {
      for (const [i, one] of wanted.entries()) known([...at, i], kind, one);
    };
    for (const [policy, rules] of Object.entries(given.policies)) {
      const at = ['policies', policy];
      allKnown([...at, 'repositories'], 'repositories', rules.repositories);
      allKnown([...at, 'after'], 'policies', rules.after);
      allKnown([...at, 'tell'], 'channels', rules.tell);
      known([...at, 'heartbeat'], 'channels', rules.heartbeat);
    }
    const waiting = Object.entries(given.policies).map(([policy, { after }]) => {
      return [
        policy,
        after.filter((one) => Object.hasOwn(given.policies, one)).map((one) => ({ policy: one })),
      ] as const;
    });
    try {
      orderByDependencies(new Map(waiting));
    } catch (error) {
      if (!isFailure(error)) throw error;
      refused.addIssue({
        code: 'custom',
        path: ['policies'],
        message: error.message.replace(/^policies /, ''),
      });
    }
    const { alerts, audit, health } = given;
    if (health.diskWarningPercent > health.diskCriticalPercent) {
      const message = 'is more than "diskCriticalPercent": the warning would come after the alarm';
      refused.addIssue({ code: 'custom', path: ['health', 'diskWarningPercent'], message });
    }
    for (const [i, route] of alerts.routes.entries()) {
      allKnown(['alerts', 'routes', i, 'channels'], 'channels', route.channels);
      allKnown(['alerts', 'routes', i, 'policies'], 'policies', route.policies);
    }
    allKnown(['alerts', 'escalation', 'channels'], 'channels', alerts.escalation?.channels);
    allKnown(['alerts', 'report', 'channels'], 'channels', alerts.report?.channels);
    known(['alerts', 'heartbeat', 'channel'], 'channels', alerts.heartbeat?.channel);
    for (const [i, one] of audit.witnesses.entries()) {
      if ('channel' in one) known(['audit', 'witnesses', i, 'channel'], 'channels', one.channel);
    }
  });

export type ConfigurationInput = z.input<typeof configurationSchema>;
export type Configuration = z.output<typeof configurationSchema>;
