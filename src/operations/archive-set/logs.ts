// The named logs of a set of archives, one JSON object a line. Nothing secret comes here: names, sizes, checksums, outcomes.

import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../base/context.ts';
import type { Facts } from '../../base/failure.ts';
import { isFailure } from '../../base/failure.ts';
import { makeFolders } from '../../disk/folders.ts';
import { errorCode } from '../../sources/files/system-error.ts';

export const logNames = {
  backup: 'backup_automation.log',
  restore: 'restore.log',
  audit: 'backup_audit.log',
} as const;

type Level = 'info' | 'warning' | 'error';

/** A log that cannot be written never stops a backup: it is told once. */
export class ArchiveLogs {
  readonly #folder: string;
  readonly #isSilent: boolean;
  readonly #context: Context;
  #failed = false;

  /** `isSilent`: for a dry run, which leaves no trace. */
  constructor(folder: string, isSilent: boolean, context: Context) {
    this.#folder = folder;
    this.#isSilent = isSilent;
    this.#context = context;
  }

  backup(level: Level, event: string, facts: Facts): void {
    this.#write('backup', level, event, facts);
  }
  restore(level: Level, event: string, facts: Facts): void {
    this.#write('restore', level, event, facts);
  }
  audit(level: Level, event: string, facts: Facts): void {
    this.#write('audit', level, event, facts);
  }

  /** What was refused is for the auditor as well. */
  failed(log: 'backup' | 'restore', error: unknown, facts: Facts): void {
    const code = isFailure(error) ? error.code : 'UNEXPECTED_ERROR';
    const message = isFailure(error) ? error.message : '';
    this.#write(log, 'error', `${log} failed`, { ...facts, code, message });
    if (!isFailure(error, 'canceled')) this.#write('audit', 'error', `${log} failed`, { ...facts, code });
  }

  #write(log: keyof typeof logNames, level: Level, event: string, facts: Facts): void {
    if (this.#isSilent) return;
    const time = new Date(this.#context.clock.now()).toISOString();
    const line = `${JSON.stringify({ time, level, event, ...facts })}\n`;
    try {
      makeFolders(this.#folder);
      const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
      const file = openSync(
        join(this.#folder, logNames[log]),
        O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW,
        0o600,
      );
      try {
        writeSync(file, line);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#context.log.warn(`the log "${join(this.#folder, logNames[log])}" cannot be written`, {
        code: errorCode(error) ?? '',
      });
    }
  }
}
