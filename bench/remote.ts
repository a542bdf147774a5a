// npm run bench:remote [-- --set source-tree --servers s3,sftp --delays none,25 --objects 100000 --noise 160 --folder FOLDER --draft]
//
// Runs Holdfast beside restic on the same server in one run: S3 of radosgw and SFTP of OpenSSH, straight and through a proxy that adds
// delay in each direction. Then a backup within an upload limit, and a list of many objects. Stores the measurements as JSON in
// bench/results/ and writes the section of docs/benchmarks.md, unless --draft. About ten minutes, 15 GB in FOLDER, and nothing else running.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { change, type DataSet, dataSets, makeDataSet } from './data-sets.ts';
import { type Command, type Measurement, measure, run } from './measure.ts';
import {
  bucket,
  type Reach,
  type RemoteServer,
  type ServerName,
  servers,
  startRemote,
  type Traffic,
} from './remote-place.ts';
import {
  type Listed,
  type RemoteResult,
  remoteTables,
  type Throttled,
  writeSection,
} from './remote-report.ts';
import { type Place, tools } from './tools.ts';
import { differences, type Manifest, scan } from './tree.ts';

const MB = 1_000_000;
/** As "10M/s" is read. */
const limitBytesPerSecond = 10 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    set: { type: 'string', default: 'source-tree' },
    servers: { type: 'string', default: servers.join(',') },
    /** Milliseconds in each direction; "none": no proxy. */
    delays: { type: 'string', default: 'none,25' },
    objects: { type: 'string', default: '100000' },
    noise: { type: 'string', default: '160' },
    folder: { type: 'string' },
    draft: { type: 'boolean', default: false },
  },
});
const set = values.set as DataSet;
if (!dataSets.includes(set)) throw new Error(`"${set}" is no data set of bench/data-sets.ts`);
const chosen = values.servers.split(',').filter(Boolean) as ServerName[];
for (const name of chosen) if (!servers.includes(name)) throw new Error(`"${name}" is no server of ours`);
const delays = values.delays.split(',').map((one) => (one === 'none' ? undefined : Number(one)));

const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const aside = join(folder, 'aside');
const results: RemoteResult[] = [];
const throttled: Throttled[] = [];
const listed: Listed[] = [];
const report = { set, results, throttled, listed };
const stamp = new Date().toISOString().slice(0, 16).replace(':', '');
const store = join(import.meta.dirname, 'results', `${stamp}-remote.json`);

// Servers and folders have to go, whoever ends the run.
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => ending.abort(new Error(`ended by ${name}`)));

try {
  const pristine = await makeDataSet(set, join(folder, 'data'));
  let wanted: Manifest | undefined;
  for (const name of chosen) {
    for (const delayMs of delays) {
      await using server = await startRemote(name, delayMs);
      wanted = await compareTools(server, placeName(name, delayMs), pristine, wanted);
      save();
    }
  }
  for (const name of chosen) {
    await measureList(name, Number(values.objects));
    save();
  }
  if (Number(values.noise) > 0) await measureLimit('s3', Number(values.noise) * MB);
  save();
  const tables = remoteTables(report);
  console.log(tables);
  if (!values.draft)
    writeSection(join(import.meta.dirname, '../docs/benchmarks.md'), '## Remote storages', intro(), tables);
} finally {
  rmSync(aside, { recursive: true, force: true });
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}

function placeName(name: ServerName, delayMs: number | undefined): string {
  const title = { s3: 'S3', sftp: 'SFTP' }[name];
  return delayMs === undefined ? title : `${title} with ${2 * delayMs} ms`;
}

function intro(): string {
  return `\`npm run bench:remote\`: Holdfast beside restic 0.14 on the same server in one run, once each; peak and requests are ours · theirs. S3 is radosgw
over objects in memory, SFTP is OpenSSH; the delay is a proxy's, half of it in each direction. Servers and tools share the two cores.
Requests are counted where S3 goes through the proxy. The measurements lie in \`bench/results/${stamp}-remote.json\`.`;
}

function save(): void {
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
  writeFileSync(store, `${JSON.stringify(report, undefined, 1)}\n`);
}

interface Contestant {
  readonly name: 'holdfast' | 'restic';
  readonly place: Place;
  readonly reach: Reach;
  readonly log: string;
}

function contestant(name: 'holdfast' | 'restic', server: RemoteServer, title: string): Contestant {
  const base = join(folder, 'run', `${title.replaceAll(' ', '-')}-${name}`);
  setAside(base);
  const state = join(base, 'state');
  mkdirSync(state, { recursive: true });
  const passwordFile = join(base, 'password');
  const password = 'correct horse battery';
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const reach = server[name](`by-${name}`);
  const source = join(folder, 'live', set);
  const place = { repository: reach.repository, state, passwordFile, password, source };
  return { name, place, reach, log: join(base, 'log') };
}

async function execute({ name, place, reach, log }: Contestant, command: Command): Promise<Measurement> {
  const environment = {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C.UTF-8',
    HOME: place.state,
    ...tools[name]!.environment(place),
    ...reach.environment,
  };
  const { program, parameters } = command;
  const all = { program, parameters: [...reach.options, ...parameters] };
  const measured = await measure(all, environment, log, ending.signal);
  if (measured.status !== 0)
    throw new Error(`"${parameters[0]}" of ${name} failed:\n${readFileSync(log, 'utf8')}`);
  return measured;
}

/** Both tools, step by step, over the same tree; returns what a restore has to bring back. */
async function compareTools(
  server: RemoteServer,
  title: string,
  pristine: string,
  known: Manifest | undefined,
): Promise<Manifest> {
  const source = join(folder, 'live', set);
  mkdirSync(source, { recursive: true });
  await run('rsync', ['-aHS', '--delete', `${pristine}/`, `${source}/`]);
  await run('sh', ['-c', 'find "$1" -type f -print0 | xargs -0 cat > /dev/null', 'sh', source]);
  const both = [contestant('holdfast', server, title), contestant('restic', server, title)];
  const step = async (one: Contestant, name: string, command: Command, compare?: () => number) => {
    server.taken();
    const { wallSeconds, cpuSeconds, peakMiB } = await execute(one, command);
    const { requests } = server.taken();
    results.push({
      ...{ tool: one.name, place: title, step: name, wallSeconds, cpuSeconds, peakMiB },
      ...(requests > 0 ? { requests } : {}),
      ...(compare === undefined ? {} : { differences: compare() }),
    });
    console.error(
      `${title.padEnd(16)} ${one.name.padEnd(9)} ${name.padEnd(10)} ${wallSeconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, ${peakMiB.toFixed(0)} MiB, ${requests} requests`,
    );
  };
  for (const one of both) await step(one, 'init', tools[one.name]!.init(one.place));
  for (const one of both) {
    await step(one, 'backup', tools[one.name]!.backup(one.place, 's1'));
    await step(one, 'unchanged', tools[one.name]!.backup(one.place, 's2'));
  }
  change(set, source);
  const manifest = known ?? scan(source);
  for (const one of both) await step(one, 'changed', tools[one.name]!.backup(one.place, 's3'));
  for (const one of both) {
    const tool = tools[one.name]!;
    const target = join(one.place.state, '../restored');
    mkdirSync(target);
    await step(one, 'restore', tool.restore(one.place, 's3', target), () =>
      differences(manifest, scan(tool.restoredAt(one.place, target))),
    );
    setAside(target);
    await step(one, 'check', tool.check(one.place));
  }
  return manifest;
}

/** What the server sees of a backup that may send so much a second and no more. */
async function measureLimit(name: ServerName, bytes: number): Promise<void> {
  await using server = await startRemote(name, 0);
  const one = contestant('holdfast', server, 'limit');
  const tool = tools['holdfast']!;
  const source = join(one.place.state, '../noise');
  mkdirSync(source);
  for (let part = 0; part * 8 * MB < bytes; part += 1) {
    const outputLength = Math.min(8 * MB, bytes - part * 8 * MB);
    const noise = createHash('shake256', { outputLength }).update(`noise ${part}`).digest();
    writeFileSync(join(source, `part${part}`), noise);
  }
  await execute(one, tool.init(one.place));
  server.taken();
  const { program, parameters } = tool.backup({ ...one.place, source }, 's1');
  await execute(one, { program, parameters: [...parameters, '--limit-upload', '10M/s'] });
  throttled.push(rateOf(server.taken()));
}

/** Greetings and small objects at either end are none of the transfer, and the first second may be saved up: neither counts. */
function rateOf({ sent }: Traffic): Throttled {
  const large = sent.filter(({ bytes }) => bytes >= 16_384);
  const last = large.at(-1)?.atMs ?? 0;
  const first = Math.min((large[0]?.atMs ?? 0) + 1000, last);
  const between = sent.filter(({ atMs }) => atMs >= first && atMs <= last);
  const sum = (from: number, to: number) =>
    between.reduce((total, { atMs, bytes }) => (atMs >= from && atMs < to ? total + bytes : total), 0);
  const rates: number[] = [];
  for (let from = first; from + 10_000 <= last; from += 100) rates.push(sum(from, from + 10_000) / 10);
  const bytes = sum(first, last + 1);
  const seconds = (last - first) / 1000;
  const mean = slopeOf(between);
  return {
    ...{ limitBytesPerSecond, bytes, seconds, mean },
    lowest: rates.length === 0 ? mean : Math.min(...rates),
    highest: rates.length === 0 ? mean : Math.max(...rates),
  };
}

/** Bytes a second of the straight line nearest to all that had come by each moment: objects come whole, so the ends are steps. */
function slopeOf(sent: Traffic['sent']): number {
  let total = 0;
  const points = sent.map(({ atMs, bytes }) => {
    total += bytes;
    return { x: atMs / 1000, y: total };
  });
  const meanOf = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [meanOf((point) => point.x), meanOf((point) => point.y)];
  return meanOf((point) => (point.x - x) * (point.y - y)) / meanOf((point) => (point.x - x) ** 2);
}

/** Objects of a byte; those of S3 are put one by one, so there are a fifth of them. */
async function measureList(name: ServerName, count: number): Promise<void> {
  await using server = await startRemote(name, undefined);
  const one = contestant('holdfast', server, `list ${name}`);
  const objects = name === 's3' ? Math.ceil(count / 5) : count;
  const names = (function* () {
    for (let number = 0; number < objects; number += 1) {
      const short = createHash('sha256').update(`object ${number}`).digest('hex');
      yield `packs/${short.slice(0, 2)}/${short}`;
    }
  })();
  const byte = new Uint8Array(1);
  const fill = async () => {
    for (const object of names) {
      ending.signal.throwIfAborted();
      if (server.s3 === undefined) {
        const path = join(server.folderOf('by-holdfast'), object);
        mkdirSync(join(path, '..'), { recursive: true });
        writeFileSync(path, byte);
      } else {
        await server.s3.send(
          new PutObjectCommand({ Bucket: bucket, Key: `by-holdfast/${object}`, Body: byte }),
        );
      }
    }
  };
  if (server.s3 === undefined) mkdirSync(server.folderOf('by-holdfast'));
  await Promise.all(Array.from({ length: 16 }, fill));
  const script = join(import.meta.dirname, 'remote-list.ts');
  const list = (prefix: string) =>
    execute(one, { program: process.execPath, parameters: [script, one.place.repository, prefix] });
  const empty = await list('index/');
  const full = await list('packs/');
  const found = readFileSync(one.log, 'utf8').trim().split('\n').at(-1);
  if (Number(found) !== objects) throw new Error(`a list of ${objects} objects yielded ${found}`);
  listed.push({
    ...{ place: placeName(name, undefined), objects, seconds: full.wallSeconds },
    ...{ peakMiB: full.peakMiB, emptyPeakMiB: empty.peakMiB },
  });
}

/** Deleted at the end only: mass deletes on ext4 slow the creates that follow. */
function setAside(path: string): void {
  if (!existsSync(path)) return;
  mkdirSync(aside, { recursive: true });
  renameSync(path, join(mkdtempSync(join(aside, 'x-')), 'x'));
}
