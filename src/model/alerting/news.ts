// What has to be told to whom, decided from what there is and what was told before: nothing is remembered elsewhere, so it may be asked again
// and again, and after any crash. The laws are in test/model/alerting/news.test.ts.

import type { Instant } from '../../base/context.ts';
import { type AlertSeverity, severityRank } from './routing.ts';

/** An alert as far as telling it goes: of several with one key, the last. */
export interface Trouble {
  readonly key: string;
  readonly alertId: string;
  readonly severity: AlertSeverity;
  readonly state: 'open' | 'acknowledged' | 'resolved';
  /** Grows when it becomes worse and when an acknowledgement runs out. */
  readonly news: number;
  readonly newsAt: Instant;
  /** Whom it concerns now. */
  readonly channels: readonly string[];
}

export type NewsReason = 'new' | 'repeat' | 'escalated' | 'resolved';

/** What was, or is going to be, told of a key to a channel. What was given up or dropped is none. */
export interface Told {
  readonly id: string;
  readonly key: string;
  readonly alertId: string;
  readonly news: number;
  readonly channel: string;
  readonly reason: NewsReason;
  readonly severity: AlertSeverity;
  /** `waiting`: can still be taken back. `sending`: may have arrived. */
  readonly state: 'waiting' | 'sending' | 'told';
  readonly at: Instant;
}

export interface NewsRules {
  readonly repeatMs: number;
  readonly escalation?: { readonly afterMs: number; readonly channels: readonly string[] };
}

export interface Tidings {
  readonly key: string;
  readonly alertId: string;
  readonly news: number;
  readonly channel: string;
  readonly reason: NewsReason;
  readonly severity: AlertSeverity;
}

export interface NewsPlan {
  readonly add: readonly Tidings[];
  /** Ids of what is not to be told any more: the end of something that came back before its end was told. */
  readonly drop: readonly string[];
  /** Ids of what nobody needs to look at again. */
  readonly close: readonly string[];
}

/** `told` in the order of telling. */
export function planNews(
  troubles: readonly Trouble[],
  told: readonly Told[],
  rules: NewsRules,
  now: Instant,
): NewsPlan {
  const byKey = Map.groupBy(told, ({ key }) => key);
  const plans = troubles.map((trouble) => {
    const known = byKey.get(trouble.key) ?? [];
    return trouble.state === 'resolved' ? planEnd(trouble, known) : planTrouble(trouble, known, rules, now);
  });
  return {
    add: plans.flatMap(({ add }) => add),
    drop: plans.flatMap(({ drop }) => drop),
    close: plans.flatMap(({ close }) => close),
  };
}

function planTrouble(trouble: Trouble, all: readonly Told[], rules: NewsRules, now: Instant): NewsPlan {
  const drop = all.filter(({ reason, state }) => reason === 'resolved' && state === 'waiting');
  const known = all.filter((one) => !drop.includes(one));
  const escalation = escalationOf(trouble, known, rules, now);
  // Who was called in stays in the circle.
  const circle = new Set([...trouble.channels, ...known.map(({ channel }) => channel)]);
  const add: Tidings[] = [];
  const close: string[] = [];
  for (const channel of circle) {
    const before = known.filter((one) => one.channel === channel);
    const reason = reasonToTell(trouble, before, rules, now);
    if (
      reason !== undefined &&
      (reason !== 'new' || before.length > 0 || trouble.channels.includes(channel))
    ) {
      add.push(tidings(trouble, channel, reason));
    }
    // One of each reason is enough to know what was told.
    close.push(...outdated(before));
  }
  for (const channel of escalation) add.push(tidings(trouble, channel, 'escalated'));
  return { add, drop: drop.map(({ id }) => id), close };
}

function reasonToTell(
  trouble: Trouble,
  before: readonly Told[],
  { repeatMs }: NewsRules,
  now: Instant,
): 'new' | 'repeat' | undefined {
  if (trouble.state === 'acknowledged') return undefined;
  const last = before.at(-1);
  if (last === undefined || last.reason === 'resolved') return 'new';
  const isWorse = severityRank[trouble.severity] > severityRank[last.severity];
  // Back before its end was told: for those who heard of it, it never ended.
  const isNews = trouble.alertId === last.alertId && trouble.news > last.news;
  if (isWorse || isNews) return 'new';
  if (last.state !== 'told' || trouble.severity === 'info') return undefined;
  return now - last.at >= repeatMs ? 'repeat' : undefined;
}

function escalationOf(
  trouble: Trouble,
  known: readonly Told[],
  { escalation }: NewsRules,
  now: Instant,
): readonly string[] {
  if (escalation === undefined || trouble.severity !== 'critical' || trouble.state !== 'open') return [];
  const criticals = known.filter(({ severity, reason }) => severity === 'critical' && reason !== 'resolved');
  // A trouble that comes and goes is as old as its first telling.
  const earlier = criticals.filter(({ alertId }) => alertId !== trouble.alertId).map(({ at }) => at);
  if (now - Math.min(trouble.newsAt, ...earlier) < escalation.afterMs) return [];
  return escalation.channels.filter(
    (channel) =>
      !criticals.some(
        (one) =>
          one.channel === channel &&
          one.reason === 'escalated' &&
          (one.alertId !== trouble.alertId || one.news >= trouble.news),
      ),
  );
}

function planEnd(trouble: Trouble, known: readonly Told[]): NewsPlan {
  const add: Tidings[] = [];
  const drop: string[] = [];
  const close: string[] = [];
  for (const [channel, before] of Map.groupBy(known, (one) => one.channel)) {
    const last = before.at(-1)!;
    if (last.reason !== 'resolved') {
      const heard = before.filter(({ reason }) => reason !== 'resolved');
      const worst = heard.reduce((a, b) =>
        severityRank[b.severity] > severityRank[a.severity] ? b : a,
      ).severity;
      if (worst === 'info') close.push(...settled(before));
      else add.push({ ...tidings(trouble, channel, 'resolved'), severity: worst });
    } else if (last.state === 'told') {
      close.push(...settled(before));
    } else if (last.state === 'waiting' && before.every(({ reason }) => reason === 'resolved')) {
      // The trouble itself was given up: who never heard of it need not hear of its end.
      drop.push(last.id);
    }
  }
  return { add, drop, close };
}

function tidings({ key, alertId, news, severity }: Trouble, channel: string, reason: NewsReason): Tidings {
  return { key, alertId, news, channel, reason, severity };
}

function settled(before: readonly Told[]): string[] {
  return before.filter(({ state }) => state === 'told').map(({ id }) => id);
}

function outdated(before: readonly Told[]): string[] {
  return before
    .filter((one, i) => one.state === 'told' && before.slice(i + 1).some((later) => covers(later, one)))
    .map(({ id }) => id);
}

function covers(later: Told, one: Told): boolean {
  return (
    later.state === 'told' &&
    later.reason === one.reason &&
    severityRank[later.severity] >= severityRank[one.severity]
  );
}
