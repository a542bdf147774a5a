// `holdfast key generate`: a pair of keys in two files. The private one belongs offline or on the machine that restores.

import { rmSync } from 'node:fs';
import { generateKeyPairTexts, type KeyPairType, keyPairTypes } from '../keyslots/key-pair.ts';
import type { Command, Ending, Invocation } from './command.ts';
import { invalidOption } from './options.ts';

export const keyGenerate: Command = {
  name: 'generate',
  options: [
    { flags: '--type <name>', text: 'option.keyType', choices: keyPairTypes },
    { flags: '--to <file>', text: 'option.keyTo' },
  ],
  run,
};

async function run({ options, output, texts }: Invocation): Promise<Ending> {
  const type = (options.text('type') ?? 'mlkem768-x25519') as KeyPairType;
  const path = options.text('to');
  if (!path) throw invalidOption('--to', path ?? '', 'the name of a new file');
  const { createPrivateFile } = await import('../keyslots/private-file.ts');
  const { privateText, publicText } = await generateKeyPairTexts(type);
  createPrivateFile(path, Buffer.from(privateText, 'latin1'));
  const publicPath = `${path}.pub`;
  try {
    createPrivateFile(publicPath, Buffer.from(publicText, 'latin1'), 0o644);
  } catch (error) {
    // Nobody has its public half, so nothing can depend on it.
    rmSync(path);
    throw error;
  }
  for (const line of publicText.trimEnd().split('\n')) output.line(line);
  output.note(texts.say('key.generated', { path, publicPath }));
  return { result: { type, path, publicPath, publicKey: publicText } };
}
