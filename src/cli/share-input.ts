// Shares as people bring them: from files, or typed at the terminal line by line, where a slip is told before the next line is asked for.

import { readFileSync, statSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline/promises';
import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { Share } from '../keyslots/shamir/share.ts';
import {
  type LineTrouble,
  readLine,
  shareLines,
  shareText,
  splitShares,
} from '../keyslots/shamir/share-text.ts';
import { requireShare } from '../keyslots/shamir.ts';
import type { Invocation } from './command.ts';
import { openTerminal } from './secrets.ts';
import type { FoundSecret } from './slot-secrets.ts';
import type { TextKey, Texts } from './texts/texts.ts';

type Desk = Pick<Invocation, 'ambient' | 'context' | 'output' | 'texts'>;

/** Sixteen shares with all that people may note beside them. */
const fileBytesMax = 64 * 1024;

const troubleTexts: Readonly<Record<LineTrouble, TextKey>> = {
  form: 'share.form',
  character: 'share.character',
  word: 'share.word',
  check: 'share.check',
  order: 'share.order',
};

/** `-` stands for the terminal. */
export async function findShares(files: readonly string[], desk: Desk): Promise<FoundSecret> {
  const shares: Share[] = [];
  for (const file of files.filter((name) => name !== '-')) shares.push(...readShareFile(file, desk));
  if (files.includes('-')) await askShares(shares, desk);
  const lines = shares.flatMap(shareText).map((line) => `${line}\n`);
  return { secret: new Secret(Buffer.from(lines.join(''), 'latin1'), 'shamir'), type: 'shamir' };
}

/** The shares in a file; each is looked at alone, so that a slip is told with the file it is in. */
export function readShareFile(path: string, { output, texts }: Desk): Share[] {
  let text: string;
  try {
    const { mode, size } = statSync(path);
    if ((mode & 0o077) !== 0) {
      output.log.warn(texts.say('secret.tooOpen', { path, mode: (mode & 0o777).toString(8) }));
    }
    text = size > fileBytesMax ? '' : readFileSync(path, 'latin1');
  } catch (cause) {
    throw new Failure('missing', 'SHARE_FILE_UNREADABLE', `the share file "${path}" cannot be read`, {
      facts: { path },
      cause,
    });
  }
  const found = splitShares(text);
  if (found.length === 0 || found.length > 64) {
    throw new Failure('usage', 'SHARE_FILE_UNREADABLE', `the file "${path}" holds no shares`, {
      facts: { path },
    });
  }
  return found.map((lines) => requireShare(lines, `in "${path}"`));
}

/** Asks until as many are there as the first one says are needed. */
async function askShares(shares: Share[], { ambient, context, texts }: Desk): Promise<void> {
  const input = openTerminal(ambient.input);
  if (input === undefined) {
    throw new Failure('denied', 'SHARES_NOT_ASKED', 'there is no terminal to type shares at');
  }
  const { errors } = ambient;
  const { signal } = context;
  const reader = createInterface({ input, output: errors, terminal: true, historySize: 0, signal });
  reader.once('SIGINT', () => reader.close());
  // Lines wait here until they are asked for: several may be pasted at once.
  const typed = reader[Symbol.asyncIterator]();
  try {
    const numbers = () => new Set(shares.map(({ number }) => number)).size;
    while (shares.length === 0 || numbers() < shares[0]!.threshold) {
      errors.write(`${texts.say('share.ask', { lines: shareLines })}\n`);
      const share = await askShare(reader, typed, errors, texts);
      shares.push(share);
      const left = Math.max(0, shares[0]!.threshold - numbers());
      errors.write(`${texts.say('share.taken', { number: share.number, count: share.count, left })}\n`);
    }
  } finally {
    reader.close();
    if (input !== ambient.input) input.destroy();
  }
}

async function askShare(
  reader: Interface,
  typed: AsyncIterator<string>,
  errors: NodeJS.WritableStream,
  texts: Texts,
): Promise<Share> {
  const lines: string[] = [];
  while (lines.length < shareLines) {
    const line = lines.length + 1;
    reader.setPrompt(`${line}: `);
    reader.prompt();
    const { done, value: text } = await typed.next();
    if (done === true) throw new Failure('canceled', 'CANCELED', 'the operation was canceled');
    // People must see what they type; it need not stay on the screen.
    errors.write('\x1b[1A\x1b[2K\r');
    const read = readLine(text, lines.length);
    if (!('trouble' in read)) lines.push(text);
    const told = 'trouble' in read ? texts.say(troubleTexts[read.trouble]) : texts.say('share.lineTaken');
    errors.write(`${line}: ${told}\n`);
  }
  return requireShare(lines, 'that was typed');
}
