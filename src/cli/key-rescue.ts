// `key rescue`: writes and shows the rescue bundle of a repository, and gives out the reader that needs nothing but Node.js.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../base/failure.ts';
import type { Language } from '../base/text.ts';
import type { SlotDescription } from '../keyslots/slot.ts';
import type { Repository } from '../repository/repository.ts';
import type { Ending, Invocation, OptionSpec } from './command.ts';
import { openMainRepository, repositoryPlace } from './repository-access.ts';
import { isoTime } from './show.ts';
import { type TextKey, textsIn } from './texts/texts.ts';
import { version } from './version.ts';

export const rescueActions: readonly string[] = ['write', 'show', 'reader'];
export const rescueOptions: readonly OptionSpec[] = [
  { flags: '--policy <file>' },
  { flags: '--with-reader' },
  { flags: '--to <file>', text: 'option.rescueFile' },
  { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
];

const policyBytesMax = 64 * 1024;

export function rescue(invocation: Invocation): Promise<Ending> {
  const action = invocation.arguments[0];
  if (action === 'reader') return giveReader(invocation);
  return action === 'show' ? show(invocation) : write(invocation);
}

async function write(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const reader = options.flag('withReader') ? builtReader() : undefined;
  const policyFile = options.text('policy');
  const policy = policyFile === undefined ? undefined : readPolicy(policyFile);
  await using repository = await openMainRepository(invocation, 'write', { uncached: true });
  const { listKeys } = await import('../operations/keys.ts');
  const content = {
    ...(await contentOf(repository, await listKeys(repository, context), reader, invocation)),
    ...(policy === undefined ? {} : { policy }),
  };
  const hash = reader === undefined ? {} : { readerSha256: sha256(reader) };
  if (options.flag('dryRun')) {
    for (const line of content.runbooks[texts.language].split('\n')) output.line(line);
    return { result: { dryRun: true, ...content, ...hash } };
  }
  const { writeRescue } = await import('../operations/keys/rescue.ts');
  const request = { content, ...(reader === undefined ? {} : { reader }) };
  const { name } = await writeRescue(request, repository, context);
  output.line(texts.say('rescue.written', { name }));
  if (reader !== undefined) output.line(texts.say('rescue.readerWritten', { hash: sha256(reader) }));
  return { result: { dryRun: false, name, ...hash } };
}

async function show(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  await using repository = await openMainRepository(invocation, 'read', { uncached: true });
  const { readRescue } = await import('../operations/keys/rescue.ts');
  const { readerHash, runbooks, storage, slots, policy, writtenAt, number } = await readRescue(
    repository,
    context,
  );
  const hash = readerHash === undefined ? {} : { readerSha256: Buffer.from(readerHash).toString('hex') };
  const runbook = runbooks[texts.language];
  const parts = [
    runbook,
    `\`\`\`json\n${storage}\n${slots}\n\`\`\`\n`,
    ...(policy === undefined ? [] : [`\`\`\`\n${policy}\n\`\`\`\n`]),
  ];
  const path = options.text('to');
  if (path !== undefined) writeNew(path, Buffer.from(parts.join('\n'), 'utf8'), 0o600);
  else for (const line of parts.join('\n').split('\n')) output.line(line);
  return {
    result: {
      number,
      writtenAt: isoTime(writtenAt),
      storage: JSON.parse(storage),
      slots: JSON.parse(slots),
      runbook,
      ...(policy === undefined ? {} : { policy }),
      ...hash,
    },
  };
}

async function giveReader({ options, output, texts }: Invocation): Promise<Ending> {
  const path = options.text('to');
  if (path === undefined) throw new Failure('usage', 'TARGET_NOT_NAMED', 'no file for the reader was named');
  const reader = builtReader();
  writeNew(path, reader, 0o755);
  const hash = sha256(reader);
  output.line(texts.say('rescue.readerGiven', { path, hash }));
  return { result: { path, sha256: hash } };
}

async function contentOf(
  repository: Repository,
  keys: readonly SlotDescription[],
  reader: Uint8Array | undefined,
  invocation: Invocation,
) {
  const place = repositoryPlace(invocation);
  const slots = keys.map(({ id, type, label, createdAt, params }) => ({
    id,
    type,
    label,
    createdAt,
    ...(type === 'shamir' ? { threshold: params['threshold'], count: params['count'] } : {}),
  }));
  const runbook = async (language: Language) => {
    const texts = await textsIn(language);
    const lines = slots.map(({ id, type, label, createdAt, ...more }) => {
      const known: Readonly<Record<string, TextKey>> = {
        passphrase: 'rescue.byPassphrase',
        'key-file': 'rescue.byKeyFile',
        shamir: 'rescue.byShares',
        rsa: 'rescue.byIdentity',
        x25519: 'rescue.byIdentity',
        'mlkem768-x25519': 'rescue.byIdentity',
        age: 'rescue.byIdentity',
        pkcs11: 'rescue.byDevice',
        kms: 'rescue.byDevice',
      };
      const values = { threshold: Number(more.threshold), count: Number(more.count), type };
      const way = texts.say(known[type] ?? 'rescue.byOther', values);
      return `- \`${id.slice(0, 12)}\` ${label} (${createdAt.slice(0, 10)}): ${way}`;
    });
    return texts.say('rescue.runbook', {
      repository: repository.id,
      place,
      written: isoTime(invocation.context.clock.now()).slice(0, 10),
      version,
      slots: lines.join('\n'),
      hash: reader === undefined ? '–' : sha256(reader),
    });
  };
  return {
    storage: JSON.stringify({
      place,
      location: repository.storage.location,
      repository: repository.id,
      holdfast: version,
    }),
    slots: JSON.stringify(slots),
    runbooks: { de: await runbook('de'), en: await runbook('en') },
  };
}

/** Beside the compiled program. In a checkout it is made anew each time: one of before may not read what today's source writes. */
function builtReader(): Buffer {
  const beside = join(import.meta.dirname, '../rescue.mjs');
  if (existsSync(beside)) return readFileSync(beside);
  const root = join(import.meta.dirname, '../..');
  const script = join(root, 'scripts/make-rescue.ts');
  if (!existsSync(script))
    throw new Failure('missing', 'READER_NOT_BUILT', 'this installation has no rescue.mjs');
  const made = spawnSync(process.execPath, [script], { cwd: root, encoding: 'utf8' });
  if (made.status !== 0) {
    throw new Failure('missing', 'READER_NOT_BUILT', 'rescue.mjs could not be made from this checkout', {
      facts: { output: made.stderr.slice(-500) },
    });
  }
  return readFileSync(join(root, 'dist/rescue.mjs'));
}

function readPolicy(path: string): string {
  const bytes = readFileSync(path);
  if (bytes.length <= policyBytesMax) return bytes.toString('utf8');
  throw new Failure('usage', 'RESCUE_TOO_LARGE', `"${path}" has ${bytes.length} bytes`, { facts: { path } });
}

function writeNew(path: string, bytes: Uint8Array, mode: number): void {
  let file: number;
  try {
    file = openSync(path, 'wx', mode);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new Failure('conflict', 'RESCUE_FILE_NOT_MADE', `"${path}" cannot be made (${code})`, {
      facts: { path },
      cause,
    });
  }
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
