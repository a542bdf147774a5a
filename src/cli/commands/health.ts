// `holdfast health`: how machines, backups and repositories are, in words that say what to do.

import { formatCount, formatDuration, formatShare } from '../../base/text.ts';
import type { HealthRecord } from '../../catalog/health.ts';
import { type HealthState, rankOf, worstOf } from '../../model/health.ts';
import type { ReliabilityWindow } from '../../model/reliability.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { nodeName } from '../control/nodes.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { isoTime, localTime, tableLines, wrapped } from '../show.ts';

export const command: Command = {
  name: 'health',
  options: [{ flags: '--now', text: 'option.lookNow' }, ...controlOptions],
  subcommands: [
    {
      name: 'figures',
      options: [
        { flags: '--window <time>', text: 'option.figuresWindow', choices: ['24h', '7d', '30d'] },
        ...controlOptions,
      ],
      run: figures,
    },
  ],
  examples: ['health', 'health --now', 'health figures --window 30d', 'health --json'],
  run,
};

const stateTexts = {
  ok: 'health.state.ok',
  unknown: 'health.state.unknown',
  warning: 'health.state.warning',
  critical: 'health.state.critical',
} as const;

/** Rounds that may be missed before what is known counts as old. */
const roundsMax = 3;

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts, ambient } = invocation;
  const { language } = texts;
  const { isBrakeOn } = await import('../../catalog/brake.ts');
  const { listHealth } = await import('../../catalog/health.ts');
  const { currentConfiguration } = await import('../../catalog/configurations.ts');
  const { sayHealth } = await import('../../control/health/words.ts');
  await using catalog = await openCatalogOf(invocation);
  const configuration = await currentConfiguration(catalog, context);
  if (options.flag('now')) {
    const { runHealthRound } = await import('../../control/health/round.ts');
    const { wantProbes } = await import('../../control/health/probes.ts');
    const parts = { catalog, configuration, node: nodeName(configuration.node, ambient) };
    await runHealthRound('node', parts, context);
    await runHealthRound('cluster', parts, context);
    await wantProbes(catalog, configuration, context);
  }
  const records = await listHealth(catalog, context);
  const now = context.clock.now();
  const ageMs = now - Math.max(0, ...records.map(({ checkedAt }) => checkedAt));
  const isStale = records.length === 0 || ageMs > roundsMax * configuration.health.interval;
  const isBraked = await isBrakeOn(catalog, context);
  const worst = worstOf([
    ...records.map(({ state }) => state),
    ...(isStale ? ['unknown' as const] : []),
    // Whoever looks after health alone must not take a day on which somebody destroys files for a good one.
    ...(isBraked ? ['critical' as const] : []),
  ]);
  const counts = countsOf(records);
  const count = (state: HealthState) => formatCount(counts[state], language);
  if (records.length === 0) output.line(texts.say('health.never'));
  else if (isStale) output.line(texts.say('health.stale', { age: formatDuration(ageMs, language) }));
  if (records.length > 0 && counts.ok === records.length && !isBraked) {
    output.line(texts.say('health.allWell', { count: count('ok') }));
  } else if (records.length > 0) {
    const values = { ok: count('ok'), unknown: count('unknown'), warning: count('warning') };
    output.line(texts.say('health.notWell', { ...values, critical: count('critical') }));
  }
  if (isBraked) output.line(texts.say('status.braked'));
  for (const record of [...records].sort((a, b) => rankOf(b.state) - rankOf(a.state))) {
    const { state, node, since } = record;
    const time = localTime(since, ambient.zoneOffsetMinutes);
    const more = state === 'ok' ? '' : ` (${texts.say('health.since', { time })})`;
    const where = node === '' ? '' : `${node}: `;
    const text = `${texts.say(stateTexts[state]).padEnd(9)} ${where}${sayHealth(record, language)}${more}`;
    for (const row of wrapped(text, ambient.output.columns, ' '.repeat(10))) output.line(row);
  }
  const result = {
    state: worst,
    isStale,
    isBraked,
    counts,
    checks: records.map((record) => ({
      ...fieldsOf(record),
      says: sayHealth(record, language),
    })),
  };
  if (worst === 'ok') return { result };
  return { outcome: worst === 'critical' ? 'failed' : 'partial', ...exitOf(worst), result };
}

async function figures(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts } = invocation;
  const { language } = texts;
  const { currentConfiguration } = await import('../../catalog/configurations.ts');
  const { measureReliability } = await import('../../control/reliability.ts');
  await using catalog = await openCatalogOf(invocation);
  const configuration = await currentConfiguration(catalog, context);
  const window = (options.text('window') ?? '7d') as ReliabilityWindow;
  const { overall, policies, from, until } = await measureReliability(
    catalog,
    { configuration, window },
    context,
  );
  const share = (value: number | undefined) => (value === undefined ? '–' : formatShare(value, 1, language));
  const time = (ms: number | undefined) => (ms === undefined ? '–' : formatDuration(ms, language));
  const { keepingRpo, knownRpo, restores } = overall;
  output.line(
    texts.say('figures.overall', {
      success: share(overall.successRate),
      availability: share(overall.availability),
      keeping: formatCount(keepingRpo, language),
      known: formatCount(knownRpo, language),
      restores: formatCount(restores, language),
    }),
  );
  const head = texts.say('figures.head').split('|');
  const rows = policies.map((one) => [
    one.policy,
    `${formatCount(one.effective, language)}/${formatCount(one.due, language)}`,
    share(one.successRate),
    `${time(one.worstRpoMs)} / ${time(one.rpoMs)}`,
    `${time(one.worstMs)} / ${time(one.rtoMs)}`,
    time(one.secondsPerGib === undefined ? undefined : one.secondsPerGib * 1000),
  ]);
  if (rows.length > 0) for (const line of tableLines([head, ...rows], [1, 2, 3, 4, 5])) output.line(line);
  return { result: { window, from: isoTime(from), until: isoTime(until), overall, policies } };
}

function exitOf(worst: HealthState): { readonly exit: number } {
  return { exit: worst === 'critical' ? 8 : 1 };
}

function countsOf(records: readonly HealthRecord[]): Record<HealthState, number> {
  const counts = { ok: 0, unknown: 0, warning: 0, critical: 0 };
  for (const { state } of records) counts[state] += 1;
  return counts;
}

function fieldsOf({ name, object, node, state, reason, facts, since, checkedAt }: HealthRecord) {
  return {
    name,
    object,
    node,
    state,
    reason,
    facts,
    since: isoTime(since),
    checkedAt: isoTime(checkedAt),
  };
}
