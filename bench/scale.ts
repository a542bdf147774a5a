// npm run bench:scale [-- --files 10000,100000,1000000 --chunks 10000000 --folder FOLDER]
//
// Shows how cost grows: backups of generated trees of small files (first and unchanged), and an index of many chunks in memory: its size
// and the time of a look-up. Stores the figures as JSON in bench/results/.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { IndexTable } from '../src/repository/index-table.ts';
import { measure } from './measure.ts';
import { tools } from './tools.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '10000,100000,1000000' },
    chunks: { type: 'string', default: '10000000' },
    folder: { type: 'string' },
  },
});
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'holdfast-scale-'));
const figures: Record<string, string | number>[] = [];

for (const count of numbersOf(values.chunks)) figures.push(measureIndex(count));
for (const count of numbersOf(values.files)) figures.push(await measureTree(count));
console.table(figures);
const results = join(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
const name = `scale-${new Date().toISOString().slice(0, 16).replace(':', '')}.json`;
writeFileSync(join(results, name), `${JSON.stringify(figures, undefined, 1)}\n`);
if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });

function numbersOf(list: string): number[] {
  return list
    .split(',')
    .filter((one) => one !== '')
    .map(Number);
}

/** Rows with ids that are spread evenly, as keyed hashes are. */
function measureIndex(count: number): Record<string, string | number> {
  const before = process.memoryUsage().rss;
  const index = new IndexTable();
  index.reserve(count);
  const ids = Buffer.alloc(32 * 4096);
  const words = new Uint32Array(ids.buffer, ids.byteOffset, ids.length / 4);
  // Made in place: what a hash function returns would be counted as memory of the index.
  const fill = (batch: number) => {
    let state = Math.imul(batch + 1, 0x9e3779b1) | 1;
    for (let at = 0; at < words.length; at += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[at] = Math.imul(state, 0x85ebca6b);
    }
  };
  const insertStart = performance.now();
  let hashing = 0;
  for (let batch = 0; batch * 4096 < count; batch += 1) {
    const start = performance.now();
    fill(batch);
    hashing += performance.now() - start;
    const rows = Math.min(4096, count - batch * 4096);
    for (let row = 0; row < rows; row += 1) index.insert(ids, row * 32, batch, row, 1);
  }
  const insertMs = performance.now() - insertStart - hashing;
  const rss = process.memoryUsage().rss - before;
  let lookupMs = 0;
  let lookups = 0;
  for (let step = 0; step < 200; step += 1) {
    fill((step * 37) % Math.floor(count / 4096));
    const start = performance.now();
    for (let row = 0; row < 4096; row += 1)
      if (index.find(ids, row * 32) < 0) throw new Error('a row is missing');
    lookupMs += performance.now() - start;
    lookups += 4096;
  }
  return {
    what: `index of ${count} chunks`,
    'memory, MiB': Math.round(rss / 2 ** 20),
    'insert, µs': round((insertMs * 1000) / count),
    'look-up, µs': round((lookupMs * 1000) / lookups),
  };
}

/** Small files of 40 to 3,000 bytes, 100 to a folder. */
async function measureTree(count: number): Promise<Record<string, string | number>> {
  const source = join(folder, `tree-${count}`);
  mkdirSync(source, { recursive: true });
  for (let number = 0; number < count; number += 1) {
    const parent = join(source, `${Math.floor(number / 10_000)}`, `${Math.floor(number / 100)}`);
    if (number % 100 === 0) mkdirSync(parent, { recursive: true });
    const length = 20 + ((number * 7919) % 1480);
    writeFileSync(
      join(parent, `file-${number}`),
      createHash('shake256', { outputLength: length }).update(`${number}`).digest('hex'),
    );
  }
  const base = join(folder, `run-${count}`);
  const place = {
    repository: join(base, 'repository'),
    state: join(base, 'state'),
    passwordFile: join(base, 'password'),
    password: 'correct horse battery',
    source,
  };
  mkdirSync(place.state, { recursive: true });
  writeFileSync(place.passwordFile, place.password, { mode: 0o600 });
  const { holdfast } = tools;
  const environment = { PATH: process.env['PATH'] ?? '', HOME: place.state, ...holdfast!.environment(place) };
  const log = join(base, 'log');
  await measure(holdfast!.init(place), environment, log);
  const first = await measure(holdfast!.backup(place, ''), environment, log);
  const unchanged = await measure(holdfast!.backup(place, ''), environment, log);
  if (first.status !== 0 || unchanged.status !== 0) throw new Error(`a backup failed: see "${log}"`);
  return {
    what: `${count} files`,
    'first, s': round(first.wallSeconds),
    'first, MiB': Math.round(first.peakMiB),
    'first, µs a file': round((first.wallSeconds * 1e6) / count),
    'unchanged, s': round(unchanged.wallSeconds),
    'unchanged, MiB': Math.round(unchanged.peakMiB),
    'unchanged, µs a file': round((unchanged.wallSeconds * 1e6) / count),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
