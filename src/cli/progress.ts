// The Monitor of a terminal, a log file and a program: a bar with share, rate and remaining time; a quiet line every half
// minute; or JSON lines every second. It only counts while the operation runs; timers do the drawing.

import type { Counter, Monitor } from '../base/context.ts';
import { escapeForTerminal, formatBytes, formatCount, formatDuration } from '../base/text.ts';
import type { Ambient } from './ambient.ts';
import type { Output } from './output.ts';
import type { Texts } from './texts/texts.ts';

const drawIntervalMs = 200;
const lineIntervalMs = 30_000;
const jsonIntervalMs = 1_000;
const barWidth = 24;
/** The rate is that of about the last ten seconds. */
const rateWindowMs = 10_000;

export interface Progress {
  readonly monitor: Monitor;
  readonly problemCount: () => number;
  end(): void;
}

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

interface State {
  phase: string;
  problems: number;
  readonly counts: Record<Counter, number>;
  readonly totals: Partial<Record<Counter, number>>;
  readonly startedAt: number;
  samples: Sample[];
}

export function startProgress(ambient: Ambient, output: Output, texts: Texts): Progress {
  const state: State = {
    phase: '',
    problems: 0,
    counts: { entries: 0, entriesUnchanged: 0, sourceBytes: 0, newBlobs: 0, storedBytes: 0, objects: 0 },
    totals: {},
    startedAt: ambient.clock.elapsed(),
    samples: [],
  };
  const isTerminal = !output.isJson && ambient.errors.isTTY === true;
  const draw = () => {
    if (state.phase === '') return;
    const elapsedMs = sample(state, ambient.clock.elapsed());
    if (output.isJson) output.emit('progress', jsonFields(state, elapsedMs));
    else if (isTerminal) output.status(fit(barLine(state, texts), ambient.errors.columns));
    else output.note(plainLine(state, elapsedMs, texts));
  };
  const intervalMs = output.isJson ? jsonIntervalMs : isTerminal ? drawIntervalMs : lineIntervalMs;
  const stop = output.isQuiet ? () => {} : ambient.every(intervalMs, draw);
  return {
    monitor: {
      count(counter, increment) {
        state.counts[counter] += increment;
      },
      total(counter, value) {
        state.totals[counter] = value;
      },
      phase(name) {
        if (name === state.phase) return;
        state.phase = name;
        state.samples = [];
        if (output.isJson && !output.isQuiet) output.emit('phase', { name });
      },
      problem(problem) {
        state.problems += 1;
        output.problem(problem);
      },
    },
    problemCount: () => state.problems,
    end() {
      stop();
      output.status(undefined);
    },
  };
}

/** Notes the bytes so far, forgets what is older than the window, and returns the time since the start. */
function sample(state: State, at: number): number {
  state.samples.push({ at, bytes: state.counts.sourceBytes });
  while (state.samples.length > 2 && at - (state.samples[0]?.at ?? at) > rateWindowMs) state.samples.shift();
  return at - state.startedAt;
}

function bytesPerSecond(state: State): number {
  const first = state.samples[0];
  const last = state.samples.at(-1);
  if (!first || !last || last.at <= first.at) return 0;
  return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
}

/** Share of the work from 0 to 1 where a total is known. */
function shareOf(state: State): number | undefined {
  const counter = state.totals.sourceBytes ? 'sourceBytes' : state.totals.entries ? 'entries' : 'objects';
  const total = state.totals[counter];
  return total ? Math.min(1, state.counts[counter] / total) : undefined;
}

function remainingMs(state: State): number | undefined {
  const total = state.totals.sourceBytes;
  const rate = bytesPerSecond(state);
  if (!total || rate <= 0) return undefined;
  return (Math.max(0, total - state.counts.sourceBytes) * 1000) / rate;
}

function facts(state: State, texts: Texts): string {
  const { language } = texts;
  const parts = [texts.say('progress.entries', { count: formatCount(state.counts.entries, language) })];
  if (state.counts.sourceBytes > 0) parts.push(formatBytes(state.counts.sourceBytes, language));
  const rate = bytesPerSecond(state);
  if (rate > 0) parts.push(`${formatBytes(rate, language)}/s`);
  const remaining = remainingMs(state);
  if (remaining !== undefined)
    parts.push(texts.say('progress.remaining', { time: formatDuration(remaining, language) }));
  if (state.problems > 0)
    parts.push(texts.say('progress.problems', { count: formatCount(state.problems, language) }));
  return parts.join(' · ');
}

function barLine(state: State, texts: Texts): string {
  const share = shareOf(state);
  const phase = texts.find(`phase.${state.phase}`) ?? state.phase;
  if (share === undefined) return escapeForTerminal(`${phase} · ${facts(state, texts)}`);
  const full = Math.round(share * barWidth);
  const bar = '█'.repeat(full) + '░'.repeat(barWidth - full);
  return escapeForTerminal(`${phase} ${bar} ${Math.floor(share * 100)} % · ${facts(state, texts)}`);
}

function plainLine(state: State, elapsedMs: number, texts: Texts): string {
  const share = shareOf(state);
  const phase = texts.find(`phase.${state.phase}`) ?? state.phase;
  const percent = share === undefined ? '' : ` ${Math.floor(share * 100)} %`;
  return `holdfast: ${phase}${percent} · ${facts(state, texts)} · ${formatDuration(elapsedMs, texts.language)}`;
}

function jsonFields(state: State, elapsedMs: number): Record<string, unknown> {
  const share = shareOf(state);
  const remaining = remainingMs(state);
  return {
    phase: state.phase,
    ...(share === undefined ? {} : { share: Number(share.toFixed(4)) }),
    counts: state.counts,
    totals: state.totals,
    problems: state.problems,
    bytesPerSecond: Math.round(bytesPerSecond(state)),
    ...(remaining === undefined ? {} : { remainingMs: Math.round(remaining) }),
    elapsedMs: Math.round(elapsedMs),
  };
}

/** A line longer than the terminal would wrap and could not be erased. */
function fit(line: string, columns: number | undefined): string {
  const width = Math.max(20, (columns ?? 80) - 1);
  const characters = [...line];
  return characters.length <= width ? line : `${characters.slice(0, width - 1).join('')}…`;
}
