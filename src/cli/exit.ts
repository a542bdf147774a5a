// How the program ends: the exit code, and what a person or a script is told when an operation stopped.

import { Failure, failureKinds } from '../base/failure.ts';
import { errorCode } from '../sources/files/system-error.ts';
import type { Ending } from './command.ts';
import { wrapped } from './show.ts';
import type { Texts } from './texts/texts.ts';

/** 0 succeeded · 1 partial · 8 a check found damage; a Failure's kind decides the others (base/failure.ts). */
export function exitOf(ending: Ending): number {
  if (ending.exit !== undefined) return ending.exit;
  if (ending.outcome === 'partial') return 1;
  return ending.outcome === 'failed' ? failureKinds.corrupt.exit : 0;
}

/** Every error becomes a Failure here; what nobody foresaw is a bug, not a shrug. */
export function toFailure(error: unknown, isAborted: boolean): Failure {
  if (error instanceof Failure) {
    if (isAborted && error.kind === 'unavailable') return canceled(error);
    return error;
  }
  if (isAborted && error instanceof Error && error.name === 'AbortError') return canceled(error);
  const known = error instanceof Error ? systemFailure(error) : undefined;
  if (known) return known;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure('bug', 'UNEXPECTED_ERROR', `an error nobody foresaw: "${message}"`, { cause: error });
}

function canceled(cause: Error): Failure {
  return new Failure('canceled', 'CANCELED', 'the operation was canceled', { cause });
}

/** Errors of the operating system that reach the top are told as what they are, without the words of the runtime. */
function systemFailure(error: NodeJS.ErrnoException): Failure | undefined {
  const code = errorCode(error) ?? error.code;
  const facts = { errno: code ?? '', path: error.path ?? '' };
  const place = error.path === undefined ? '' : ` at "${error.path}"`;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Failure('denied', 'PERMISSION_DENIED', `the system refused access${place}`, {
        facts,
        cause: error,
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new Failure('missing', 'FILE_MISSING', `there is nothing${place}`, { facts, cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure('exhausted', 'DISK_FULL', `no space is left${place}`, { facts, cause: error });
    case 'EIO':
      return new Failure('unavailable', 'DISK_ERROR', `the disk reports an error${place}`, {
        facts,
        cause: error,
      });
    default:
      return undefined;
  }
}

export function hintOf(failure: Failure, texts: Texts): string | undefined {
  const general = texts.find(`hint.${failure.code}`);
  if (failure.hint === undefined) return general;
  // A hint made where it failed knows more than the general one, unless there are no words for it.
  const hint = texts.phrase(failure.hint);
  return texts.language !== 'en' && hint === failure.hint ? (general ?? hint) : hint;
}

/** The mistakes of a file: one message for programs, a line each for people. */
const nextMistake = /; (?=(?:line|Zeile) \d+, |(?:and|und) \d+ (?:more|weitere)$)/;

/** The lines for people: what, in detail, what to do, and the stable code. `columns`: of a terminal, for whose sake words stay whole. */
export function failureLines(failure: Failure, texts: Texts, isVerbose: boolean, columns?: number): string[] {
  return linesOf(failure, texts, isVerbose).flatMap((line) =>
    wrapped(line, columns, `${/^ */.exec(line)![0]}  `),
  );
}

function linesOf(failure: Failure, texts: Texts, isVerbose: boolean): string[] {
  const summary = texts.find(`failure.${failure.code}`);
  const message = texts.phrase(failure.message);
  const [first = '', ...others] = message.split(nextMistake);
  const lines = [`holdfast: ${summary ?? first}`];
  if (summary !== undefined && summary !== message) lines.push(`  ${first}`);
  lines.push(...others.map((mistake) => `  ${mistake}`));
  const hint = hintOf(failure, texts);
  if (hint !== undefined) lines.push(`  ${texts.say('exit.hint', { hint })}`);
  const { exit } = failureKinds[failure.kind];
  lines.push(`  ${texts.say('exit.code', { code: failure.code, exit })}`);
  if (isVerbose || failure.kind === 'bug') lines.push(...causes(failure));
  return lines;
}

export function failureFields(failure: Failure, texts: Texts): Record<string, unknown> {
  const hint = hintOf(failure, texts);
  return {
    code: failure.code,
    kind: failure.kind,
    exit: failureKinds[failure.kind].exit,
    message: texts.phrase(failure.message),
    ...(hint === undefined ? {} : { hint }),
    facts: failure.facts,
  };
}

function causes(failure: Failure): string[] {
  const lines: string[] = [];
  for (
    let error: unknown = failure, depth = 0;
    error instanceof Error && depth < 5;
    error = error.cause, depth++
  ) {
    const stack = failure.kind === 'bug' ? error.stack : `${error.name}: ${error.message}`;
    for (const line of (stack ?? error.message).split('\n')) lines.push(`  ${line}`);
  }
  return lines;
}
