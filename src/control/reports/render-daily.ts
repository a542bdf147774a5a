// The daily report in words, for people who are no technicians: one answer first, then what it rests on.

import type { Instant } from '../../base/context.ts';
import { formatBytes } from '../../base/text.ts';
import type { Alert } from '../../catalog/alerts.ts';
import type { Message } from '../../channels/channel.ts';
import type { Zone } from '../../model/schedule/zone.ts';
import { heading, page, paragraph, quiet, table } from '../alerts/page.ts';
import { alertTitle } from '../alerts/render.ts';
import { dateTime, partsOf, shown } from '../alerts/shown.ts';
import type { ControlTexts, ReportTexts } from '../texts/texts.ts';
import type { DailyReport, DiskReport, PolicyReport } from './daily.ts';

const rowsMax = 100;

export function reportMessage(report: DailyReport, texts: ControlTexts, zone: Zone): Message {
  const { reports, language } = texts;
  const light = reports.lights[report.light];
  const title = reports.title(texts.date(partsOf(report.at, zone)), light);
  const sections = sectionsOf(report, texts, zone);
  const answer = reports.answers[report.light];
  const closing = [
    ...(report.contact === undefined ? [] : [reports.contact(shown(report.contact))]),
    reports.made(dateTime(report.at, zone, texts), shown(report.node)),
  ];
  const text = [
    title,
    '',
    reports.question,
    answer,
    ...sections.flatMap((section) => ['', `== ${section.title}`, ...section.lines]),
    '',
    ...closing,
  ];
  const html = [
    heading(title, report.light),
    heading(reports.question, 'grey', 2),
    paragraph(answer),
    ...sections.flatMap((section) => [heading(section.title, 'grey', 2), section.html]),
    ...closing.map(quiet),
  ];
  return {
    severity: report.light === 'red' ? 'CRITICAL' : report.light === 'yellow' ? 'WARNING' : 'INFO',
    title,
    text: text.join('\n'),
    html: page(title, language, html.join('\n')),
    facts: {},
    links: [],
    language,
    dedupeKey: 'report/daily',
    at: report.at,
  };
}

interface Section {
  readonly title: string;
  readonly lines: readonly string[];
  readonly html: string;
}

function sectionsOf(report: DailyReport, texts: ControlTexts, zone: Zone): readonly Section[] {
  const { reports } = texts;
  const when = (at: Instant | undefined) => (at === undefined ? reports.never : dateTime(at, zone, texts));
  const active = report.policies.filter(({ state }) => state !== 'paused');
  const saved = report.policies.map((policy) => [
    nameOf(policy),
    stateText(policy, reports),
    when(policy.lastGoodAt),
    policy.repositories.map((one) => shown(one)).join(', '),
  ]);
  const proven = active.map((policy) => [nameOf(policy), when(policy.provenAt), when(policy.checkedAt)]);
  const troubles = report.troubles.map((alert) => [troubleText(alert, texts, zone)]);
  const disks = report.disks.map((disk) => [shown(disk.repository), diskText(disk, texts)]);
  const savedHeads = [reports.policy, reports.state, reports.lastGood, reports.places];
  const provenHeads = [reports.policy, reports.lastProven, reports.lastChecked];
  return [
    section(reports.saved, savedHeads, saved, reports.noPolicies, reports),
    section(reports.proven, provenHeads, proven, reports.noPolicies, reports, reports.provenWhat),
    section(reports.troubles, [], troubles, reports.noTroubles, reports),
    section(reports.disk, [], disks, reports.noDisks, reports),
  ];
}

function section(
  title: string,
  heads: readonly string[],
  all: readonly (readonly string[])[],
  none: string,
  reports: ReportTexts,
  note?: string,
): Section {
  const rows = all.slice(0, rowsMax);
  const more = all.length > rows.length ? [reports.more(all.length - rows.length)] : [];
  const notes = [...(rows.length === 0 ? [none] : []), ...more, ...(note === undefined ? [] : [note])];
  return {
    title,
    lines: [...rows.map((row) => `- ${lineOf(heads, row)}`), ...notes],
    html: [...(rows.length === 0 ? [] : [table(heads, rows)]), ...notes.map(paragraph)].join('\n'),
  };
}

/** "files – State: good – Last good backup: …": lines stay readable where columns would not. */
function lineOf(heads: readonly string[], row: readonly string[]): string {
  return row
    .map((value, i) => (i === 0 || heads[i] === undefined || value === '' ? value : `${heads[i]}: ${value}`))
    .filter((value) => value !== '')
    .join(' – ');
}

function nameOf({ name, description }: PolicyReport): string {
  return description === undefined ? shown(name) : `${shown(description)} (${shown(name)})`;
}

function stateText({ state }: PolicyReport, reports: ReportTexts): string {
  const words = {
    good: reports.good,
    new: reports.fresh,
    incomplete: reports.incomplete,
    'too-old': reports.tooOld,
    paused: reports.paused,
  };
  return words[state];
}

function troubleText(alert: Alert, texts: ControlTexts, zone: Zone): string {
  const { reports, messages } = texts;
  const { title, todo } = alertTitle(alert, texts);
  const { acknowledged } = alert;
  const done =
    acknowledged === undefined
      ? reports.unseen
      : reports.seenBy(shown(acknowledged.actor), dateTime(acknowledged.until, zone, texts));
  const since = reports.since(dateTime(alert.firstAt, zone, texts));
  return `${messages.severities[alert.severity]}: ${title} (${since}; ${done}). ${todo}`;
}

function diskText({ freeBytes, totalBytes }: DiskReport, { reports, language }: ControlTexts): string {
  const used = totalBytes === 0 ? 0 : Math.round(((totalBytes - freeBytes) / totalBytes) * 100);
  return reports.freeOf(formatBytes(freeBytes, language), formatBytes(totalBytes, language), used);
}
