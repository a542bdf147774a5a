// The three profiles that reproduce what the systems before did. Their values lie under what the file says: whatever the file names, it
// decides whole; a retention of the file is never mixed with one of a profile.

import { Failure } from '../../base/failure.ts';
import type { ConfigurationInput, ProfileName } from './configuration.ts';
import type { PolicyInput } from './policy.ts';

export interface Profile {
  /** For each policy of the file. */
  readonly policy: Omit<PolicyInput, 'sources' | 'repositories'>;
  /** For what is no policy, by section. */
  readonly rest: Omit<ConfigurationInput, 'policies'>;
  /** When data moves to colder storage. */
  readonly tier?: { readonly class: string; readonly afterDays: number };
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** Of the `pipeline` profile alone: the variables of its `.env`. */
export function profileOf(name: ProfileName, variables: Variables): Profile {
  switch (name) {
    case 'school':
      return {
        policy: {
          schedule: '0 2 * * *',
          // Whatever is told, a source that has a backup keeps one.
          retention: { keepLast: 1, retentionDays: 90 },
          rto: '4h',
          dataClass: 'personal',
        },
        rest: { zone: 'Europe/Zurich', alerts: { successes: true } },
        tier: { class: 'GLACIER', afterDays: 30 },
      };
    case 'keys':
      return {
        policy: {
          schedule: '0 2 * * *',
          retention: { keepLast: 1, retentionDays: 30, maxBackups: 50 },
          compression: 'zstd:9',
          dataClass: 'keys',
        },
        rest: {},
      };
    case 'pipeline':
      return pipeline(variables);
  }
}

function pipeline(variables: Variables): Profile {
  const topic = variables.SNS_TOPIC_ARN;
  const retentionDays = daysOf('BACKUP_RETENTION_DAYS', 30, variables);
  return {
    policy: {
      schedule: 'cron(0 2 * * ? *)',
      // 0 switches deleting off, as it always did in this file.
      retention: retentionDays === 0 ? 'none' : { keepLast: 1, retentionDays },
    },
    rest: {
      zone: 'UTC',
      logs: { level: variables.LOG_LEVEL?.toUpperCase() === 'DEBUG' ? 'debug' : 'info' },
      ...(topic
        ? { channels: { sns: { place: `sns:${topic}` } }, alerts: { routes: [{ channels: ['sns'] }] } }
        : {}),
    },
    tier: { class: 'GLACIER', afterDays: daysOf('GLACIER_TRANSITION_DAYS', 7, variables) },
  };
}

function daysOf(variable: string, usual: number, variables: Variables): number {
  const text = variables[variable];
  if (!text) return usual;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new Failure('usage', 'CONFIG_VARIABLE_INVALID', `the variable ${variable} is no number of days`, {
    facts: { variable },
    hint: `Write a whole number, such as ${variable}=${usual}.`,
  });
}

/**
 * What the file says, on top of what its profile says. Takes anything, since it comes before the check, and gives back the same where there
 * is no known profile. Fails with usage/SNS_TOPIC_MISSING for a pipeline that could tell nobody.
 */
export function withProfile(written: unknown, variables: Variables): unknown {
  if (!isMap(written)) return written;
  const { profile: name } = written;
  if (name !== 'school' && name !== 'keys' && name !== 'pipeline') return written;
  const { policy, rest } = profileOf(name, variables);
  const merged: Record<string, unknown> = { ...written };
  for (const [section, values] of Object.entries(rest)) {
    const own = written[section];
    if (own === undefined) merged[section] = values;
    else if (isMap(own) && isMap(values)) merged[section] = { ...values, ...own };
  }
  if (name === 'pipeline' && !tellsSns(merged.channels)) throw topicMissing();
  if (isMap(written.policies)) {
    const entries = Object.entries(written.policies);
    merged.policies = Object.fromEntries(
      entries.map(([one, own]) => [one, isMap(own) ? { ...policy, ...own } : own]),
    );
  }
  return merged;
}

function tellsSns(channels: unknown): boolean {
  if (!isMap(channels)) return false;
  return Object.values(channels).some((one) => isMap(one) && String(one.place).startsWith('sns:'));
}

function topicMissing(): Failure {
  return new Failure(
    'usage',
    'SNS_TOPIC_MISSING',
    'the profile "pipeline" needs the variable SNS_TOPIC_ARN',
    {
      facts: { variable: 'SNS_TOPIC_ARN' },
      hint: 'Set SNS_TOPIC_ARN=arn:aws:sns:REGION:ACCOUNT:NAME, or name a channel with "place: sns:arn:aws:sns:…".',
    },
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
