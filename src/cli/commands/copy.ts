// `holdfast copy`: sends snapshots to a second repository without reading the source again.

import { Failure } from '../../base/failure.ts';
import { formatBytes, formatCount } from '../../base/text.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { frameCompression, invalidOption } from '../options.ts';
import { openMainRepository, openOtherRepository } from '../repository-access.ts';
import { findSecret, mainSecret, type SecretNames } from '../secrets.ts';
import { filterOptions, snapshotsOf } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'copy',
  arguments: [{ name: 'snapshot', variadic: true }],
  options: [
    { flags: '--to <place>' },
    { flags: '--to-password-file <file>' },
    { flags: '--to-password-command <command>' },
    { flags: '--to-key-file <file>' },
    ...filterOptions,
    { flags: '--compression <kind>', text: 'option.compressionCopy' },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
  ],
  examples: [
    'copy --to /mnt/second/files',
    'copy latest --to /mnt/second/files --to-password-file ~/.second',
  ],
  run,
};

const toSecret: SecretNames = {
  passwordFile: 'toPasswordFile',
  passwordCommand: 'toPasswordCommand',
  keyFile: 'toKeyFile',
  environmentPrefix: 'HOLDFAST_TO_',
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts, ambient } = invocation;
  const place = options.text('to') ?? ambient.environment.HOLDFAST_TO_REPOSITORY;
  if (!place) {
    throw new Failure('usage', 'COPY_TARGET_NOT_NAMED', 'no second repository was named');
  }
  const { compression, autoLevel } = frameCompression(options.text('compression'));
  if (autoLevel) throw invalidOption('--compression', 'auto', 'one of "zstd:1" to "zstd:19" and "none"');
  await using from = await openMainRepository(invocation, 'read');
  await using to = await openOtherRepository(
    place,
    toSecret,
    'write',
    { found: await findSecret(invocation, mainSecret) },
    invocation,
  );
  if (from.id === to.id) {
    throw new Failure('usage', 'COPY_ONTO_ITSELF', 'both places hold the same repository');
  }
  const snapshots = [...(await snapshotsOf(from, invocation.arguments, invocation))];
  const { copy } = await import('../../operations/copy.ts');
  const dryRun = options.flag('dryRun');
  const done = await copy({ snapshots, dryRun, compression }, from, to, context);
  const { language } = texts;
  output.line(
    texts.say(dryRun ? 'copy.plan' : 'copy.done', {
      copied: formatCount(done.copied.length, language),
      skipped: formatCount(done.skipped.length, language),
      bytes: formatBytes(done.storedBytes, language),
      place: to.storage.location,
    }),
  );
  return { result: { ...done, dryRun, from: from.storage.location, to: to.storage.location } };
}
