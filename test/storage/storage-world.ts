// What the storage tests share: a clock that only sleeping moves, a scratch folder, and calls without ceremony.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../src/base/context.ts';
import { Failure, type FailureKind } from '../../src/base/failure.ts';
import type { Storage } from '../../src/storage/storage.ts';

export const signal = new AbortController().signal;

export interface StillContext extends Context {
  readonly sleeps: number[];
  readonly logged: string[];
  advance(durationMs: number): void;
}

/** Time stands still but for `sleep` and `advance`. */
export function stillContext(): StillContext {
  const sleeps: number[] = [];
  const logged: string[] = [];
  const log = (message: string) => void logged.push(message);
  let time = 1_000_000;
  return {
    sleeps,
    logged,
    advance: (durationMs) => {
      time += durationMs;
    },
    signal,
    clock: {
      now: () => time,
      elapsed: () => time,
      async sleep(durationMs, given) {
        if (given.aborted) throw new Failure('canceled', 'CANCELED', 'the sleep was canceled');
        sleeps.push(durationMs);
        time += durationMs;
      },
    },
    log: { debug: log, info: log, warn: log, error: log },
    monitor: {
      count: () => undefined,
      total: () => undefined,
      phase: () => undefined,
      problem: () => undefined,
    },
  };
}

export function scratch(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-storage-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}

export async function textOf(storage: Storage, name: string): Promise<string> {
  return Buffer.from(await storage.get(name, { signal })).toString();
}

export async function namesOf(storage: Storage, prefix = ''): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list(prefix, { signal })) names.push(name);
  return names.sort();
}

/** For assert.rejects: a Failure of exactly this kind and code. */
export function failure(kind: FailureKind, code: string): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof Failure && error.kind === kind && error.code === code) return true;
    throw error;
  };
}
