// `holdfast backup`: saves files and folders, or standard input, as a new snapshot.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import { createMatcher } from '../../model/selection.ts';
import type { BackupOutcome, BackupRequest } from '../../operations/backup.ts';
import type { Repository } from '../../repository/repository.ts';
import { walkAhead } from '../../sources/ahead.ts';
import type { WalkRules } from '../../sources/files/exclusions.ts';
import type { InventoryFile } from '../../sources/keys/inventory.ts';
import type { GrowingInventory } from '../../sources/keys/kind.ts';
import type { Source } from '../../sources/source.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { frameCompression, invalidOption } from '../options.ts';
import { readPatternFile } from '../patterns.ts';
import { remoteOptions, remoteSource } from '../remote-sources.ts';
import { openForBackup, ownFolder } from '../repository-access.ts';
import { pathFields, pathText } from '../show.ts';
import { shortId } from '../snapshot-choice.ts';
import { retentionOption, sizeOption, timeOption } from '../values.ts';
import { version } from '../version.ts';

export const command: Command = {
  name: 'backup',
  arguments: [{ name: 'path', variadic: true }],
  options: [
    { flags: '--tag <tag>', repeat: true },
    { flags: '--host <name>' },
    { flags: '--time <time>' },
    { flags: '-e, --exclude <pattern>', repeat: true },
    { flags: '--exclude-file <file>', repeat: true },
    { flags: '--exclude-caches' },
    { flags: '--exclude-larger-than <size>' },
    { flags: '-x, --one-file-system' },
    { flags: '--files-from <file>', repeat: true },
    { flags: '--files-from-null <file>', repeat: true },
    { flags: '--stdin' },
    { flags: '--stdin-name <name>' },
    { flags: '--keys' },
    ...remoteOptions,
    { flags: '-f, --force' },
    { flags: '-n, --dry-run' },
    { flags: '--concurrency <count>' },
    { flags: '--compression <kind>' },
    { flags: '--retain <duration>' },
    { flags: '--writer-key <file>' },
  ],
  examples: [
    'backup --stdin --stdin-name shop.sql < shop.sql',
    'backup ~/documents --exclude "*.tmp"',
    'backup /etc /srv --tag nightly --one-file-system',
    'backup /home --writer-key /etc/holdfast/writer-key',
    'backup /srv/keys --keys --retain 90d',
    'backup --vault https://vault.example.org:8200 --vault-role-id backup',
    'backup --secrets-manager eu-central-1 --prefix prod/',
  ],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, ambient, context, output, texts } = invocation;
  const remote = remoteSource(invocation);
  const named = remote === undefined ? readPaths(invocation) : [];
  const rules = await readRules(invocation);
  const time = timeOption('time', 'start', invocation);
  const dryRun = options.flag('dryRun');
  const retainUntil = retentionOption(invocation);
  const compression = frameCompression(options.text('compression'));
  const workers = options.count('concurrency', '--concurrency') ?? availableParallelism();
  const request = {
    host: options.text('host') ?? ambient.hostName,
    user: ambient.userName,
    tags: options.list('tag'),
    ...(time === undefined ? {} : { time }),
    force: options.flag('force'),
    dryRun,
    workers,
    ...compression,
    tool: `holdfast ${version}`,
    ...(retainUntil === undefined ? {} : { retainUntil }),
  };
  // Code is loaded and the walk begins while the passphrase is stretched, and not before: that takes longest.
  const loading = () => import('../../operations/backup.ts');
  let ahead: Promise<OpenedSource> | undefined;
  const begin = () => {
    ahead ??= remote?.(context) ?? openSource(named, rules, opening, invocation);
    ahead.catch(() => undefined);
    return ahead;
  };
  const meanwhile = () => {
    loading();
    begin();
  };
  const opening = openForBackup(invocation, { retainUntil, meanwhile });
  await using repository = await opening;
  const { backup } = await loading();
  const { opened, sourceSpec, inventory, paths = named, leave } = await begin();
  await using _visit = { [Symbol.asyncDispose]: async () => leave?.() };
  using source = opened;
  const done = await backup({ ...request, paths, source, sourceSpec }, repository, context);
  // A dry run reads nothing, and the length of standard input is known only after reading.
  const outcome = options.flag('stdin') && dryRun ? { ...done, sourceBytes: 0 } : done;
  for (const line of lines(outcome, paths, repository, invocation)) output.line(line);
  const keys = inventory === undefined ? undefined : await keyReport(inventory.files, invocation);
  if (outcome.problems > 0) output.note(texts.say('backup.partial', { count: outcome.problems }));
  return {
    outcome: outcome.outcome,
    result: {
      ...outcome,
      dryRun,
      location: repository.storage.location,
      paths: paths.map(pathFields),
      ...(keys === undefined ? {} : { keys }),
    },
  };
}

interface OpenedSource {
  readonly opened: Source;
  readonly sourceSpec: BackupRequest['sourceSpec'];
  /** Where a service is asked: what the snapshot is of. */
  readonly paths?: readonly string[];
  leave?(): Promise<void>;
  /** With --keys. */
  readonly inventory?: GrowingInventory;
}

async function openSource(
  paths: readonly string[],
  rules: WalkRules,
  opening: Promise<Repository>,
  invocation: Invocation,
): Promise<OpenedSource> {
  const { options, context } = invocation;
  const { sourceKinds } = await import('../../sources/all.ts');
  if (options.flag('stdin')) {
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const config = { name: (paths[0] ?? '').slice(1), ...owner };
    const { default: kind } = await sourceKinds['standard-input']();
    return { opened: kind.open(config, context), sourceSpec: { kind: 'standard-input', config } };
  }
  if (options.flag('keys')) {
    const { default: kind, GrowingInventory } = await sourceKinds.keys();
    const inventory = new GrowingInventory();
    return {
      opened: walkAhead(kind.open({ paths, rules, inventory }, context), opening, context),
      sourceSpec: { kind: 'keys', config: { paths } },
      inventory,
    };
  }
  const { default: kind } = await sourceKinds.files();
  // Rules hold functions, which no worker needs and none could be sent.
  return {
    opened: walkAhead(kind.open({ paths, rules }, context), opening, context),
    sourceSpec: { kind: 'files', config: { paths } },
  };
}

/** What the result says of the keys; the lines for people name what is worse than a note. */
async function keyReport(
  files: readonly InventoryFile[],
  { output, texts, context }: Invocation,
): Promise<Readonly<Record<string, unknown>>> {
  const { findKeyTrouble } = await import('../../sources/keys/findings.ts');
  const { countInventory } = await import('../../sources/keys/inventory.ts');
  const { countFindings, countLine, findingFields, findingLines } = await import('../key-report.ts');
  const findings = findKeyTrouble(files, context.clock.now());
  const counts = countFindings(findings);
  output.line(countLine(files, texts));
  output.line(texts.say('keys.findings', counts));
  const worse = findings.filter(({ severity }) => severity !== 'note');
  for (const line of findingLines(worse, texts)) output.line(line);
  return { ...countInventory(files), findings: findings.map(findingFields), counts };
}

/** Standard input is one file directly below "/". */
function standardInputName({ options, ambient }: Invocation): string {
  const name = ambient.argumentBytes(options.text('stdinName') ?? 'stdin');
  if (/^[^/\0]{1,255}$/.test(name) && name !== '.' && name !== '..') return name;
  throw invalidOption('--stdin-name', options.text('stdinName') ?? '', 'a file name without a slash');
}

/** Absolute byte strings from the arguments and the lists; each must exist, so that a slip of the pen is no empty backup. */
function readPaths(invocation: Invocation): string[] {
  const { options, ambient } = invocation;
  if (options.flag('stdin')) {
    if (options.flag('keys')) {
      throw new Failure('usage', 'KEYS_NEED_PATHS', 'standard input has no inventory of keys');
    }
    if (invocation.arguments.length === 0) return [`/${standardInputName(invocation)}`];
    throw new Failure('usage', 'STDIN_MIXED', 'paths were named beside --stdin');
  }
  const named = invocation.arguments.map((path) => ambient.argumentBytes(path));
  for (const file of options.list('filesFrom')) named.push(...readList(file, '\n'));
  for (const file of options.list('filesFromNull')) named.push(...readList(file, '\0'));
  const paths = [...new Set(named.map((path) => posix.resolve(ambient.workingDirectory, path)))];
  if (paths.length === 0) {
    throw new Failure('usage', 'NOTHING_TO_BACK_UP', 'no path was given');
  }
  return paths;
}

/** `-` is standard input. */
function readList(file: string, separator: string): string[] {
  try {
    const text = readFileSync(file === '-' ? 0 : file, 'latin1');
    const entries = text.split(separator).filter((line) => line !== '');
    return separator === '\n' ? entries.map((line) => line.replace(/\r$/, '')) : entries;
  } catch (cause) {
    throw new Failure('missing', 'LIST_FILE_UNREADABLE', `the list "${file}" cannot be read`, {
      facts: { path: file },
      cause,
    });
  }
}

async function readRules(invocation: Invocation): Promise<WalkRules> {
  const { options } = invocation;
  const patterns = [...options.list('exclude'), ...options.list('excludeFile').flatMap(readPatternFile)];
  const fileBytesMax = sizeOption(options, 'excludeLargerThan');
  const own = await ownFolder(invocation);
  const { readMounts, virtualMountPaths } = await import('../../sources/files/mounts.ts');
  return {
    boundaries: virtualMountPaths(readMounts()),
    ...(patterns.length === 0 ? {} : { exclude: createMatcher(patterns).matches }),
    ...(options.flag('excludeCaches') ? { excludeCaches: true } : {}),
    ...(fileBytesMax === undefined ? {} : { fileBytesMax }),
    ...(options.flag('oneFileSystem') ? { oneFileSystem: true } : {}),
    ...(own === undefined ? {} : { skip: [own] }),
  };
}

function lines(
  outcome: BackupOutcome,
  paths: readonly string[],
  repository: Repository,
  { texts }: Invocation,
): string[] {
  const { language } = texts;
  const { files } = outcome;
  const shown = paths.slice(0, 3).map(pathText).join(', ') + (paths.length > 3 ? ', …' : '');
  const time = formatDuration(outcome.durationMs, language);
  return [
    texts.say('backup.saved', {
      paths: shown,
      entries: formatCount(outcome.entries, language),
      bytes: formatBytes(outcome.sourceBytes, language),
    }),
    texts.say('backup.files', {
      new: formatCount(files.new, language),
      changed: formatCount(files.changed, language),
      unchanged: formatCount(files.unchanged, language),
      read: formatBytes(outcome.readBytes, language),
    }),
    outcome.snapshotId === undefined
      ? texts.say('backup.dryRun', { time })
      : texts.say('backup.stored', {
          id: shortId(outcome.snapshotId),
          place: repository.storage.location,
          bytes: formatBytes(outcome.storedBytes, language),
          time,
        }),
    texts.say('backup.problems', { count: formatCount(outcome.problems, language) }),
  ];
}
