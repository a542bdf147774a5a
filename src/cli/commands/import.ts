// `holdfast import`: brings an archive, ours or any other, into a folder after all of it was proven.

import { posix } from 'node:path';
import type { ArchiveEntry } from '../../archives/archive.ts';
import { Failure } from '../../base/failure.ts';
import { archiveBytesMax, archiveEntriesMax, archiveRatioMax } from '../../base/limits.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import type { Node } from '../../model/node.ts';
import type { ImportOutcome } from '../../operations/import.ts';
import { layersToOpen, openOptions } from '../archive-seals.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { entryFields, entryLine } from '../entry-line.ts';
import { createRestoreSelection } from '../patterns.ts';
import { pathFields, pathText } from '../show.ts';
import { sizeOption } from '../values.ts';

export const command: Command = {
  name: 'import',
  arguments: [{ name: 'file', required: true }],
  options: [
    { flags: '-t, --target <folder>', text: 'option.targetImport' },
    { flags: '--selective <pattern>', repeat: true, text: 'option.selectiveImport' },
    { flags: '-e, --exclude <pattern>', repeat: true, text: 'option.excludeRestore' },
    { flags: '--list', text: 'option.listImport' },
    { flags: '--overwrite', text: 'option.overwriteImport' },
    ...openOptions,
    { flags: '--owners' },
    { flags: '--numeric-ids' },
    { flags: '--devices' },
    { flags: '--max-entries <count>' },
    { flags: '--max-bytes <size>' },
    { flags: '--max-ratio <count>' },
    { flags: '-n, --dry-run', text: 'option.dryRunImport' },
  ],
  examples: [
    'import keys_backup_20261121_140000.tar.gz --target ./back',
    'import keys_backup_20261121_140000.tar.gz.age --list --seal-identity ~/age.key',
    'import photos.zip --target ./photos --selective "*.jpg" --overwrite',
  ],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, ambient } = invocation;
  const isListed = options.flag('list');
  const dryRun = options.flag('dryRun') || isListed;
  const place = options.text('target');
  if (place === undefined && !isListed) {
    throw new Failure('usage', 'IMPORT_TARGET_NOT_NAMED', 'no target was named');
  }
  if (options.flag('owners') && process.getuid?.() !== 0) {
    throw new Failure('usage', 'OWNERS_NEED_ROOT', '--owners was given, which only root may do');
  }
  const absolute = (path: string) => posix.resolve(ambient.workingDirectory, ambient.argumentBytes(path));
  const file = absolute(invocation.arguments[0] ?? '');
  const selection = createRestoreSelection(options.list('selective'), options.list('exclude'));
  const { importArchive } = await import('../../operations/import.ts');
  const outcome = await importArchive(
    {
      file,
      ...(place === undefined ? {} : { target: absolute(place) }),
      layersOf: (told) => layersToOpen(told, posix.basename(pathText(file)), invocation),
      select: (path, isDirectory) => selection(pathText(path), isDirectory),
      overwrite: options.flag('overwrite') || isListed,
      owners: options.flag('owners'),
      numericIds: options.flag('numericIds'),
      devices: options.flag('devices'),
      dryRun,
      limits: {
        entriesMax: options.count('maxEntries', '--max-entries') ?? archiveEntriesMax,
        bytesMax: sizeOption(options, 'maxBytes') ?? archiveBytesMax,
        ratioMax: options.count('maxRatio', '--max-ratio') ?? archiveRatioMax,
      },
      ...(isListed ? { onEntry: ({ entry, path }) => show(entry, path, invocation) } : {}),
    },
    context,
  );
  for (const line of lines(outcome, dryRun, invocation)) output.line(line);
  return {
    outcome: outcome.outcome,
    result: {
      ...outcome,
      file: pathFields(file),
      ...(place === undefined ? {} : { target: pathFields(absolute(place)) }),
      dryRun,
    },
  };
}

function show(entry: ArchiveEntry, path: string, invocation: Invocation): void {
  const { kind, mode, uid, gid, mtimeNs, sizeBytes, target, device } = entry;
  const node: Node = {
    name: Buffer.from(path.slice(path.lastIndexOf('/') + 1), 'latin1'),
    kind: kind === 'hardlink' ? 'file' : kind,
    mode,
    uid,
    gid,
    mtimeNs,
    ctimeNs: mtimeNs,
    inode: 0n,
    sizeBytes,
    ...(target === undefined ? {} : { target: Buffer.from(target, 'latin1') }),
    ...(device === undefined ? {} : { device }),
  };
  const shown = path === '' ? '.' : path;
  invocation.output.emit('entry', { ...entryFields(shown, node), kind });
  invocation.output.line(entryLine(shown, node, sizeBytes, invocation));
}

function lines(outcome: ImportOutcome, dryRun: boolean, { texts }: Invocation): string[] {
  const { language } = texts;
  const count = (value: number) => formatCount(value, language);
  const { found, extracted } = outcome;
  const proven = texts.say('import.proven', {
    format: [outcome.format, ...outcome.seals].join(' + '),
    entries: count(found.all),
    checksums:
      Object.entries(outcome.checksums)
        .map(([name, result]) => (result === 'matches' ? name : `${name}: ${result}`))
        .join(', ') || '-',
  });
  const plan = texts.say('import.plan', {
    entries: count(found.entries),
    files: count(found.files),
    bytes: formatBytes(found.bytes, language),
  });
  if (dryRun) return [proven, plan];
  const { files, directories, symlinks, hardlinks, specials, bytes, skipped } = extracted;
  const result = [
    proven,
    texts.say('import.done', { duration: formatDuration(outcome.durationMs, language) }),
    texts.say('restore.counts', {
      files: count(files),
      directories: count(directories),
      symlinks: count(symlinks),
      hardlinks: count(hardlinks),
      specials: count(specials),
      bytes: formatBytes(bytes, language),
    }),
  ];
  if (skipped > 0) result.push(texts.say('restore.skipped', { count: count(skipped) }));
  if (outcome.problems > 0) result.push(texts.say('restore.problems', { count: count(outcome.problems) }));
  return result;
}
