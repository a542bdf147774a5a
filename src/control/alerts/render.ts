// From alerts to a message that people understand: what happened, what it means, what to do, whom to ask. The same input gives the same
// message, so that what is sent again is known as the same. What alerts say comes from outside and is made harmless here.

import type { Instant } from '../../base/context.ts';
import type { Language } from '../../base/text.ts';
import type { Alert } from '../../catalog/alerts.ts';
import type { Beat, Message } from '../../channels/channel.ts';
import type { NewsReason } from '../../model/alerting/news.ts';
import { type AlertSeverity, severityRank, topicOf } from '../../model/alerting/routing.ts';
import type { Zone } from '../../model/schedule/zone.ts';
import { healthReasons, sayHealth } from '../health/words.ts';
import type { ControlTexts, TopicText } from '../texts/texts.ts';
import { type Colour, heading, labelled, page, paragraph, quiet } from './page.ts';
import { dateTime, shown } from './shown.ts';

/** One trouble, and all that this message has to tell of it. */
export interface NewsItem {
  readonly alert: Alert & { readonly policy?: string };
  readonly reasons: readonly NewsReason[];
  /** The worst of what is told. */
  readonly severity: AlertSeverity;
  /** How often it came within the last hour. */
  readonly times: number;
  readonly flaps: boolean;
}

export interface Surroundings {
  readonly texts: ControlTexts;
  readonly zone: Zone;
  readonly node: string;
  readonly at: Instant;
  /** Who answers questions. */
  readonly contact?: string;
  /** Of the pages of this installation. */
  readonly origin?: string;
}

/** More are counted: a disaster has thousands. */
const itemsMax = 50;
const factsMax = 20;

export function newsMessage(items: readonly NewsItem[], around: Surroundings): Message {
  const sorted = items.toSorted(
    (a, b) => Number(isOver(a)) - Number(isOver(b)) || severityRank[b.severity] - severityRank[a.severity],
  );
  const parts = sorted.slice(0, itemsMax).map((item) => describe(item, around));
  const { texts, at } = around;
  const [only] = sorted.length === 1 ? parts : [];
  const open = sorted.filter((item) => !isOver(item));
  const critical = open.filter(({ severity }) => severity === 'critical').length;
  const counts = { open: open.length, critical, over: sorted.length - open.length };
  const title = only?.title ?? texts.messages.groupTitle(counts);
  const rest = sorted.length - parts.length;
  const more = rest > 0 ? [texts.messages.more(rest)] : [];
  const closing = closingLines(around, open.length > 0);
  return {
    severity: severityOf(open),
    title,
    text: [...parts.map((part) => textOf(part, only === undefined)), ...more, closing.join('\n')].join(
      '\n\n',
    ),
    html: page(
      title,
      texts.language,
      [
        ...(only === undefined ? [heading(title)] : []),
        ...parts.map((part) => htmlOf(part, only === undefined ? 2 : 1)),
        ...more.map(paragraph),
        ...closing.map(quiet),
      ].join('\n'),
    ),
    facts: only === undefined ? counts : { node: shown(around.node), key: shown(sorted[0]!.alert.key) },
    links: linksOf(around),
    language: texts.language,
    dedupeKey: only === undefined ? `alerts/${at}` : `alert/${shown(sorted[0]!.alert.key)}`,
    at,
  };
}

/** That a backup went well, for those who want to hear of it. */
export function successMessage(
  run: { readonly policy: string; readonly at: Instant },
  around: Surroundings,
): Message {
  const { messages, language } = around.texts;
  const policy = shown(run.policy);
  const title = messages.successTitle(policy);
  const when = dateTime(run.at, around.zone, around.texts);
  const closing = closingLines(around, false);
  return {
    severity: 'INFO',
    title,
    text: [title, when, '', messages.successText, '', ...closing].join('\n'),
    html: page(
      title,
      language,
      [heading(title, 'green'), paragraph(when), paragraph(messages.successText), ...closing.map(quiet)].join(
        '\n',
      ),
    ),
    facts: { policy, node: shown(around.node) },
    links: linksOf(around),
    language,
    dedupeKey: `backup/${policy}`,
    at: run.at,
  };
}

/** For a dead-man switch: that the control plane lives, or how a run of a policy goes. */
export function beatMessage(
  { beat, policy }: { readonly beat: Beat; readonly policy?: string },
  { texts, node, at }: Pick<Surroundings, 'texts' | 'node' | 'at'>,
): Message {
  const title =
    policy === undefined
      ? texts.messages.heartbeat(shown(node))
      : texts.messages.runBeat[beat](shown(policy));
  return {
    severity: beat === 'fail' ? 'CRITICAL' : 'INFO',
    title,
    text: title,
    facts: { node: shown(node) },
    links: [],
    language: texts.language,
    dedupeKey: policy === undefined ? 'beat' : `beat/${shown(policy)}`,
    at,
    beat,
  };
}

interface Described {
  readonly title: string;
  readonly label: string;
  readonly colour: Colour;
  readonly why: readonly string[];
  readonly times: readonly (readonly [string, string])[];
  readonly reported: string;
  readonly reportedAs: string;
  readonly advice: readonly (readonly [string, string])[];
  readonly facts: readonly (readonly [string, string])[];
  readonly detailsAs: string;
}

function describe(item: NewsItem, { texts, zone }: Surroundings): Described {
  const { alert, reasons, severity } = item;
  const { messages } = texts;
  const { text, object } = topicTextOf(alert, messages.topics);
  const over = isOver(item);
  const base = over ? text.over(object) : text.title(object);
  const isEscalated = reasons.includes('escalated');
  const isRepeat = !isEscalated && reasons.every((reason) => reason === 'repeat');
  const title = over
    ? base
    : isEscalated
      ? messages.escalated(base)
      : isRepeat
        ? messages.repeated(base)
        : base;
  const when = (at: Instant) => dateTime(at, zone, texts);
  return {
    title,
    label: over ? '' : messages.severities[severity],
    colour: over ? 'green' : severity === 'critical' ? 'red' : severity === 'warning' ? 'yellow' : 'grey',
    why: [
      ...(over || !isEscalated ? [] : [messages.escalatedWhy]),
      ...(over || !isRepeat ? [] : [messages.repeatedWhy]),
      ...(item.flaps ? [messages.flapping(item.times)] : []),
    ],
    times: [
      [messages.since, when(alert.firstAt)],
      ...(over && alert.resolvedAt !== undefined
        ? [[messages.overSince, when(alert.resolvedAt)] as const]
        : [[messages.last, when(alert.lastAt)] as const]),
      ...(alert.count > 1 ? [[messages.times, String(alert.count)] as const] : []),
    ],
    reported: shown(reportedOf(alert, texts.language), 500),
    reportedAs: messages.report,
    advice: over
      ? []
      : [
          [messages.means, text.means],
          [messages.todo, text.todo],
        ],
    facts: Object.entries(alert.facts)
      .filter(([, value]) => value !== '')
      .slice(0, factsMax)
      .map(([name, value]) => [shown(name, 60), shown(String(value), 500)]),
    detailsAs: messages.details,
  };
}

function textOf(part: Described, isOneOfMany: boolean): string {
  const label = part.label === '' ? '' : `${part.label.toUpperCase()}: `;
  const lines = [
    ...(isOneOfMany ? [`== ${label}${part.title}`] : [`${label}${part.title}`]),
    ...part.why,
    '',
    ...part.times.map(([name, value]) => `${name}: ${value}`),
    `${part.reportedAs}: ${part.reported}`,
    ...part.advice.flatMap(([name, value]) => ['', `${name}:`, value]),
    ...(part.facts.length === 0 ? [] : ['', `${part.detailsAs}:`]),
    ...part.facts.map(([name, value]) => `  ${name}: ${value}`),
  ];
  return lines.join('\n');
}

function htmlOf(part: Described, level: 1 | 2): string {
  const label = part.label === '' ? '' : `${part.label}: `;
  const below = level === 1 ? 2 : 3;
  return [
    heading(`${label}${part.title}`, part.colour, level),
    ...part.why.map(paragraph),
    labelled([...part.times, [part.reportedAs, part.reported]]),
    ...part.advice.map(([name, value]) => heading(name, 'grey', below) + paragraph(value)),
    ...(part.facts.length === 0 ? [] : [heading(part.detailsAs, 'grey', below), labelled(part.facts)]),
  ].join('\n');
}

/** Health checks say in both languages what they found; other alerts have their title. */
function reportedOf({ key, title, facts }: Alert, language: Language): string {
  const { reason, object } = facts;
  if (topicOf(key) !== 'health' || typeof reason !== 'string' || !healthReasons[language].includes(reason))
    return title;
  return sayHealth({ object: typeof object === 'string' ? object : '', reason, facts }, language);
}

/** The text of "health:disk", else of "health", else of none; `object` is what follows in the key. */
function topicTextOf(
  alert: NewsItem['alert'],
  topics: Readonly<Record<string, TopicText>>,
): { readonly text: TopicText; readonly object: string } {
  const [topic = '', second = '', ...more] = alert.key.split(':');
  const named = (key: string) => (Object.hasOwn(topics, key) ? topics[key] : undefined);
  const { object: given, outcome } = alert.facts;
  const narrow = named(`${topic}:${second}`);
  if (narrow !== undefined) {
    // In the key the name of a machine may stand before it.
    return { text: narrow, object: shown(typeof given === 'string' ? given : more.join(':'), 100) };
  }
  const text = (outcome === 'partial' ? named(`${topic}/partial`) : undefined) ?? named(topic);
  const object = alert.policy ?? alert.key.slice(topic.length + 1);
  if (text !== undefined) return { text, object: shown(object, 100) };
  return { text: topics['']!, object: shown(alert.key, 100) };
}

/** What an alert is called, and what to do about it. */
export function alertTitle(
  alert: NewsItem['alert'],
  { messages }: ControlTexts,
): { readonly title: string; readonly todo: string } {
  const { text, object } = topicTextOf(alert, messages.topics);
  return { title: text.title(object), todo: text.todo };
}

function isOver({ reasons }: NewsItem): boolean {
  return reasons.at(-1) === 'resolved';
}

function severityOf(open: readonly NewsItem[]): Message['severity'] {
  const worst = Math.max(0, ...open.map(({ severity }) => severityRank[severity]));
  return worst === 2 ? 'CRITICAL' : worst === 1 ? 'WARNING' : 'INFO';
}

function closingLines({ texts: { messages }, contact, node }: Surroundings, hasOpen: boolean): string[] {
  return [
    ...(hasOpen ? [messages.acknowledge] : []),
    ...(contact === undefined ? [] : [messages.contact(shown(contact))]),
    messages.from(shown(node)),
  ];
}

function linksOf({ origin, texts }: Surroundings): Message['links'] {
  return origin === undefined ? [] : [{ title: texts.messages.dashboard, url: new URL('/', origin).href }];
}
