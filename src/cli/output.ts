// Everything the program says goes through here: lines for people, or JSON lines (docs/cli-json.md), never mixed.
// The status line of a terminal is taken away before a line is printed and drawn again after it.

import type { Log, Problem } from '../base/context.ts';
import type { Facts, Failure } from '../base/failure.ts';
import { escapeForTerminal } from '../base/text.ts';
import type { Ambient } from './ambient.ts';
import { failureFields, failureLines } from './exit.ts';
import { isoTime } from './show.ts';
import type { Texts } from './texts/texts.ts';

export interface Output {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  /** What a person asked for: standard output, nothing with --json. Control characters are escaped. */
  line(text: string): void;
  /** Remarks beside the result: standard error, silent with --quiet or --json. */
  note(text: string): void;
  /** One JSON line; nothing without --json. */
  emit(type: string, fields: Readonly<Record<string, unknown>>): void;
  /** Draws or takes away the status line of a terminal. */
  status(text: string | undefined): void;
  problem(problem: Problem): void;
  failure(failure: Failure): void;
  readonly log: Log;
}

/** After so many lines on a terminal, further problems are only counted. */
const problemLinesMax = 50;

export interface OutputChoice {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  readonly isRaw: boolean;
  readonly command: string;
}

export function createOutput(ambient: Ambient, texts: Texts, choice: OutputChoice): Output {
  const { isJson, isQuiet, isVerbose, isRaw } = choice;
  const jsonStream = isRaw ? ambient.errors : ambient.output;
  let status: string | undefined;
  let problems = 0;

  const draw = () => {
    if (status !== undefined) ambient.errors.write(`\r\x1b[2K${status}`);
  };
  const erase = () => {
    if (status !== undefined) ambient.errors.write('\r\x1b[2K');
  };
  const print = (stream: NodeJS.WritableStream, text: string) => {
    erase();
    stream.write(`${escapeForTerminal(text)}\n`);
    draw();
  };
  const emit = (type: string, fields: Readonly<Record<string, unknown>>) => {
    if (isJson) jsonStream.write(`${JSON.stringify({ type, ...fields }, jsonValue)}\n`);
  };
  const tell = (level: 'debug' | 'info' | 'warning' | 'error', message: string, facts?: Facts) => {
    if (level === 'debug' && !isVerbose) return;
    if (isJson) {
      emit('log', { level, time: isoTime(ambient.clock.now()), message, ...(facts ? { facts } : {}) });
    } else if (!isQuiet || level === 'error') {
      const label = level === 'warning' ? `${texts.say('output.warning')}: ` : '';
      const more = facts && isVerbose ? ` ${JSON.stringify(facts)}` : '';
      print(ambient.errors, `holdfast: ${label}${texts.phrase(message)}${more}`);
    }
  };
  return {
    isJson,
    isQuiet,
    isVerbose,
    line: (text) => {
      if (!isJson) print(ambient.output, text);
    },
    note: (text) => {
      if (!isJson && !isQuiet) print(ambient.errors, text);
    },
    emit,
    status(text) {
      if (text === undefined) erase();
      status = text;
      draw();
    },
    problem(problem) {
      problems += 1;
      emit('problem', { path: problem.path, code: problem.code, message: problem.message });
      if (isJson) return;
      if (problems <= problemLinesMax || isVerbose) {
        const message = texts.phrase(problem.message);
        const text = texts.say('output.problem', { path: problem.path, message });
        print(ambient.errors, `${text} (${problem.code})`);
      } else if (problems === problemLinesMax + 1) {
        print(ambient.errors, texts.say('output.problemsHidden'));
      }
    },
    failure(failure) {
      if (isJson) {
        emit('failure', { schema: 1, command: choice.command, ok: false, ...failureFields(failure, texts) });
      } else {
        const { columns } = ambient.errors;
        for (const text of failureLines(failure, texts, isVerbose, columns)) print(ambient.errors, text);
      }
    },
    log: {
      debug: (message, facts) => tell('debug', message, facts),
      info: (message, facts) => tell('info', message, facts),
      warn: (message, facts) => tell('warning', message, facts),
      error: (message, facts) => tell('error', message, facts),
    },
  };
}

/** Nanoseconds exceed what JSON numbers hold, so big integers are printed as decimal text; milliseconds are whole. */
function jsonValue(key: string, value: unknown): unknown {
  if (typeof value === 'number' && key.endsWith('Ms')) return Math.round(value);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return value;
}
