// Builds the commander program from the table of commands. Only the command that was asked for is loaded in full; the others
// appear in help by their name and summary.

import { CommanderError, Option, Command as Parser } from 'commander';
import { Failure } from '../base/failure.ts';
import { type Command, globalOptions, longName, type OptionSpec, takesValue } from './command.ts';
import { commands } from './commands/all.ts';
import { optionSummary, summary } from './completion.ts';
import { Options } from './options.ts';
import type { Texts } from './texts/texts.ts';
import { version } from './version.ts';

export interface Parsed {
  readonly command: Command;
  /** Such as `backup` or `key add`. */
  readonly title: string;
  readonly arguments: readonly string[];
  readonly options: Options;
}

/** Text that was asked for instead of a command, such as help; it is to be printed, and that is all. */
export interface Told {
  readonly text: string;
}

export async function parseArguments(argv: readonly string[], texts: Texts): Promise<Parsed | Told> {
  const asked = commandWord(argv);
  const words = asked.word === 'help' ? helpWords(argv, asked.index) : [...argv];
  const wanted = asked.word === 'help' ? words[0] : asked.word;
  let text = '';
  let parsed: Parsed | undefined;
  const program = createParser('holdfast', texts, (part) => {
    text += part;
  });
  program
    .description(texts.say('program.description'))
    .version(version, '--version', texts.say('option.version'));
  for (const spec of globalOptions) program.addOption(optionOf(spec, texts));
  program.addHelpText('after', `\n${texts.say('program.more')}\n`);
  for (const [name, load] of Object.entries(commands)) {
    if (name !== wanted) {
      program.command(name, { hidden: false }).description(texts.find(`command.${name}`) ?? name);
      continue;
    }
    addCommand(program, await load(), { texts, parent: undefined, select: (found) => (parsed = found) });
  }
  try {
    await program.parseAsync(words.length === 0 ? ['--help'] : words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === 'commander.help') return { text };
    throw new Failure(
      'usage',
      'INVALID_ARGUMENT',
      error.message.replace(/^error: /, '').replace(/\n/g, ' '),
      {
        facts: { command: wanted ?? '' },
      },
    );
  }
  return parsed ?? { text };
}

interface Adding {
  readonly texts: Texts;
  readonly parent: string | undefined;
  select(parsed: Parsed): void;
}

function addCommand(program: Parser, command: Command, adding: Adding): void {
  const { texts, parent } = adding;
  const own = program.command(command.name).description(summary(command, texts, parent));
  for (const { name, required, variadic, choices } of command.arguments ?? []) {
    const dots = variadic ? '...' : '';
    const description = choices === undefined ? undefined : `(${choices.join(' | ')})`;
    const argument = own.createArgument(required ? `<${name}${dots}>` : `[${name}${dots}]`, description);
    own.addArgument(choices === undefined ? argument : argument.choices(choices));
  }
  for (const spec of command.options ?? []) own.addOption(optionOf(spec, texts));
  if (command.examples) own.addHelpText('after', `\n${texts.say('help.examples')}\n${exampleLines(command)}`);
  for (const child of command.subcommands ?? []) addCommand(own, child, { ...adding, parent: command.name });
  if (command.run === undefined) return;
  const title = parent === undefined ? command.name : `${parent} ${command.name}`;
  own.action(() => {
    const named = own.processedArgs.flatMap((value: unknown) =>
      Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)],
    );
    adding.select({ command, title, arguments: named, options: new Options(own.optsWithGlobals()) });
  });
}

function exampleLines({ examples = [] }: Command): string {
  return examples.map((line) => `  holdfast ${line}\n`).join('');
}

function optionOf(spec: OptionSpec, texts: Texts): Option {
  const option = new Option(spec.flags, optionSummary(spec, texts));
  if (spec.choices) option.choices(spec.choices);
  if (spec.repeat) {
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}

/** Subcommands inherit these settings, because commander copies them when it makes one. */
function createParser(name: string, texts: Texts, write: (text: string) => void): Parser {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': texts.say('help.usage'),
    'Options:': texts.say('help.options'),
    'Global Options:': texts.say('help.globalOptions'),
    'Commands:': texts.say('help.commands'),
    'Arguments:': texts.say('help.arguments'),
  };
  return new Parser(name)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write, outputError: () => {} })
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => titles[title] ?? title,
      optionDescription: (option) => option.description + choicesText(option),
    })
    .helpOption('-h, --help', texts.say('option.help'))
    .helpCommand('help [command]', texts.say('command.help'));
}

function choicesText({ argChoices, description }: Option): string {
  return argChoices === undefined || description.includes(argChoices[0] ?? '')
    ? ''
    : ` (${argChoices.join(' | ')})`;
}

/** The first word that is no option and no option's value. */
export function commandWord(argv: readonly string[]): { word: string | undefined; index: number } {
  const withValue = new Set<string>();
  for (const spec of globalOptions.filter(takesValue)) {
    withValue.add(`--${longName(spec)}`);
    const short = /^(-\w),/.exec(spec.flags)?.[1];
    if (short) withValue.add(short);
  }
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (!word.startsWith('-')) return { word, index };
    if (withValue.has(word)) index += 1;
  }
  return { word: undefined, index: argv.length };
}

/** `help backup` is `backup --help`. */
function helpWords(argv: readonly string[], index: number): string[] {
  const rest = argv.slice(index + 1).filter((word) => !word.startsWith('-'));
  return [...rest, '--help'];
}
