// Completion scripts for bash, zsh and fish. They are plain text: no call of the program while a person types.

import { type Command, globalOptions, longName, type OptionSpec, takesValue } from './command.ts';
import type { Texts } from './texts/texts.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

export function completionScript(shell: Shell, all: readonly Command[], texts: Texts): string {
  if (shell === 'bash') return bash(all);
  return shell === 'zsh' ? zsh(all, texts) : fish(all, texts);
}

function words(command: Command): string[] {
  const options = [
    ...(command.options ?? []),
    ...(command.subcommands ?? []).flatMap((one) => one.options ?? []),
  ];
  const names = [...options, ...globalOptions].map((spec) => `--${longName(spec)}`);
  return [...new Set([...firstWords(command), ...names, '--help'])];
}

function firstWords(command: Command): string[] {
  const choices = command.arguments?.[0]?.choices ?? [];
  return [...(command.subcommands ?? []).map((one) => one.name), ...choices];
}

/** Options after which a file name follows. */
function fileOptions(all: readonly Command[]): string[] {
  const specs = [...globalOptions, ...all.flatMap((command) => command.options ?? [])];
  return [...new Set(specs.filter(takesFile).map((spec) => `--${longName(spec)}`))].sort();
}

function takesFile(spec: OptionSpec): boolean {
  return /<(?:file|folder|place)>/.test(spec.flags);
}

function bash(all: readonly Command[]): string {
  const cases = all.map((command) => `    ${command.name}) words='${words(command).join(' ')}' ;;`);
  return `# bash completion of holdfast
_holdfast() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' words word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case $previous in
    ${fileOptions(all).join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case $command in
${cases.join('\n')}
    *) words='${[...all.map((command) => command.name), 'help', '--version', '--help'].join(' ')}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -eq 0 && $current != -* ]] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _holdfast holdfast
`;
}

function zsh(all: readonly Command[], texts: Texts): string {
  const names = all.map((command) => `    '${command.name}:${zshText(summary(command, texts))}'`);
  const cases = all.map((command) => {
    const options = [...(command.options ?? []), ...globalOptions].map((spec) => {
      const value = takesValue(spec) ? `:value:${takesFile(spec) ? '_files' : ''}` : '';
      return `'--${longName(spec)}[${zshText(optionSummary(spec, texts))}]${value}'`;
    });
    const first = firstWords(command);
    const rest = first.length > 0 ? `'1:what:(${first.join(' ')})'` : `'*:file:_files'`;
    return `    ${command.name}) _arguments ${[...options, rest].join(' ')} ;;`;
  });
  return `#compdef holdfast
_holdfast() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
_holdfast "$@"
`;
}

function fish(all: readonly Command[], texts: Texts): string {
  const lines = ['# fish completion of holdfast', 'complete -c holdfast -f -n __fish_use_subcommand'];
  const line = (condition: string, rest: string) =>
    lines.push(`complete -c holdfast -n '${condition}' ${rest}`);
  for (const command of all) {
    line('__fish_use_subcommand', `-a ${command.name} -d '${fishText(summary(command, texts))}'`);
    const seen = `__fish_seen_subcommand_from ${command.name}`;
    for (const spec of [...(command.options ?? []), ...globalOptions]) {
      const short = /^-(\w),/.exec(spec.flags)?.[1];
      const value = takesValue(spec) ? (takesFile(spec) ? ' -r -F' : ' -x') : '';
      const text = fishText(optionSummary(spec, texts));
      line(seen, `-l ${longName(spec)}${short ? ` -s ${short}` : ''}${value} -d '${text}'`);
    }
    for (const word of firstWords(command)) line(seen, `-a ${word}`);
  }
  return `${lines.join('\n')}\n`;
}

export function summary(command: Command, texts: Texts, parent?: string): string {
  return texts.find(`command.${parent === undefined ? '' : `${parent}.`}${command.name}`) ?? command.name;
}

export function optionSummary(spec: OptionSpec, texts: Texts): string {
  return texts.find(spec.text ?? `option.${longName(spec)}`) ?? longName(spec);
}

function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:]/g, '\\$&');
}

function fishText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
