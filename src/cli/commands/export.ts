// `holdfast export`: one portable file of a snapshot, or of a folder without any repository.

import { realpathSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { type FileFormat, fileFormats, findFormat, levelOf } from '../../archives/all.ts';
import { sealsInName } from '../../archives/seals/all.ts';
import { Failure } from '../../base/failure.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import { createMatcher } from '../../model/selection.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import type { ChecksumName, ExportOutcome, ExportRequest } from '../../operations/export.ts';
import { fsPath } from '../../sources/files/system.ts';
import { layersToSeal, sealOptions } from '../archive-seals.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { invalidOption } from '../options.ts';
import { openMainRepository } from '../repository-access.ts';
import { pathFields, pathText } from '../show.ts';
import { filterOptions, loadSnapshots, readFilter, splitSnapshotPath } from '../snapshot-choice.ts';
import { version } from '../version.ts';

export const command: Command = {
  name: 'export',
  arguments: [{ name: 'snapshot[:path]' }],
  options: [
    { flags: '--folder <folder>', text: 'option.folderExport' },
    { flags: '--to <place>', text: 'option.toExport' },
    { flags: '--format <format>', choices: fileFormats.map(({ name }) => name) },
    { flags: '--level <level>', text: 'option.levelExport' },
    { flags: '--name <name>', text: 'option.nameExport' },
    { flags: '--checksums <names>' },
    ...sealOptions,
    ...filterOptions,
    { flags: '--at <time>' },
    { flags: '-e, --exclude <pattern>', repeat: true, text: 'option.excludeExport' },
    { flags: '-n, --dry-run' },
  ],
  examples: [
    'export latest:/etc/keys --to /media/stick --format tar.xz',
    'export --folder ~/keys --to ~/safe --seal age --seal-recipient age1…',
    'export latest --format zip --level 9 --checksums sha256,md5',
  ],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output } = invocation;
  const [named] = invocation.arguments;
  const folder = options.text('folder');
  if ((named === undefined) === (folder === undefined)) {
    throw new Failure('usage', 'EXPORT_NOT_NAMED', 'either a snapshot or --folder is needed');
  }
  const shared = await readShared(invocation);
  const { exportArchive } = await import('../../operations/export.ts');
  let outcome: ExportOutcome;
  if (folder !== undefined) {
    const { folderEntries } = await import('../../operations/export/of-folder.ts');
    const { readMounts, virtualMountPaths } = await import('../../sources/files/mounts.ts');
    const exclude = options.list('exclude');
    const path = realFolder(folder, invocation);
    const rules = {
      boundaries: virtualMountPaths(readMounts()),
      ...(exclude.length === 0 ? {} : { exclude: createMatcher(exclude).matches }),
    };
    outcome = await exportArchive(
      {
        ...shared,
        origin: { folder: pathText(path) },
        entries: (inner, ignored) => folderEntries(path, rules, ignored, inner),
      },
      context,
    );
  } else outcome = await exportSnapshot(named ?? 'latest', shared, exportArchive, invocation);
  for (const line of lines(outcome, invocation)) output.line(line);
  return {
    outcome: outcome.outcome,
    result: { ...outcome, file: pathFields(outcome.file), dryRun: shared.dryRun },
  };
}

type Shared = Omit<ExportRequest, 'entries' | 'origin'>;

async function exportSnapshot(
  named: string,
  shared: Shared,
  exportArchive: typeof import('../../operations/export.ts')['exportArchive'],
  invocation: Invocation,
): Promise<ExportOutcome> {
  if (invocation.options.list('exclude').length > 0) {
    throw new Failure('usage', 'EXPORT_EXCLUDE_MIXED', '--exclude was given beside a snapshot');
  }
  const { name, path } = splitSnapshotPath(named, invocation);
  const { snapshotEntries } = await import('../../operations/export/of-snapshot.ts');
  await using repository = await openMainRepository(invocation, 'read');
  const snapshot = resolveSnapshot(await loadSnapshots(repository, invocation), name, readFilter(invocation));
  await repository.loadIndex(invocation.context);
  const part = path === undefined || path === '' ? {} : { path };
  return await exportArchive(
    {
      ...shared,
      origin: { snapshot: snapshot.id, ...(path ? { path: pathText(path) } : {}) },
      entries: (inner) => snapshotEntries({ snapshot, ...part }, repository, inner),
    },
    invocation.context,
  );
}

async function readShared(invocation: Invocation): Promise<Shared> {
  const { options, ambient } = invocation;
  const to = posix.resolve(ambient.workingDirectory, ambient.argumentBytes(options.text('to') ?? '.'));
  const place = splitPlace(to, options.text('to')?.endsWith('/') === true);
  const wished = options.text('format');
  const format = wished === undefined ? (place.format ?? findFormat('tar.gz')) : findFormat(wished);
  const prefix = ambient.argumentBytes(options.text('name') ?? 'keys_backup');
  // sha256sum writes and reads these two in a way of its own.
  if (/[\n\\]/.test(place.name ?? '')) {
    throw invalidOption('--to', options.text('to') ?? '', 'a name without line breaks and backslashes');
  }
  if (!/^[^/\\\0\n]{1,100}$/.test(prefix) || prefix.startsWith('.')) {
    throw invalidOption('--name', options.text('name') ?? '', 'the start of a file name');
  }
  return {
    format,
    level: levelOf(format, options.count('level', '--level')),
    layers: await layersToSeal(invocation),
    folder: place.folder,
    ...(place.name === undefined ? {} : { name: place.name }),
    prefix,
    checksums: readChecksums(options.text('checksums')),
    tool: `holdfast ${version}`,
    dryRun: options.flag('dryRun'),
  };
}

/** A folder that is there or ends in a slash is one; else a name that ends as archives do is a file, and anything else a folder to make. */
function splitPlace(
  to: string,
  endsInSlash: boolean,
): { readonly folder: string; readonly name?: string; readonly format?: FileFormat } {
  const isFolder = statSync(fsPath(to), { throwIfNoEntry: false })?.isDirectory() ?? endsInSlash;
  const name = posix.basename(to);
  const format = fileFormats.find((one) => sealsInName(name).rest.endsWith(`.${one.name}`));
  if (isFolder || format === undefined) return { folder: to };
  return { folder: posix.dirname(to), name, format };
}

/** SHA-256 is always there: the others find accidents only. */
function readChecksums(text: string | undefined): ChecksumName[] {
  const known: readonly ChecksumName[] = ['sha256', 'sha1', 'md5'];
  const asked = (text ?? '').split(',').filter((name) => name !== '');
  for (const name of asked) {
    if (!known.some((one) => one === name)) {
      throw invalidOption('--checksums', text ?? '', 'a list of sha256, sha1 and md5');
    }
  }
  return known.filter((name) => name === 'sha256' || asked.includes(name));
}

/** Links on the way are followed, and so is one in its place: what it leads to is what is meant. */
function realFolder(folder: string, { ambient }: Invocation): string {
  const path = posix.resolve(ambient.workingDirectory, ambient.argumentBytes(folder));
  try {
    return realpathSync.native(fsPath(path), { encoding: 'buffer' }).toString('latin1');
  } catch (cause) {
    throw new Failure('missing', 'SOURCE_MISSING', `nothing exists at "${pathText(path)}"`, { cause });
  }
}

function lines(outcome: ExportOutcome, { texts, options }: Invocation): string[] {
  const { language } = texts;
  const { files, directories, symlinks, hardlinks, specials } = outcome.entries;
  const counts = texts.say('export.counts', {
    files: formatCount(files, language),
    directories: formatCount(directories, language),
    other: formatCount(symlinks + hardlinks + specials, language),
    bytes: formatBytes(outcome.contentBytes, language),
  });
  const file = pathText(outcome.file);
  if (options.flag('dryRun')) return [texts.say('export.dryRun', { file }), counts];
  const result = [
    texts.say('export.done', {
      file,
      bytes: formatBytes(outcome.sizeBytes, language),
      duration: formatDuration(outcome.durationMs, language),
    }),
    counts,
  ];
  for (const [name, value] of Object.entries(outcome.checksums)) result.push(`${name}  ${value}`);
  if (outcome.problems > 0)
    result.push(texts.say('restore.problems', { count: formatCount(outcome.problems, language) }));
  return result;
}
