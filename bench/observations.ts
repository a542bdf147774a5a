// What observing a source costs a backup: node bench/observations.ts. The time of all that is done for it alone, measured over many calls, as a
// share of a backup that reads every file; two backups with and without it would differ by chance more than by this.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Observer } from '../src/operations/backup/observer.ts';
import { ContentSampler } from '../src/operations/backup/sampler.ts';
import { MemoryStorage } from '../src/storage/memory.ts';
import { noiseOf, textOf } from '../test/control/anomalies/corpus.ts';
import { backupFolder, create, open, testContext } from '../test/world.ts';

const folders = 40;
const filesInEach = 100;

function microseconds(calls: number, work: (n: number) => void): number {
  for (let n = 0; n < calls / 10; n += 1) work(n);
  const startedAt = performance.now();
  for (let n = 0; n < calls; n += 1) work(n);
  return ((performance.now() - startedAt) * 1000) / calls;
}

async function backupMs(root: string, sizeBytes: number): Promise<number> {
  const folder = mkdtempSync(join(root, 'world-'));
  const source = join(folder, 'source');
  for (let at = 0; at < folders; at += 1) {
    mkdirSync(join(source, String(at)), { recursive: true });
    for (let n = 0; n < filesInEach; n += 1) {
      const half = sizeBytes / 2;
      const content = Buffer.concat([textOf(`${at} ${n}`, half), noiseOf(`${at} ${n}`, half)]);
      writeFileSync(join(source, String(at), `report ${n}.txt`), content);
    }
  }
  const context = testContext();
  const storage = new MemoryStorage();
  await create(storage, join(folder, 'state'), context);
  await using repository = await open(storage, join(folder, 'state'), 'one', context);
  const startedAt = performance.now();
  await backupFolder(source, repository, context);
  return performance.now() - startedAt;
}

const root = mkdtempSync(join(tmpdir(), 'holdfast-observations-'));
try {
  const sampler = new ContentSampler();
  const text = textOf('a', 8192);
  const noise = noiseOf('a', 8192);
  const judging = microseconds(100_000, (n) =>
    sampler.judge('/srv/a/report.txt', n % 2 === 0 ? text : noise),
  );
  const names = Array.from({ length: filesInEach }, (_, n) => `report ${n}.txt`).sort();
  const listing = { path: '/srv/a', names, count: names.length };
  const observer = new Observer([]);
  const naming = microseconds(200_000, (n) => observer.newFile(listing, n % names.length, names));
  const matching = microseconds(1_000_000, (n) => {
    observer.matched();
    observer.file(listing, n % names.length, true, true);
  });
  process.stdout.write(`judging a content: ${judging.toFixed(2)} µs; a new name: ${naming.toFixed(2)} µs; `);
  process.stdout.write(`a known name: ${matching.toFixed(3)} µs\n`);
  for (const sizeBytes of [2048, 16_384, 131_072]) {
    const files = folders * filesInEach;
    const took = await backupMs(root, sizeBytes);
    // Jobs of a MiB or 512 files, of each of which 16 are judged at most.
    const filesInJob = Math.max(1, Math.min(512, Math.ceil(2 ** 20 / sizeBytes)));
    const judged = (files / filesInJob) * Math.min(16, filesInJob);
    const costMs = (judged * judging + files * naming) / 1000;
    const share = ((100 * costMs) / took).toFixed(2);
    process.stdout.write(
      `${files} new files of ${sizeBytes / 1024} KiB: ${took.toFixed(0)} ms, of which observing ${costMs.toFixed(1)} ms, ${share} %\n`,
    );
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
