// `holdfast report`: is everything saved, and is it proven? As text, as a page, by mail; and what was told on an earlier day.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Message } from '../../channels/channel.ts';
import type { DailyReport } from '../../control/reports/daily.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { nodeName } from '../control/nodes.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { invalidOption } from '../options.ts';
import { isoTime, pathText } from '../show.ts';

export const command: Command = {
  name: 'report',
  options: [
    { flags: '--date <day>', text: 'option.reportDate' },
    { flags: '--html <file>', text: 'option.reportHtml' },
    { flags: '--send', text: 'option.reportSend' },
    ...controlOptions,
  ],
  examples: ['report', 'report --html /srv/www/backup.html', 'report --send', 'report --date 2026-11-20'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, texts } = invocation;
  const day = options.text('date');
  if (day !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(day)) {
    throw invalidOption('--date', day, 'a day such as 2026-11-20');
  }
  if (day !== undefined && options.flag('send')) {
    throw invalidOption('--send', '--date', 'the report of today: leave out --date');
  }
  await using catalog = await openCatalogOf(invocation);
  if (day !== undefined) {
    const { reportOfDay } = await import('../../control/reports/send.ts');
    const message = await reportOfDay(catalog, day, texts.language, context);
    show(message, invocation);
    return { result: { day, title: message.title } };
  }
  const { currentConfiguration } = await import('../../catalog/configurations.ts');
  const { zoneOf } = await import('../../control/alerts/telling.ts');
  const { dailyReport } = await import('../../control/reports/daily.ts');
  const { reportMessage } = await import('../../control/reports/render-daily.ts');
  const { textsIn } = await import('../../control/texts/texts.ts');
  const configuration = await currentConfiguration(catalog, context);
  const node = nodeName(configuration.node, invocation.ambient);
  const report = await dailyReport(catalog, configuration, node, context);
  show(reportMessage(report, await textsIn(texts.language), zoneOf(configuration)), invocation);
  const sentTo = options.flag('send') ? await send(report, configuration, catalog, invocation) : [];
  return {
    outcome: report.light === 'green' ? 'succeeded' : 'partial',
    result: { ...fieldsOf(report), sentTo },
  };
}

function show(message: Message, { options, output, texts, ambient }: Invocation): void {
  const file = options.text('html');
  if (file === undefined) {
    for (const line of message.text.split('\n')) output.line(line);
    return;
  }
  const path = resolve(pathText(ambient.workingDirectory), file);
  writeFileSync(path, message.html ?? message.text, { mode: 0o640 });
  output.line(texts.say('report.written', { title: message.title, path }));
}

async function send(
  report: DailyReport,
  configuration: Configuration,
  catalog: Catalog,
  { ambient, context, output, texts }: Invocation,
): Promise<readonly string[]> {
  const { sendReportNow } = await import('../../control/reports/send.ts');
  const by = { node: ambient.hostName, actor: ambient.userName, method: 'local' };
  const sentTo = await sendReportNow(catalog, report, configuration, by, context);
  output.line(texts.say('report.handedOver', { channels: sentTo.join(', ') }));
  return sentTo;
}

function fieldsOf(report: DailyReport): Record<string, unknown> {
  return {
    at: isoTime(report.at),
    light: report.light,
    policies: report.policies.map(
      ({ name, state, light, repositories, lastGoodAt, provenAt, checkedAt }) => ({
        name,
        state,
        light,
        repositories,
        ...(lastGoodAt === undefined ? {} : { lastGoodAt: isoTime(lastGoodAt) }),
        ...(provenAt === undefined ? {} : { provenAt: isoTime(provenAt) }),
        ...(checkedAt === undefined ? {} : { checkedAt: isoTime(checkedAt) }),
      }),
    ),
    troubles: report.troubles.map(({ id, key, severity, title }) => ({ id, key, severity, title })),
    disks: report.disks,
  };
}
