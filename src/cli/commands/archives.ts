// `holdfast archives`: the folder of archives that backup_config.json describes. The scripts in compat/ call it.

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import {
  archiveRetention,
  type BackupConfig,
  defaultBackupConfig,
  parseBackupConfig,
} from '../../model/backup-config.ts';
import type { ArchiveSet, RestoredArchive } from '../../operations/archive-set/archive-set.ts';
import type { ListedArchive } from '../../operations/archive-set/listing.ts';
import { guideArchive } from '../archive-guide.ts';
import type { Command, Ending, Invocation, OptionSpec } from '../command.ts';
import { invalidOption } from '../options.ts';
import { openPlace } from '../repository-access.ts';
import { mainSecret } from '../secrets.ts';
import { isoTime, localTime, pathText, tableLines } from '../show.ts';
import { version } from '../version.ts';

const configOption: OptionSpec = { flags: '--config <file>', text: 'option.configArchives' };
const restoreOptions: readonly OptionSpec[] = [
  configOption,
  { flags: '--overwrite', text: 'option.overwriteImport' },
  { flags: '-n, --dry-run', text: 'option.dryRunImport' },
];

export const command: Command = {
  name: 'archives',
  subcommands: [
    {
      name: 'backup',
      arguments: [{ name: 'folder' }],
      options: [
        configOption,
        { flags: '--compression-level <level>' },
        { flags: '--retention-days <days>', text: 'option.retentionDaysArchives' },
        { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
      ],
      run: backup,
    },
    { name: 'list', options: [configOption], run: list },
    {
      name: 'restore',
      arguments: [{ name: 'archive', required: true }],
      options: [
        ...restoreOptions,
        { flags: '--selective <pattern>', repeat: true, text: 'option.selectiveImport' },
        { flags: '-t, --target <folder>', text: 'option.targetArchives' },
      ],
      run: restore,
    },
    { name: 'interactive', options: restoreOptions, run: interactive },
  ],
  examples: [
    'archives backup ~/keys --compression-level 6 --retention-days 60',
    'archives list --config /etc/backup_config.json',
    'archives restore keys_backup_20240716_142533.tar.gz.gcm --selective "*.key" --target ./back',
  ],
};

const operations = () => import('../../operations/archive-set/archive-set.ts');
const usualFile = 'backup_config.json';

function readSet(invocation: Invocation): ArchiveSet {
  const { options, ambient } = invocation;
  const here = pathText(ambient.workingDirectory);
  const path = resolve(here, options.text('config') ?? usualFile);
  return {
    config: changed(readConfig(path, options.text('config') !== undefined), invocation),
    folder: dirname(path),
    tool: `holdfast ${version}`,
    openCloud: (place) => openPlace(place, mainSecret, invocation),
  };
}

/** The defaults, where nobody named a file and none of the usual name is there. */
function readConfig(path: string, isNamed: boolean): BackupConfig {
  if (!isNamed && !existsSync(path)) return defaultBackupConfig();
  try {
    return parseBackupConfig(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('missing', 'CONFIG_MISSING', `the configuration "${path}" cannot be read`, { cause });
  }
}

/** With what this one run asks for otherwise. */
function changed(config: BackupConfig, { options }: Invocation): BackupConfig {
  const level = options.count('compressionLevel', '--compression-level');
  if (level !== undefined && (level < 1 || level > 9)) {
    throw invalidOption('--compression-level', String(level), 'a level from 1 to 9');
  }
  const days = options.count('retentionDays', '--retention-days');
  const { retention } = config;
  return {
    ...config,
    level: level ?? config.level,
    retention:
      days === undefined ? retention : archiveRetention(days, retention.maxBackups ?? 0, retention.keepLast),
  };
}

async function backup(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context, ambient } = invocation;
  const { language } = texts;
  const [folder] = invocation.arguments;
  const dryRun = options.flag('dryRun');
  const { createArchive } = await operations();
  const created = await createArchive(
    {
      ...(folder === undefined ? {} : { source: resolve(pathText(ambient.workingDirectory), folder) }),
      dryRun,
    },
    readSet(invocation),
    context,
  );
  const { archive, path, retention, entries, contentBytes, sizeBytes, durationMs } = created;
  const size = formatBytes(sizeBytes, language);
  output.line(
    dryRun
      ? texts.say('archives.plan', { path })
      : texts.say('archives.made', { path, size, duration: formatDuration(durationMs, language) }),
  );
  output.line(
    texts.say('archives.content', {
      files: formatCount(entries.files, language),
      bytes: formatBytes(contentBytes, language),
      source: created.source,
    }),
  );
  if (created.verified) output.line(texts.say('archives.verified', { archive }));
  if (created.cloud.state === 'stored')
    output.line(texts.say('archives.cloud', { place: created.cloud.location ?? '' }));
  if (created.cloud.state === 'failed')
    output.line(texts.say('archives.cloudFailed', { code: created.cloud.code ?? '' }));
  for (const name of retention.deleted)
    output.line(texts.say(dryRun ? 'archives.wouldDelete' : 'archives.deleted', { archive: name }));
  for (const name of retention.spared) output.line(texts.say('archives.spared', { archive: name }));
  if (created.problems > 0)
    output.line(texts.say('restore.problems', { count: formatCount(created.problems, language) }));
  return { outcome: created.outcome, result: { ...created, dryRun } };
}

async function list(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const { listSet } = await operations();
  const listed = await listSet(readSet(invocation), context);
  const head = texts.say('archives.head').split('|');
  const rows = listed.map((one) => archiveRow(one, invocation));
  for (const line of tableLines([head, ...rows], [1])) output.line(line);
  const isBad = listed.some(({ checksum }) => checksum === 'wrong' || checksum === 'unreadable');
  return {
    ...(isBad ? { outcome: 'partial' } : {}),
    result: {
      archives: listed.map((one) => ({ ...one, time: isoTime(one.time), mode: one.mode.toString(8) })),
    },
  };
}

export const checksumTexts = {
  verified: 'archives.checksum.verified',
  wrong: 'archives.checksum.wrong',
  unchecked: 'archives.checksum.unchecked',
  unreadable: 'archives.checksum.unreadable',
} as const;

function archiveRow(one: ListedArchive, { texts, ambient }: Invocation): string[] {
  return [
    localTime(one.time, ambient.zoneOffsetMinutes),
    formatBytes(one.sizeBytes, texts.language),
    texts.say(checksumTexts[one.checksum]),
    one.archive,
  ];
}

async function restore(invocation: Invocation): Promise<Ending> {
  const { options } = invocation;
  const [archive = ''] = invocation.arguments;
  return bring(archive, options.text('target'), options.list('selective'), readSet(invocation), invocation);
}

async function interactive(invocation: Invocation): Promise<Ending> {
  const set = readSet(invocation);
  const { listSet } = await operations();
  const listed = await listSet(set, invocation.context);
  const wish = await guideArchive(listed, invocation);
  return bring(wish.archive, wish.target, wish.selective, set, invocation);
}

async function bring(
  archive: string,
  target: string | undefined,
  selective: readonly string[],
  set: ArchiveSet,
  invocation: Invocation,
): Promise<Ending> {
  const { options, output, context, ambient } = invocation;
  const here = pathText(ambient.workingDirectory);
  const { restoreArchive } = await operations();
  const dryRun = options.flag('dryRun');
  const restored = await restoreArchive(
    {
      // What was completed by a shell is a path of this folder; a bare name is one of the list.
      archive: archive.includes('/') ? resolve(here, archive) : archive,
      target: resolve(here, target ?? usualTarget(archive)),
      selective,
      overwrite: options.flag('overwrite'),
      dryRun,
    },
    set,
    context,
  );
  for (const line of restoredLines(restored, dryRun, invocation)) output.line(line);
  return { outcome: restored.outcome, result: { ...restored, dryRun } };
}

/** A folder of its own for each archive, so that a restore is in nobody's way. */
export function usualTarget(archive: string): string {
  return `restored/${basename(archive).replace(/\.tar\.gz.*$/, '')}`;
}

function restoredLines(
  { target, found, restored, problems, durationMs }: RestoredArchive,
  dryRun: boolean,
  { texts }: Invocation,
): string[] {
  const { language } = texts;
  const files = formatCount(dryRun ? found.files : restored.files, language);
  const bytes = formatBytes(dryRun ? found.bytes : restored.bytes, language);
  const duration = formatDuration(durationMs, language);
  const lines = [
    texts.say(dryRun ? 'archives.restorePlan' : 'archives.restored', { target, files, bytes, duration }),
  ];
  if (problems > 0) lines.push(texts.say('restore.problems', { count: formatCount(problems, language) }));
  return lines;
}
