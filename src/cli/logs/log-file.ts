// A file that only grows, and is put aside when it is large or old. Several processes may write to the same one. Trouble with it is counted and
// told later: a log that cannot be written stops nothing.

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Instant } from '../../base/context.ts';
import { makeFolders } from '../../disk/folders.ts';
import { compressOld, putAsideName } from './put-aside.ts';

export interface FileRules {
  readonly path: string;
  readonly bytesMax: number;
  readonly ageMaxMs: number;
  /** Of those put aside. */
  readonly keep: number;
}

export interface LogFile {
  /** Whole lines, each with its end. Never fails. */
  write(lines: string, at: Instant): void;
  /** Somebody else has moved the file away: goes on in a new one. */
  reopen(): void;
  /** Lines that could not be written since it was opened. */
  readonly lost: number;
  /** Waits for files that are being compressed. */
  close(): Promise<void>;
}

interface Handle {
  readonly descriptor: number;
  readonly file: bigint;
  readonly device: bigint;
  readonly since: Instant;
}

export interface LossTexts {
  /** The line that says how many are missing before it, with its end. */
  lost(count: number, at: Instant): string;
}

export function openLogFile(rules: FileRules, texts: LossTexts): LogFile {
  let handle: Handle | undefined;
  let lost = 0;
  let untold = 0;
  let isTorn = false;
  let compressing: Promise<void> = Promise.resolve();

  const release = () => {
    if (handle === undefined) return;
    const { descriptor } = handle;
    handle = undefined;
    closeSync(descriptor);
  };

  /** The one that the path names now: another process may have put ours aside. */
  const current = (at: Instant): Handle => {
    if (handle !== undefined) {
      const named = statSync(rules.path, { bigint: true, throwIfNoEntry: false });
      if (named?.ino === handle.file && named.dev === handle.device) return handle;
      release();
    }
    handle = open(rules.path, at);
    return handle;
  };

  const rotate = (at: Instant, length: number) => {
    const { descriptor, since } = current(at);
    const { size } = fstatSync(descriptor);
    if (size === 0) return;
    if (size + length <= rules.bytesMax && at - since < rules.ageMaxMs) return;
    renameSync(rules.path, putAsideName(rules.path, at));
    release();
    // The newest stays as it is: another process may be about to write its last line into it.
    compressing = compressing
      .then(() => compressOld(rules.path, rules.keep, at))
      .catch(() => {
        // A full disk, as likely as not: tried again with the next one that is put aside.
      });
  };

  return {
    get lost() {
      return lost;
    },
    write(lines, at) {
      const told = untold === 0 ? '' : texts.lost(untold, at);
      const bytes = Buffer.from(`${isTorn ? '\n' : ''}${told}${lines}`);
      let done = 0;
      try {
        rotate(at, bytes.length);
        const { descriptor } = current(at);
        while (done < bytes.length) done += writeSync(descriptor, bytes, done);
        isTorn = false;
        untold = 0;
      } catch {
        const count = lines.split('\n').length - 1;
        lost += count;
        untold += count;
        isTorn ||= done > 0;
      }
    },
    reopen: release,
    async close() {
      release();
      await compressing;
    },
  };
}

function open(path: string, at: Instant): Handle {
  makeFolders(dirname(path));
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
  // In a folder that others may write to, a link must not lead the log into a file of ours, nor a pipe hold us up.
  const descriptor = openSync(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_RDWR, 0o600);
  const found = fstatSync(descriptor, { bigint: true });
  if (!found.isFile()) {
    closeSync(descriptor);
    throw new Error('no file');
  }
  return { descriptor, file: found.ino, device: found.dev, since: firstTime(descriptor) ?? at };
}

/** When its first line was written. */
function firstTime(descriptor: number): Instant | undefined {
  const head = Buffer.alloc(300);
  const text = head.subarray(0, readSync(descriptor, head, 0, head.length, 0)).toString('latin1');
  const [, day, time] = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)/.exec(text) ?? [];
  const at = Date.parse(`${day}T${time}Z`);
  return Number.isNaN(at) ? undefined : at;
}
