// The program of the API's process: opens the catalog that it is told, and serves until it is told to end or its parent is gone.

import type { LogLine, LogWish } from '../../api/handler.ts';
import type { Context } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { Secret } from '../../base/secret.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { openCatalog } from '../../catalog/open.ts';
import type { Sample } from '../../control/metrics/families.ts';
import type { Statistics } from '../../control/metrics/statistics.ts';
import { readAmbient } from '../ambient.ts';
import { toFailure } from '../exit.ts';
import { version } from '../version.ts';
import { createDownloads } from './api-downloads.ts';
import type { ApiCall, ApiNews } from './api-wire.ts';
import type { LogLevel } from './job-wire.ts';
import { optimizeAsUsual, restSmall } from './rest-small.ts';

const leaveMs = 4000;

const ambient = readAmbient();
const stopping = new AbortController();
const leave = () => {
  if (!stopping.signal.aborted) setTimeout(() => ambient.exitNow(1), leaveMs).unref();
  stopping.abort();
};
// Whoever comes after the parent wants the port at once, and nobody starts this one again.
process.on('disconnect', () => ambient.exitNow(1));
ambient.onSignal('SIGTERM', leave);
// A terminal sends Ctrl-C to all; when to end is the parent's word.
ambient.onSignal('SIGINT', () => undefined);
ambient.onSignal('SIGHUP', () => undefined);

const tell = (news: ApiNews) => {
  if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
};
const log = (level: LogLevel) => (message: string) => tell({ type: 'log', level, message });
const context: Context = {
  signal: stopping.signal,
  clock: ambient.clock,
  log: { debug: () => undefined, info: log('info'), warn: log('warn'), error: log('error') },
  monitor: {
    count: () => undefined,
    total: () => undefined,
    phase: () => undefined,
    problem: () => undefined,
  },
};

process.once('message', (call: ApiCall) => {
  serve(call).then(
    () => ambient.exitNow(0),
    (error: unknown) => {
      const { kind, code, message, hint } = toFailure(error, stopping.signal.aborted);
      const news: ApiNews = { type: 'failed', kind, code, message, ...(hint === undefined ? {} : { hint }) };
      if (!process.connected) return ambient.exitNow(1);
      process.send?.(news, undefined, undefined, () => ambient.exitNow(1));
    },
  );
});

async function serve({ catalog: place, rules, node, logs: files = [], tls }: ApiCall): Promise<void> {
  const { location, password } = place;
  const secret = password === undefined ? {} : { password: new Secret(Buffer.from(password, 'utf8')) };
  await using catalog = await openCatalog({ location, ...secret }, context, { migrate: false });
  const { startApi } = await import('../../api/server.ts');
  const download = createDownloads(tell);
  const logs = { logs: (wish: LogWish, within: Context) => logsOf(files, wish, within) };
  const given = {
    metrics: (within: Context) => metricsText(catalog, within),
    statistics: (within: Context) => statisticsOf(catalog, within),
    catalog,
    rules,
    node,
    download,
    ...(files.length === 0 ? {} : logs),
    ...(tls === undefined ? {} : { tls }),
  };
  const api = await startApi(given, context);
  optimizeAsUsual();
  tell({ type: 'listening', url: api.url });
  restSmall(ambient);
  await new Promise<void>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  await api.close();
}

/** Nothing is written yet where a log is missing. */
async function* logsOf(
  files: readonly string[],
  { run, level, last, follow }: LogWish,
  within: Context,
): AsyncGenerator<LogLine> {
  const { readLog } = await import('../logs/read.ts');
  const wish = { files, run, last, follow, ...(level === undefined ? {} : { level }) };
  try {
    yield* readLog(wish, within);
  } catch (error) {
    if (!isFailure(error, 'missing', 'LOG_MISSING')) throw error;
  }
}

/** Loaded when somebody asks: nobody may ever do. */
async function metricsText(catalog: Catalog, within: Context): Promise<string> {
  const { exposition } = await import('../../control/metrics/exposition.ts');
  return exposition(await samplesOf(catalog, within));
}

async function statisticsOf(catalog: Catalog, within: Context): Promise<Statistics> {
  const { statistics } = await import('../../control/metrics/statistics.ts');
  return statistics(await samplesOf(catalog, within));
}

async function samplesOf(catalog: Catalog, within: Context): Promise<readonly Sample[]> {
  const { collectMetrics } = await import('../../control/metrics/collect.ts');
  const { metricRules } = await import('../../control/metrics/rules.ts');
  const { policyLimit } = await metricRules(catalog, within);
  return collectMetrics(catalog, { version, policyLimit }, within);
}
