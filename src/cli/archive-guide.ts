// `archives interactive`: asks which archive, which files and where to, and starts only after a yes. Plain questions and answers, line by
// line, so that it works over any connection.

import { createInterface } from 'node:readline/promises';
import { Failure } from '../base/failure.ts';
import { escapeForTerminal, formatBytes } from '../base/text.ts';
import type { ListedArchive } from '../operations/archive-set/listing.ts';
import type { Invocation } from './command.ts';
import { checksumTexts, usualTarget } from './commands/archives.ts';
import { localTime } from './show.ts';

export interface ArchiveWish {
  readonly archive: string;
  readonly target: string;
  readonly selective: readonly string[];
}

/** Fails with canceled/CANCELED on a no, or where the answers end. */
export async function guideArchive(
  listed: readonly ListedArchive[],
  invocation: Invocation,
): Promise<ArchiveWish> {
  const { texts, ambient, context } = invocation;
  if (listed.length === 0) {
    throw new Failure('missing', 'ARCHIVES_NONE', 'there is no archive to restore');
  }
  const lines = createInterface({ input: ambient.input, crlfDelay: Number.POSITIVE_INFINITY });
  const answers = lines[Symbol.asyncIterator]();
  const print = (text: string) => ambient.errors.write(`${escapeForTerminal(text)}\n`);
  const ask = async (question: string): Promise<string> => {
    ambient.errors.write(`${escapeForTerminal(question)} `);
    context.signal.throwIfAborted();
    const { value, done } = await answers.next();
    if (done === true) throw canceled();
    return value.trim();
  };
  try {
    for (const [at, one] of listed.entries()) {
      const time = localTime(one.time, ambient.zoneOffsetMinutes);
      const size = formatBytes(one.sizeBytes, texts.language);
      print(`${at + 1}) ${time}  ${size}  ${texts.say(checksumTexts[one.checksum])}  ${one.archive}`);
    }
    let chosen: ListedArchive | undefined;
    while (chosen === undefined) {
      const answer = await ask(texts.say('archives.askArchive', { newest: listed.length }));
      const number = answer === '' ? listed.length : /^\d{1,9}$/.test(answer) ? Number(answer) : 0;
      chosen = listed[number - 1];
    }
    const pattern = await ask(texts.say('archives.askPattern'));
    const usual = usualTarget(chosen.archive);
    const target = (await ask(texts.say('archives.askTarget', { target: usual }))) || usual;
    const yes = await ask(texts.say('archives.askYes', { archive: chosen.archive, target }));
    if (!/^(y|yes|j|ja)$/i.test(yes)) throw canceled();
    return { archive: chosen.archive, target, selective: pattern === '' ? [] : [pattern] };
  } finally {
    lines.close();
  }
}

function canceled(): Failure {
  return new Failure('canceled', 'CANCELED', 'the operation was canceled');
}
