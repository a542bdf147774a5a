// `holdfast completion`: a script for the user's shell, made from the table of commands.

import type { Command, Ending, Invocation } from '../command.ts';
import { completionScript, type Shell } from '../completion.ts';

export const command: Command = {
  name: 'completion',
  isRaw: true,
  arguments: [{ name: 'shell', required: true, choices: ['bash', 'zsh', 'fish'] }],
  examples: ['completion bash > ~/.local/share/bash-completion/completions/holdfast'],
  run,
};

async function run({ arguments: [shell], ambient, texts }: Invocation): Promise<Ending> {
  const { commands } = await import('./all.ts');
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  ambient.output.write(completionScript(shell as Shell, all, texts));
  return { result: { shell } };
}
