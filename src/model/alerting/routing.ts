// Whom an alert concerns: the channels of its policy, else those of the routes that fit; a critical one never falls between the routes.

import type { Configuration } from '../configuration/configuration.ts';

export type AlertSeverity = 'info' | 'warning' | 'critical';

export const severityRank: Readonly<Record<AlertSeverity, number>> = { info: 0, warning: 1, critical: 2 };

export interface Concern {
  /** Its first part, up to ":", is the topic: "backup:files" concerns backups. */
  readonly key: string;
  readonly severity: AlertSeverity;
  /** By name. */
  readonly policy?: string;
}

type RoutingRules = Pick<Configuration, 'channels' | 'policies' | 'alerts' | 'audit'>;

export function topicOf(key: string): string {
  const end = key.indexOf(':');
  return end < 0 ? key : key.slice(0, end);
}

/** Without routes, all channels hear of what is at least a warning. Trouble with a channel is not told to that channel. */
export function channelsFor(concern: Concern, rules: RoutingRules): readonly string[] {
  const known = Object.keys(rules.channels);
  const itself = topicOf(concern.key) === 'channel' ? concern.key.slice('channel:'.length) : undefined;
  const tell = concern.policy === undefined ? undefined : rules.policies[concern.policy]?.tell;
  const wanted = new Set(
    tell !== undefined && tell.length > 0 ? ownChannels(concern, tell) : routed(concern, rules),
  );
  return known.filter((channel) => wanted.has(channel) && channel !== itself);
}

function ownChannels({ severity }: Concern, tell: readonly string[]): readonly string[] {
  return severity === 'info' ? [] : tell;
}

function routed(concern: Concern, rules: RoutingRules): readonly string[] {
  const { routes } = rules.alerts;
  if (routes.length === 0) return concern.severity === 'info' ? [] : peopleChannels(rules);
  const fitting = routes
    .filter(({ from }) => severityRank[concern.severity] >= severityRank[from])
    .filter(({ topics }) => topics === undefined || topics.includes(topicOf(concern.key)))
    .filter(
      ({ policies }) =>
        policies === undefined || (concern.policy !== undefined && policies.includes(concern.policy)),
    )
    .flatMap(({ channels }) => channels);
  if (fitting.length > 0 || concern.severity !== 'critical') return fitting;
  return routes.flatMap(({ channels }) => channels);
}

/** Those that are not for programs alone: dead-man switches and witnesses hear what is theirs. */
export function peopleChannels({ channels, policies, alerts, audit }: RoutingRules): readonly string[] {
  const others = new Set<string | undefined>([
    alerts.heartbeat?.channel,
    ...Object.values(policies).map(({ heartbeat }) => heartbeat),
    ...audit.witnesses.map((witness) => ('channel' in witness ? witness.channel : undefined)),
  ]);
  return Object.keys(channels).filter((channel) => !others.has(channel));
}
