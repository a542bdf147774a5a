// The manual page, from the same table as help and completion.

import { failureKinds } from '../base/failure.ts';
import { type ArgumentSpec, type Command, globalOptions, type OptionSpec } from './command.ts';
import { optionSummary, summary } from './completion.ts';
import type { Texts } from './texts/texts.ts';

const kindMeanings = {
  usage: 'the request makes no sense',
  denied: 'credentials or rights are lacking',
  missing: 'the named thing does not exist',
  conflict: 'something exists already, or changed meanwhile',
  unavailable: 'the storage does not answer; try again',
  exhausted: 'disk, quota or memory is used up',
  corrupt: 'bytes are not what they must be; nothing is deleted',
  canceled: 'a person or a shutdown asked',
  bug: 'a bug in Holdfast',
} as const;

const variables: readonly (readonly [string, string])[] = [
  ['HOLDFAST_REPOSITORY', 'folder or URL of the repository'],
  ['HOLDFAST_PASSWORD_FILE', 'file whose first line is the passphrase'],
  ['HOLDFAST_PASSWORD_COMMAND', 'command that prints the passphrase'],
  ['HOLDFAST_KEY_FILE', 'key file'],
  ['HOLDFAST_PKCS11', 'PKCS#11 URI of the key of a token'],
  ['HOLDFAST_PKCS11_PIN_FILE', 'file whose first line is the PIN of the token'],
  ['HOLDFAST_PKCS11_PIN_COMMAND', 'command that prints the PIN of the token'],
  [
    'HOLDFAST_PKCS11_CONFIG',
    'file of root that names the PKCS#11 module, by default /etc/holdfast/pkcs11.conf',
  ],
  ['HOLDFAST_KMS', 'ARN of a key in AWS KMS'],
  [
    'HOLDFAST_TO_REPOSITORY',
    'second repository of copy; HOLDFAST_TO_PASSWORD_FILE and so on hold its secret',
  ],
  ['HOLDFAST_LANG', 'language of messages, en or de; else LC_ALL, LC_MESSAGES and LANG count'],
  ['XDG_STATE_HOME', 'where the keys and memories of this host lie, by default ~/.local/state'],
  ['XDG_CACHE_HOME', 'where caches lie that can be deleted at any time, by default ~/.cache'],
];

export function manPage(all: readonly Command[], texts: Texts): string {
  const lines = [
    '.\\" Made by scripts/make-man.ts; change the table of commands instead.',
    '.TH HOLDFAST 1',
    '.SH NAME',
    `holdfast \\- ${roff(texts.say('program.description').replace(/\.$/, '').toLowerCase())}`,
    '.SH SYNOPSIS',
    '.B holdfast',
    '.I command',
    '[options] [arguments]',
    '.SH COMMANDS',
    ...all.flatMap((command) => commandLines(command, undefined, texts)),
    '.SH OPTIONS OF ALL COMMANDS',
    ...globalOptions.flatMap((spec) => optionLines(spec, texts)),
    '.SH ENVIRONMENT',
    ...variables.flatMap(([name, meaning]) => ['.TP', `.B ${name}`, roff(meaning)]),
    '.SH EXIT STATUS',
    ...exitLines(),
    '.SH SEE ALSO',
    'docs/errors.md lists all failure codes, docs/cli\\-json.md the lines that \\-\\-json prints.',
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines(command: Command, parent: string | undefined, texts: Texts): string[] {
  const title = parent === undefined ? command.name : `${parent} ${command.name}`;
  const words = (command.arguments ?? []).map(argumentText).join(' ');
  const lines =
    command.run === undefined
      ? []
      : [
          `.SS "${roff(`holdfast ${title} ${words}`.trim())}"`,
          roff(sentence(summary(command, texts, parent))),
        ];
  lines.push(...(command.options ?? []).flatMap((spec) => optionLines(spec, texts)));
  lines.push(...(command.subcommands ?? []).flatMap((child) => commandLines(child, command.name, texts)));
  if (command.examples) {
    lines.push('.PP', `Examples of ${roff(title)}:`, '.RS', '.nf');
    lines.push(...command.examples.map((line) => `holdfast ${roff(line)}`), '.fi', '.RE');
  }
  return lines.filter((line) => line !== '');
}

function argumentText({ name, required, variadic, choices }: ArgumentSpec): string {
  const text = (choices?.join(' | ') ?? name.toUpperCase()) + (variadic ? '...' : '');
  return required ? text : `[${text}]`;
}

function optionLines(spec: OptionSpec, texts: Texts): string[] {
  const choices = spec.choices === undefined ? '' : ` (${spec.choices.join(', ')})`;
  return ['.TP', `.B ${roff(spec.flags)}`, roff(sentence(optionSummary(spec, texts) + choices))];
}

function exitLines(): string[] {
  const codes: [number, string][] = [
    [0, 'succeeded'],
    [1, 'partial: some entries were not saved or restored whole; all others are safe'],
  ];
  for (const [kind, meaning] of Object.entries(kindMeanings)) {
    codes.push([failureKinds[kind as keyof typeof kindMeanings].exit, `${kind}: ${meaning}`]);
  }
  codes.sort(([a], [b]) => a - b);
  return codes.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]);
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`;
}

/** Backslash and hyphen mean something to roff, and a line that starts with a dot or quote is a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
