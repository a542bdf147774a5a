// node bench/remote-list.ts URL PREFIX: lists all objects below a prefix of a storage and prints how many there are. A process of its own,
// so that bench/remote.ts can measure the memory of a list. HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE names a file with the secret.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../src/base/context.ts';
import { openStorage } from '../src/storage/all.ts';

const [url = '', prefix = ''] = process.argv.slice(2);
const silent = () => undefined;
const context: Context = {
  signal: new AbortController().signal,
  clock: {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (durationMs, signal) => pause(durationMs, undefined, { signal }),
  },
  log: { debug: silent, info: silent, warn: silent, error: silent },
  monitor: { count: silent, total: silent, phase: silent, problem: silent },
};
const secretFile = process.env['HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE'];
const secretOf = async (field: string) =>
  field === 'secretAccessKey' && secretFile !== undefined
    ? readFileSync(secretFile, 'utf8').trim()
    : undefined;
await using storage = await openStorage(url, secretOf, context);
let count = 0;
for await (const { name } of storage.list(prefix, { signal: context.signal })) if (name !== '') count += 1;
console.log(count);
