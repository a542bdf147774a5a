// `holdfast doctor`: what is wrong with this machine, its keys and its repository, and what to do about it. It leaves everything as it is.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { BackupConfig } from '../../model/backup-config.ts';
import { type Finding, finding } from '../../operations/doctor/finding.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { doctorLines, doctorTexts } from '../doctor-lines.ts';
import { toFailure } from '../exit.ts';
import { localFolder, openMainRepository, repositoryPlace } from '../repository-access.ts';
import { findSecrets, mainSecret, requireSecret } from '../secrets.ts';
import { pathText } from '../show.ts';
import { version } from '../version.ts';

/** As new archives take, unless their configuration says otherwise. */
const roundsUsual = 600_000;
const archiveLogs = ['backup_automation.log', 'restore.log', 'backup_audit.log'];

export const command: Command = {
  name: 'doctor',
  options: [
    { flags: '--log <file>', text: 'option.logDoctor' },
    { flags: '--config <file>', text: 'option.configDoctor' },
  ],
  examples: [
    'doctor',
    'doctor --repository /mnt/backup/files --password-file ~/.holdfast-password',
    'doctor --config backup_config.json --json',
  ],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { output, texts, options, ambient } = invocation;
  const findings: Finding[] = [];
  findings.push(...(await machine(invocation)));
  const config = options.text('config');
  if (config !== undefined) findings.push(...(await configured(config, invocation)));
  const isNamed = Boolean(options.text('repository') ?? ambient.environment.HOLDFAST_REPOSITORY);
  if (isNamed) findings.push(...(await repository(invocation)));
  else findings.push(finding('repository', 'repository-unnamed'));
  for (const line of doctorLines(findings, texts)) output.line(line);
  const problems = findings.filter(({ state }) => state === 'problem').length;
  const advice = findings.filter(({ state }) => state === 'advice').length;
  output.line(texts.say(problems > 0 ? 'doctor.sick' : 'doctor.well', { problems, advice }));
  return {
    outcome: problems > 0 ? 'partial' : 'succeeded',
    result: {
      problems,
      advice,
      findings: findings.map((one) => ({ ...one, ...doctorTexts(one, texts) })),
    },
  };
}

async function machine(invocation: Invocation): Promise<Finding[]> {
  const { ambient, options, context } = invocation;
  const { findFileClock, findLog, findMode, findSpace } = await import('../../operations/doctor/machine.ts');
  const clock = await findFileClock(ambient.stateDirectory, context);
  const log = options.text('log');
  return [
    finding('versions', 'versions', { holdfast: version, node: process.versions.node, format: 1 }),
    await findSpace(ambient.stateDirectory),
    findMode(ambient.stateDirectory, true),
    ...namedKeyFiles(invocation).map((path) => findMode(path, false)),
    clock,
    ...(log === undefined ? [] : [findLog(log)]),
  ];
}

/** Files that hold secrets, as options and variables name them. */
function namedKeyFiles({ options, ambient }: Invocation): string[] {
  const names = [
    ['keyFile', 'HOLDFAST_KEY_FILE'],
    ['passwordFile', 'HOLDFAST_PASSWORD_FILE'],
    ['identity', 'HOLDFAST_IDENTITY'],
    ['shredKey', 'HOLDFAST_SHRED_KEY_FILE'],
    [undefined, 'HOLDFAST_WRITER_KEY_FILE'],
    [undefined, 'HOLDFAST_MAINTENANCE_KEY_FILE'],
    [undefined, 'HOLDFAST_IDENTITY_PASSWORD_FILE'],
    [undefined, 'HOLDFAST_PKCS11_PIN_FILE'],
  ] as const;
  const paths = names.map(
    ([option, variable]) =>
      (option === undefined ? undefined : options.text(option)) ?? ambient.environment[variable],
  );
  return [...new Set(paths.filter((path): path is string => path !== undefined && path !== ''))];
}

async function repository(invocation: Invocation): Promise<Finding[]> {
  const { context } = invocation;
  const findings: Finding[] = [];
  const folder = localFolder(repositoryPlace(invocation), invocation);
  if (folder !== undefined) {
    const { findOpenFiles, findSpace } = await import('../../operations/doctor/machine.ts');
    findings.push(
      await findSpace(pathText(folder)),
      findOpenFiles(pathText(folder), 'objects', () => true),
    );
  }
  const { failureFacts, findInRepository } = await import('../../operations/doctor/repository.ts');
  try {
    let found = await findSecrets(invocation, mainSecret);
    if (found.length === 0)
      found = [await requireSecret(invocation, mainSecret, repositoryPlace(invocation))];
    await using opened = await openMainRepository(invocation, 'read', { found: found[0], uncached: true });
    const secrets = found.map(({ secret }) => secret);
    findings.push(...(await findInRepository({ secrets }, opened, context)));
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === 'canceled') throw error;
    findings.push(finding('repository', 'repository-unopened', failureFacts(error)));
  }
  return findings;
}

/** What belongs to the archives that a backup_config.json describes. */
async function configured(path: string, { ambient, context }: Invocation): Promise<Finding[]> {
  const { findLog, findMode, findOpenFiles, findSpace } = await import('../../operations/doctor/machine.ts');
  const { failureFacts } = await import('../../operations/doctor/repository.ts');
  const { parseBackupConfig } = await import('../../model/backup-config.ts');
  const file = resolve(pathText(ambient.workingDirectory), path);
  const at = (inner: string) => resolve(dirname(file), inner);
  try {
    const config = parseBackupConfig(readFileSync(file, 'utf8'), path);
    const { rounds } = config.kdf;
    return [
      finding('configuration', 'config-ok', { path: file, unknown: config.unknownKeys.join(', ') || '-' }),
      ...(config.isEncrypted && rounds !== undefined && rounds < roundsUsual
        ? [finding('configuration', 'config-weak', { path: file, rounds, least: roundsUsual })]
        : []),
      ...(config.backends.includes('s3') && config.s3Place !== undefined
        ? []
        : [finding('configuration', 'config-single', { path: file })]),
      await findSpace(at(config.localPath)),
      // Both are made by the first backup.
      ...(existsSync(at(config.localPath))
        ? [
            findOpenFiles(at(config.localPath), 'backups', (name) => name.startsWith('keys_backup_')),
            ...(config.isEncrypted ? [findMode(at(config.keyFile), false)] : []),
          ]
        : []),
      ...archiveLogs.map((name) => findLog(join(at(config.logPath), name))),
      await findArchive(config, dirname(file), context),
    ];
  } catch (error) {
    const facts = failureFacts(toFailure(error, context.signal.aborted));
    return [finding('configuration', 'config-unread', { path: file, ...facts })];
  }
}

async function findArchive(config: BackupConfig, folder: string, context: Context): Promise<Finding> {
  const { proveNewest } = await import('../../operations/archive-set/archive-set.ts');
  const { failureFacts } = await import('../../operations/doctor/repository.ts');
  const openCloud = () => Promise.reject(new Failure('bug', 'ASSERTION_FAILED', 'the doctor copies nothing'));
  try {
    const proven = await proveNewest({ config, folder, tool: '', openCloud }, context);
    return proven === undefined
      ? finding('decryption', 'decrypts-nothing')
      : finding('decryption', 'decrypts-archive', proven);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === 'canceled') throw error;
    return finding('decryption', 'decrypts-archive-not', failureFacts(error));
  }
}
