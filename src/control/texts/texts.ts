// What the control plane says to people in messages and reports. Each language is a value of this type, so that none can forget a text. All that
// is filled in comes from `shown` (alerts/shown.ts): nothing here may be trusted to be harmless.

import type { Language } from '../../base/text.ts';

/** What an alert is about, in words. `object`: the policy, disk, storage, channel … of its key; "" when it names none. */
export interface TopicText {
  title(object: string): string;
  means: string;
  todo: string;
  /** The title once it is over. */
  over(object: string): string;
}

export interface MessageTexts {
  readonly severities: Readonly<Record<'info' | 'warning' | 'critical', string>>;
  readonly topics: Readonly<Record<string, TopicText>>;
  readonly successTitle: (policy: string) => string;
  readonly successText: string;
  readonly repeated: (title: string) => string;
  readonly escalated: (title: string) => string;
  readonly groupTitle: (counts: {
    readonly open: number;
    readonly critical: number;
    readonly over: number;
  }) => string;
  readonly more: (count: number) => string;
  readonly since: string;
  readonly last: string;
  readonly times: string;
  readonly overSince: string;
  readonly report: string;
  readonly means: string;
  readonly todo: string;
  readonly details: string;
  readonly escalatedWhy: string;
  readonly repeatedWhy: string;
  readonly flapping: (times: number) => string;
  readonly acknowledge: string;
  readonly contact: (who: string) => string;
  readonly from: (node: string) => string;
  readonly dashboard: string;
  readonly heartbeat: (node: string) => string;
  readonly runBeat: Readonly<Record<'start' | 'success' | 'fail', (policy: string) => string>>;
}

export interface ReportTexts {
  readonly title: (date: string, light: string) => string;
  readonly question: string;
  readonly lights: Readonly<Record<'green' | 'yellow' | 'red', string>>;
  readonly answers: Readonly<Record<'green' | 'yellow' | 'red', string>>;
  readonly saved: string;
  readonly proven: string;
  readonly troubles: string;
  readonly disk: string;
  readonly policy: string;
  readonly lastGood: string;
  readonly places: string;
  readonly state: string;
  readonly never: string;
  readonly good: string;
  readonly fresh: string;
  readonly tooOld: string;
  readonly incomplete: string;
  readonly paused: string;
  readonly lastProven: string;
  readonly lastChecked: string;
  readonly provenWhat: string;
  readonly noTroubles: string;
  readonly since: (when: string) => string;
  readonly seenBy: (who: string, until: string) => string;
  readonly unseen: string;
  readonly freeOf: (free: string, total: string, percent: number) => string;
  readonly noDisks: string;
  readonly noPolicies: string;
  readonly more: (count: number) => string;
  readonly contact: (who: string) => string;
  readonly made: (when: string, node: string) => string;
}

export interface ControlTexts {
  readonly language: Language;
  readonly messages: MessageTexts;
  readonly reports: ReportTexts;
  readonly weekdays: readonly string[];
  readonly months: readonly string[];
  date(parts: DateParts): string;
  time(parts: DateParts): string;
}

export interface DateParts {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
  /** From Sunday, 0. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

export async function textsIn(language: Language): Promise<ControlTexts> {
  return language === 'de' ? (await import('./de.ts')).de : (await import('./en.ts')).en;
}
