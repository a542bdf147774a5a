// The tools under comparison, each with its defaults and with encryption. One entry a tool: adding one changes nothing else.

import { join } from 'node:path';
import type { Command } from './measure.ts';

/** Where one tool works in one round. */
export interface Place {
  readonly repository: string;
  readonly state: string;
  readonly passwordFile: string;
  readonly password: string;
  /** The tree that is backed up. */
  readonly source: string;
}

export interface Tool {
  readonly title: string;
  environment(place: Place): Readonly<Record<string, string>>;
  readonly version: Command;
  init(place: Place): Command;
  backup(place: Place, name: string): Command;
  list(place: Place): Command;
  restore(place: Place, name: string, target: string): Command;
  /** Where the content of the source lies after a restore. */
  restoredAt(place: Place, target: string): string;
  restoreOne(place: Place, name: string, path: string, target: string): Command;
  check(place: Place): Command;
  keepLast(place: Place): Command;
}

const holdfast = join(import.meta.dirname, '../bin/holdfast');
const command = (program: string, ...parameters: string[]): Command => ({ program, parameters });

export const tools: Readonly<Record<string, Tool>> = {
  holdfast: {
    title: 'Holdfast',
    environment: ({ repository, passwordFile, state }) => ({
      HOLDFAST_REPOSITORY: repository,
      HOLDFAST_PASSWORD_FILE: passwordFile,
      XDG_STATE_HOME: state,
      XDG_CACHE_HOME: join(state, 'cache'),
    }),
    version: command(holdfast, '--version'),
    init: () => command(holdfast, 'init'),
    backup: ({ source }) => command(holdfast, 'backup', source),
    list: () => command(holdfast, 'snapshots'),
    restore: (_, __, target) => command(holdfast, 'restore', 'latest', '--target', target),
    restoredAt: (_, target) => target,
    restoreOne: ({ source }, _, path, target) =>
      command(holdfast, 'restore', `latest:${join(source, path)}`, '--target', target),
    check: () => command(holdfast, 'check', '--read-data'),
    keepLast: () => command(holdfast, 'forget', '--keep-last', '1', '--prune'),
  },
  restic: {
    title: 'restic',
    environment: ({ repository, passwordFile, state }) => ({
      RESTIC_REPOSITORY: repository,
      RESTIC_PASSWORD_FILE: passwordFile,
      RESTIC_CACHE_DIR: join(state, 'cache'),
    }),
    version: command('restic', 'version'),
    init: () => command('restic', 'init', '--repository-version', '2'),
    backup: ({ source }) => command('restic', 'backup', source),
    list: () => command('restic', 'snapshots'),
    restore: (_, __, target) => command('restic', 'restore', 'latest', '--target', target),
    restoredAt: ({ source }, target) => join(target, source),
    restoreOne: ({ source }, _, path, target) =>
      command('restic', 'restore', 'latest', '--include', join(source, path), '--target', target),
    check: () => command('restic', 'check', '--read-data'),
    keepLast: () => command('restic', 'forget', '--keep-last', '1', '--group-by', 'host', '--prune'),
  },
  borg: {
    title: 'borg lz4',
    environment: ({ repository, password, state }) => ({
      BORG_REPO: repository,
      BORG_PASSPHRASE: password,
      BORG_BASE_DIR: state,
    }),
    version: command('borg', '--version'),
    init: () => command('borg', 'init', '-e', 'repokey-blake2'),
    backup: ({ source }, name) => ({
      ...command('borg', 'create', '-C', 'lz4', `::${name}`, '.'),
      folder: source,
    }),
    list: () => command('borg', 'list'),
    restore: (_, name, target) => ({ ...command('borg', 'extract', `::${name}`), folder: target }),
    restoredAt: (_, target) => target,
    restoreOne: (_, name, path, target) => ({
      ...command('borg', 'extract', `::${name}`, path),
      folder: target,
    }),
    check: () => command('borg', 'check', '--verify-data'),
    keepLast: () => command('sh', '-c', 'borg prune --keep-last 1 && borg compact'),
  },
};
