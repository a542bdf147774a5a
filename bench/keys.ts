// npm run bench:keys [-- --folder FOLDER --draft]
//
// What keys and archives cost: a cold `key test` of every kind of key slot that is software, a new passphrase for a large repository, the
// share of sealing in a first backup, and `export` to a sealed archive beside tar, zstd and age from Debian. Stores the measurements as JSON
// in bench/results/ and writes the section of docs/benchmarks.md, unless --draft. About five minutes, 8 GB in FOLDER, and nothing else running.

import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBox, sealBox } from '../src/repository/box.ts';
import { makeDataSet } from './data-sets.ts';
import { type Command, type Measurement, measure } from './measure.ts';
import { writeSection } from './remote-report.ts';
import { sizeOf } from './tree.ts';

const { values } = parseArgs({
  options: { folder: { type: 'string' }, draft: { type: 'boolean', default: false } },
});
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const place = join(folder, 'keys-bench');
const holdfast = join(import.meta.dirname, '../bin/holdfast');
const log = join(place, 'log');
const environment = {
  PATH: process.env.PATH ?? '',
  // Where compiled code is kept between runs, as for every user.
  HOME: place,
  HOLDFAST_REPOSITORY: join(place, 'repository'),
  XDG_STATE_HOME: join(place, 'state'),
  XDG_CACHE_HOME: join(place, 'cache'),
};

rmSync(place, { recursive: true, force: true });
mkdirSync(place, { recursive: true });
const source = await makeDataSet('source-tree', join(folder, 'data'));
const password = secretFile('password', 'bench password\n');

const init = await ours('init', '--password-file', password);
const backup = await ours('backup', source, '--password-file', password);
const storedBytes = sizeOf(environment.HOLDFAST_REPOSITORY);
const passwd = await ours('key', 'passwd', '--password-file', password, '--new-password-file', password);
const sealing = sealingSeconds(storedBytes);
const slots = await slotTimes();
const archives = await compareArchives();

const result = { init, backup, passwd, sealing, slots, archives };
const stamp = new Date().toISOString().slice(0, 16).replace(':', '');
const text = tables();
console.log(text);
if (!values.draft) {
  writeFileSync(
    join(import.meta.dirname, 'results', `${stamp}-keys.json`),
    `${JSON.stringify(result, null, 2)}\n`,
  );
  const intro = `Measured by \`npm run bench:keys\`, bench/results/${stamp}-keys.json.`;
  writeSection(join(import.meta.dirname, '../docs/benchmarks.md'), '## Keys and archives', intro, text);
}
rmSync(place, { recursive: true, force: true });

function secretFile(name: string, content: string): string {
  const path = join(place, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** Fails when the command does: a figure of a failed run is none. */
async function timed(command: Command): Promise<Measurement> {
  const measured = await measure(command, environment, log);
  if (measured.status === 0) return measured;
  throw new Error(
    `"${command.program} ${command.parameters[0]}" ended with ${measured.status}:\n${readFileSync(log, 'utf8').slice(-2000)}`,
  );
}

function ours(...parameters: string[]): Promise<Measurement> {
  return timed({ program: holdfast, parameters });
}

/** Processor seconds to seal so many bytes in frames of 256 KiB, and to open them again as every backup does. */
function sealingSeconds(bytes: number): number {
  const key = createSecretKey(randomBytes(32));
  const payload = randomBytes(256 * 1024);
  const meaning = {
    repositoryId: randomBytes(16),
    domainId: randomBytes(16),
    generation: 1,
    suite: 1,
    type: 1,
    comp: 1,
    plainLength: payload.length,
  };
  const before = process.cpuUsage();
  for (let done = 0; done < bytes; done += payload.length) {
    openBox(key, meaning, sealBox(key, meaning, payload), 'bench');
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

interface SlotTime {
  readonly slot: string;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

/** The fastest of five cold starts each; every passphrase has a repository of its own, or each would be tried on the slots of the others. */
async function slotTimes(): Promise<readonly SlotTime[]> {
  const tests: [string, string[]][] = [];
  for (const kdf of ['argon2id', 'scrypt', 'pbkdf2-sha256']) {
    const access = ['--repository', join(place, kdf), '--password-file', password];
    await ours('init', ...access, '--kdf', kdf);
    tests.push([`passphrase, ${kdf}`, access]);
  }
  const repository = ['--repository', join(place, 'slots')];
  const keyFile = ['--key-file', join(place, 'key-file')];
  await ours('init', ...repository, ...keyFile);
  tests.push(['key-file', [...repository, ...keyFile]]);
  for (const type of ['rsa', 'x25519', 'mlkem768-x25519', 'age']) {
    const path = join(place, type);
    await ours('key', 'generate', '--type', type, '--to', path);
    await ours('key', 'add', ...repository, ...keyFile, '--new-recipient', `${path}.pub`);
    tests.push([type, [...repository, '--identity', path]]);
  }
  const times: SlotTime[] = [];
  for (const [slot, access] of tests) {
    const runs: Measurement[] = [];
    for (let run = 0; run < 5; run += 1) runs.push(await ours('key', 'test', ...access));
    runs.sort((a, b) => a.wallSeconds - b.wallSeconds);
    times.push({ slot, wallSeconds: runs[0]!.wallSeconds, cpuSeconds: runs[0]!.cpuSeconds });
  }
  return times;
}

interface ArchiveTimes {
  readonly holdfast: Measurement;
  readonly pipe: Measurement;
  readonly holdfastBytes: number;
  readonly pipeBytes: number;
}

/** The same folder to a sealed archive by both, three times in turn; the fastest of each. */
async function compareArchives(): Promise<ArchiveTimes> {
  const identity = join(place, 'archive-key');
  await ours('key', 'generate', '--type', 'age', '--to', identity);
  const recipient = readFileSync(`${identity}.pub`, 'utf8').trim();
  const ownFile = join(place, 'own.tar.zst.age');
  const pipeFile = join(place, 'pipe.tar.zst.age');
  const own: Measurement[] = [];
  const pipe: Measurement[] = [];
  for (let run = 0; run < 3; run += 1) {
    for (const path of [ownFile, `${ownFile}.sha256`, `${ownFile}.manifest.json`, pipeFile])
      rmSync(path, { force: true });
    own.push(
      await ours(
        'export',
        '--folder',
        source,
        '--to',
        ownFile,
        '--format',
        'tar.zst',
        '--seal',
        'age',
        '--seal-recipient',
        recipient,
      ),
    );
    const script = `tar -C '${source}' -c . | zstd -q -3 | age -r '${recipient}' -o '${pipeFile}'`;
    pipe.push(await timed({ program: '/bin/bash', parameters: ['-o', 'pipefail', '-c', script] }));
  }
  const fastest = (all: Measurement[]) => all.sort((a, b) => a.wallSeconds - b.wallSeconds)[0]!;
  return {
    holdfast: fastest(own),
    pipe: fastest(pipe),
    holdfastBytes: statSync(ownFile).size,
    pipeBytes: statSync(pipeFile).size,
  };
}

function tables(): string {
  const share = sealing / backup.cpuSeconds;
  const ratio = archives.pipe.wallSeconds / archives.holdfast.wallSeconds;
  const verdict = (isMet: boolean) => (isMet ? 'met' : 'missed');
  const peak = archives.holdfast.peakMiB;
  const rows = slots.map(
    (one) =>
      `| ${one.slot} | ${one.wallSeconds.toFixed(2)} | ${one.cpuSeconds.toFixed(2)} | ${verdict(one.wallSeconds <= 0.4)} |`,
  );
  return [
    '| `key test`, cold | wall, s | processor, s | goal 0.4 s |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `- A new passphrase for a repository of ${(storedBytes / 1e6).toFixed(0)} MB: ${passwd.wallSeconds.toFixed(2)} s, both stretched and the new one twice (goal 1 s: ${verdict(passwd.wallSeconds < 1)}).`,
    `- Sealing and opening again what a first backup of source-tree stores: ${sealing.toFixed(2)} of ${backup.cpuSeconds.toFixed(2)} processor seconds, ${(share * 100).toFixed(1)} % (goal 5 %: ${verdict(share <= 0.05)}).`,
    `- \`export\` of source-tree to \`.tar.zst.age\`: ${archives.holdfast.wallSeconds.toFixed(2)} s, ${(archives.holdfastBytes / 1e6).toFixed(0)} MB; \`tar | zstd -3 | age\`: ${archives.pipe.wallSeconds.toFixed(2)} s, ${(archives.pipeBytes / 1e6).toFixed(0)} MB; ratio ${ratio.toFixed(2)} (goal 0.8: ${verdict(ratio >= 0.8)}). Processor ${archives.holdfast.cpuSeconds.toFixed(1)} and ${archives.pipe.cpuSeconds.toFixed(1)} s. Peak ${peak.toFixed(0)} and ${archives.pipe.peakMiB.toFixed(0)} MiB (goal 150: ${verdict(peak <= 150)}).`,
  ].join('\n');
}
