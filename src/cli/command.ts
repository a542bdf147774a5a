// What a command is: data from which parsing, help, completion and the manual page are made, and one function that runs it.

import type { Context } from '../base/context.ts';
import type { Ambient } from './ambient.ts';
import type { Options } from './options.ts';
import type { Output } from './output.ts';
import { openingWays, optionsOf } from './slot-secrets.ts';
import type { Texts } from './texts/texts.ts';

export interface Command {
  readonly name: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly subcommands?: readonly Command[];
  /** Lines after `holdfast` that show typical use. */
  readonly examples?: readonly string[];
  /** Standard output carries bytes for another program, so messages and JSON lines go to standard error. */
  readonly isRaw?: true;
  run?(invocation: Invocation): Promise<Ending>;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly required?: true;
  readonly variadic?: true;
  readonly choices?: readonly string[];
}

/** Its text is `option.<long name>` unless `text` names another; placeholders in `flags` tell that it takes a value. */
export interface OptionSpec {
  readonly flags: string;
  readonly text?: string;
  readonly repeat?: true;
  readonly choices?: readonly string[];
}

export interface Invocation {
  readonly arguments: readonly string[];
  readonly options: Options;
  readonly ambient: Ambient;
  readonly output: Output;
  readonly texts: Texts;
  readonly context: Context;
}

/** How a command ended: the outcome decides between exit 0 and 1, `exit` overrules it, `result` is what --json prints. */
export interface Ending {
  readonly outcome?: 'succeeded' | 'partial' | 'failed';
  readonly exit?: number;
  readonly result: Readonly<Record<string, unknown>>;
}

export const globalOptions: readonly OptionSpec[] = [
  { flags: '-r, --repository <place>' },
  { flags: '--password-file <file>' },
  { flags: '--password-command <command>' },
  { flags: '--key-file <file>' },
  ...optionsOf(openingWays, ''),
  { flags: '--shred-key <file>' },
  { flags: '--json' },
  { flags: '-q, --quiet' },
  { flags: '-v, --verbose' },
  { flags: '--lang <language>', choices: ['en', 'de'] },
  { flags: '--limit-upload <rate>' },
  { flags: '--limit-download <rate>' },
  { flags: '--limit-calls <count>' },
];

/** `--from-file <x>` is `fromFile`; `--no-cache` is `cache`. */
export function optionKey(spec: OptionSpec): string {
  return longName(spec)
    .replace(/^no-/, '')
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function longName(spec: OptionSpec): string {
  return /--([a-z-]+)/.exec(spec.flags)?.[1] ?? '';
}

export function takesValue(spec: OptionSpec): boolean {
  return spec.flags.includes('<');
}
