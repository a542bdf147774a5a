// Runs, alerts and policies of the catalog as people and programs are shown them.

import type { Instant } from '../../base/context.ts';
import { escapeForTerminal, formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import type { Alert } from '../../catalog/alerts.ts';
import type { Policy } from '../../catalog/policies.ts';
import type { Run } from '../../catalog/runs.ts';
import { healthReasons, sayHealth } from '../../control/health/words.ts';
import type { Invocation } from '../command.ts';
import { isoTime, localTime } from '../show.ts';
import type { Texts } from '../texts/texts.ts';

const outcomeTexts = {
  succeeded: 'outcome.succeeded',
  partial: 'outcome.partial',
  failed: 'outcome.failed',
  canceled: 'outcome.canceled',
  running: 'outcome.running',
  never: 'outcome.never',
} as const;

const severityTexts = {
  info: 'severity.info',
  warning: 'severity.warning',
  critical: 'severity.critical',
} as const;

const stateTexts = {
  open: 'alert.open',
  acknowledged: 'alert.acknowledged',
  resolved: 'alert.resolved',
} as const;

export type Names = ReadonlyMap<string, string>;

export function runFields(run: Run, policy: string): Readonly<Record<string, unknown>> {
  const { dueAt, startedAt, endedAt, ...rest } = run;
  return {
    ...rest,
    policy,
    dueAt: isoTime(dueAt),
    startedAt: isoTime(startedAt),
    ...(endedAt === undefined ? {} : { endedAt: isoTime(endedAt) }),
  };
}

export function runRow(run: Run, policy: string, invocation: Invocation): string[] {
  const { texts, ambient, context } = invocation;
  const { language } = texts;
  const durationMs = (run.endedAt ?? context.clock.now()) - run.startedAt;
  return [
    run.id,
    localTime(run.startedAt, ambient.zoneOffsetMinutes),
    policy,
    outcomeText(run, invocation),
    formatDuration(Math.max(0, durationMs), language),
    formatCount(run.counts.entries ?? 0, language),
    formatBytes(run.counts.sourceBytes ?? 0, language),
    formatCount(run.problemCount, language),
  ];
}

export function outcomeText(
  { state, outcome }: Pick<Run, 'state' | 'outcome'>,
  { texts }: Invocation,
): string {
  return texts.say(outcomeTexts[state === 'running' ? 'running' : (outcome ?? 'never')]);
}

export function failureLine({ code, message }: NonNullable<Run['failure']>, texts: Texts): string {
  return `${escapeForTerminal(texts.phrase(message))} (${code})`;
}

export function alertFields(alert: Alert, names: Names): Readonly<Record<string, unknown>> {
  const { firstAt, lastAt, resolvedAt, acknowledged, policyId, ...rest } = alert;
  const policy = policyId === undefined ? undefined : names.get(policyId);
  return {
    ...rest,
    ...(policyId === undefined ? {} : { policyId }),
    ...(policy === undefined ? {} : { policy }),
    firstAt: isoTime(firstAt),
    lastAt: isoTime(lastAt),
    ...(resolvedAt === undefined ? {} : { resolvedAt: isoTime(resolvedAt) }),
    ...(acknowledged === undefined
      ? {}
      : { acknowledged: { ...acknowledged, until: isoTime(acknowledged.until) } }),
  };
}

export function alertRow(alert: Alert, { texts, ambient }: Invocation): string[] {
  return [
    alert.id,
    texts.say(severityTexts[alert.severity]),
    texts.say(stateTexts[alert.state]),
    localTime(alert.lastAt, ambient.zoneOffsetMinutes),
    formatCount(alert.count, texts.language),
    titleIn(texts, alert),
  ];
}

/** In the language of who asks; it was raised in English. */
function titleIn(texts: Texts, { key, title, facts }: Alert): string {
  const { reason, object } = facts;
  const isKnown = typeof reason === 'string' && healthReasons[texts.language].includes(reason);
  if (!key.startsWith('health:') || !isKnown || typeof object !== 'string') return texts.phrase(title);
  return sayHealth({ object, reason, facts }, texts.language);
}

export function policyFields(policy: Policy): Readonly<Record<string, unknown>> {
  const { createdAt, updatedAt, lastEndedAt, lastSucceededAt, ...rest } = policy;
  const time = (name: string, at: Instant | undefined) => (at === undefined ? {} : { [name]: isoTime(at) });
  return {
    ...rest,
    createdAt: isoTime(createdAt),
    updatedAt: isoTime(updatedAt),
    ...time('lastEndedAt', lastEndedAt),
    ...time('lastSucceededAt', lastSucceededAt),
  };
}
