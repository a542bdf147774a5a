// What the checks ask of the machine they run on: a port, so that tests can have disks run full and processors busy.

import { readFile, stat, statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { errorCode } from '../../sources/files/system-error.ts';

export interface Machine {
  /** Of all processors together since the machine was started; only differences mean anything. */
  processors(): { readonly busyMs: number; readonly totalMs: number };
  memory(): Promise<{ readonly totalBytes: number; readonly availableBytes: number }>;
  /** Of the file system that the path is on, or the first folder above it that is there. */
  disk(path: string): Promise<Disk>;
  readText(path: string): Promise<string>;
  readonly nodeVersion: string;
}

export interface Disk {
  /** The same for all paths on it. */
  readonly id: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** 0 where the file system counts no files. */
  readonly totalFiles: number;
  readonly freeFiles: number;
}

export const thisMachine: Machine = {
  processors() {
    let busyMs = 0;
    let totalMs = 0;
    for (const { times } of cpus()) {
      const busy = times.user + times.nice + times.sys + times.irq;
      busyMs += busy;
      totalMs += busy + times.idle;
    }
    return { busyMs, totalMs };
  },

  async memory() {
    // What the kernel would give back at once is not used; only Linux says how much that is.
    try {
      const lines = await readFile('/proc/meminfo', 'utf8');
      const available = /^MemAvailable:\s+(\d+) kB$/m.exec(lines)?.[1];
      if (available !== undefined) {
        return { totalBytes: totalmem(), availableBytes: Number(available) * 1024 };
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    return { totalBytes: totalmem(), availableBytes: freemem() };
  },

  async disk(path) {
    for (let at = path; ; at = dirname(at)) {
      try {
        const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(at);
        const { dev } = await stat(at);
        // Blocks kept for root count neither as used nor as free, as df does it.
        return {
          id: String(dev),
          totalBytes: (blocks - bfree + bavail) * bsize,
          freeBytes: bavail * bsize,
          totalFiles: files,
          freeFiles: ffree,
        };
      } catch (error) {
        if (errorCode(error) !== 'ENOENT' || dirname(at) === at) throw error;
      }
    }
  },

  readText: (path) => readFile(path, 'utf8'),
  nodeVersion: process.versions.node,
};
