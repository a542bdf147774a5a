// `holdfast config import`: takes over what a backup_config.json or a .env of the pipeline asks for, as one JSON document.

import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { parseBackupConfig, parsePipelineVariables } from '../../model/backup-config.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { pathText } from '../show.ts';

export const command: Command = {
  name: 'config',
  subcommands: [
    {
      name: 'import',
      arguments: [{ name: 'file', required: true }],
      options: [{ flags: '--to <file>', text: 'option.toConfig' }],
      run: importConfig,
    },
  ],
  examples: ['config import backup_config.json', 'config import .env --to holdfast.json'],
};

async function importConfig(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, ambient } = invocation;
  const here = pathText(ambient.workingDirectory);
  const [file = ''] = invocation.arguments;
  const text = read(resolve(here, file), file);
  const isVariables = /\.env(\.|$)/.test(basename(file)) || !/^\s*[[{]/.test(text);
  const imported = isVariables ? fromVariables(text, file) : fromBackupConfig(text, file);
  for (const key of imported.unknownKeys) output.log.warn(texts.say('config.unknown', { key, file }));
  const to = options.text('to');
  const document = `${JSON.stringify(imported.configuration, null, 2)}\n`;
  if (to === undefined) for (const line of document.trimEnd().split('\n')) output.line(line);
  else {
    const { createPrivateFile } = await import('../../keyslots/private-file.ts');
    try {
      createPrivateFile(resolve(here, to), Buffer.from(document, 'utf8'));
    } catch (cause) {
      throw new Failure('conflict', 'CONFIG_EXISTS', `"${to}" cannot be made`, { cause });
    }
    output.line(texts.say('config.written', { path: to }));
  }
  return { result: { ...imported, ...(to === undefined ? {} : { written: to }) } };
}

function fromBackupConfig(text: string, file: string) {
  const config = parseBackupConfig(text, file);
  const isKept = config.retention.retentionDays === undefined && config.retention.maxBackups === undefined;
  return {
    unknownKeys: config.unknownKeys,
    configuration: {
      version: 1,
      profile: 'keys',
      source: { path: config.sourcePath },
      archives: {
        folder: config.localPath,
        format: 'tar.gz',
        level: config.level,
        seal: config.isEncrypted ? { name: 'aes-256-gcm', keyFile: config.keyFile, ...config.kdf } : null,
        verify: config.isVerified,
      },
      copies: config.backends.includes('s3')
        ? [{ place: config.s3Place ?? null, sealed: config.isCloudEncrypted || config.isEncrypted }]
        : [],
      retention: isKept ? null : config.retention,
      logs: { folder: config.logPath },
    },
  };
}

function fromVariables(text: string, file: string) {
  const { region, bucket, retentionDays, glacierAfterDays, snsTopic, isDebug, unknownKeys } =
    parsePipelineVariables(text, file);
  return {
    unknownKeys,
    configuration: {
      version: 1,
      profile: 'pipeline',
      // Without a name, the bucket is named after the account: aws-backup-pipeline-ACCOUNT.
      repository: bucket === undefined ? null : `s3://${bucket}?region=${region}`,
      region,
      retention: retentionDays === 0 ? null : { keepLast: 1, retentionDays },
      tier: { class: 'GLACIER', afterDays: glacierAfterDays },
      notifications: snsTopic === undefined ? [] : [{ channel: 'sns', topic: snsTopic }],
      logs: { level: isDebug ? 'debug' : 'info' },
    },
  };
}

function read(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('missing', 'CONFIG_MISSING', `the configuration "${shown}" cannot be read`, { cause });
  }
}
