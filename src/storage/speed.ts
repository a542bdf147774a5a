// How fast a storage is from here: the wait for a short answer, and the rate of long ones. Measured on objects of its own, which are removed.

import { randomBytes } from 'node:crypto';
import type { Context } from '../base/context.ts';
import type { Storage } from './storage.ts';

export interface StorageSpeed {
  /** Median of several. */
  readonly answerMs: number;
  readonly uploadBytesPerSecond: number;
  readonly downloadBytesPerSecond: number;
}

const answers = 9;
const objectBytes = 8 * 1024 * 1024;
const objects = 4;

export async function measureStorage(storage: Storage, context: Context): Promise<StorageSpeed> {
  const { clock, signal } = context;
  const prefix = `probe/${randomBytes(8).toString('hex')}`;
  const timed = async (run: () => Promise<unknown>) => {
    const startedAt = clock.elapsed();
    await run();
    return Math.max(clock.elapsed() - startedAt, 0.001);
  };
  const waits: number[] = [];
  for (let round = 0; round < answers; round += 1) {
    waits.push(await timed(() => storage.stat(`${prefix}-none`, { signal })));
  }
  const names = Array.from({ length: objects }, (_, at) => `${prefix}-${at}`);
  const bytes = randomBytes(objectBytes);
  try {
    const upload = await timed(() => Promise.all(names.map((name) => storage.put(name, bytes, { signal }))));
    const download = await timed(() => Promise.all(names.map((name) => storage.get(name, { signal }))));
    return {
      answerMs: waits.sort((a, b) => a - b)[answers >> 1]!,
      uploadBytesPerSecond: Math.round((objects * objectBytes * 1000) / upload),
      downloadBytesPerSecond: Math.round((objects * objectBytes * 1000) / download),
    };
  } finally {
    const uncanceled = new AbortController().signal;
    for (const name of names) await storage.delete(name, { signal: uncanceled });
  }
}
