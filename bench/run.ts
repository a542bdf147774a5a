// npm run bench [-- --tools holdfast,restic,borg --sets keys,source-tree,big-binary --rounds 1 --folder FOLDER]
//
// Runs Holdfast beside other tools over the same data in one run, compares every restored tree, stores the measurements as JSON in
// bench/results/ and prints the tables of docs/benchmarks.md. Needs about 60 GB in FOLDER, and nothing else running.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { change, type DataSet, dataSets, makeDataSet } from './data-sets.ts';
import { type Command, measure, run } from './measure.ts';
import { type Result, tablesOf } from './table.ts';
import { type Place, type Tool, tools } from './tools.ts';
import { differences, type Manifest, scan, sizeOf } from './tree.ts';

const repeatsOfShortSteps = 3;

const { values } = parseArgs({
  options: {
    tools: { type: 'string', default: 'holdfast,restic,borg' },
    sets: { type: 'string', default: dataSets.join(',') },
    rounds: { type: 'string', default: '1' },
    folder: { type: 'string' },
  },
});
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const chosen = values.tools.split(',');
const sets = values.sets.split(',') as DataSet[];
for (const name of chosen)
  if (tools[name] === undefined) throw new Error(`"${name}" is no tool of bench/tools.ts`);
for (const set of sets)
  if (!dataSets.includes(set)) throw new Error(`"${set}" is no data set of bench/data-sets.ts`);

const results: Result[] = [];
const store = join(
  import.meta.dirname,
  'results',
  `${new Date().toISOString().slice(0, 16).replace(':', '')}.json`,
);
for (const set of sets) {
  const pristine = await makeDataSet(set, join(folder, 'data'));
  const wanted = new Map<string, Manifest>();
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const name of chosen) {
      await oneRound(name, tools[name]!, set, pristine, wanted);
      mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
      writeFileSync(store, `${JSON.stringify(results, undefined, 1)}\n`);
    }
  }
}
console.log(tablesOf(results));
// At the end only: on ext4 without a journal, mass deletes slow creates for minutes.
rmSync(join(folder, 'aside'), { recursive: true, force: true });
if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });

async function oneRound(
  name: string,
  tool: Tool,
  set: DataSet,
  pristine: string,
  wanted: Map<string, Manifest>,
): Promise<void> {
  const base = join(folder, 'run', `${name}-${set}`);
  setAside(base);
  const source = join(folder, 'live', set);
  mkdirSync(source, { recursive: true });
  await run('rsync', ['-aHS', '--delete', `${pristine}/`, `${source}/`]);
  await run('sh', ['-c', 'find "$1" -type f -print0 | xargs -0 cat > /dev/null', 'sh', source]);
  const place: Place = {
    repository: join(base, 'repository'),
    state: join(base, 'state'),
    passwordFile: join(base, 'password'),
    password: 'correct horse battery',
    source,
  };
  mkdirSync(place.state, { recursive: true });
  writeFileSync(place.passwordFile, place.password, { mode: 0o600 });
  const environment = {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C.UTF-8',
    HOME: place.state,
    ...tool.environment(place),
  };
  const log = join(base, 'log');
  const step = async (title: string, command: Command): Promise<void> => {
    const measured = await measure(command, environment, log);
    const repositoryBytes = existsSync(place.repository) ? sizeOf(place.repository) : 0;
    results.push({ tool: name, set, step: title, ...measured, repositoryBytes });
    const { wallSeconds, cpuSeconds, peakMiB, status } = measured;
    console.error(
      `${name.padEnd(9)} ${set.padEnd(12)} ${title.padEnd(12)} ${wallSeconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, ${peakMiB.toFixed(0)} MiB, status ${status}`,
    );
    if (status !== 0) throw new Error(`"${title}" of ${name} failed: see "${log}"`);
  };
  const compare = (title: string, found: string, manifest: Manifest) => {
    const count = differences(manifest, scan(found));
    results.push({ tool: name, set, step: title, differences: count });
    if (count > 0) appendFileSync(log, `${title}: ${count} paths are other than they were\n`);
  };

  let backups = 0;
  const backup = async (title: string) => {
    backups += 1;
    await step(title, tool.backup(place, `s${backups}`));
  };
  await step('init', tool.init(place));
  await backup('backup');
  for (let repeat = 0; repeat < repeatsOfShortSteps; repeat += 1) await backup('unchanged');
  change(set, source);
  const manifest = wanted.get(set) ?? scan(source);
  wanted.set(set, manifest);
  await backup('changed');
  for (let repeat = 0; repeat < repeatsOfShortSteps; repeat += 1) await step('list', tool.list(place));
  const one = smallFileOf(manifest);
  for (let repeat = 0; repeat < repeatsOfShortSteps; repeat += 1) {
    const target = fresh(join(base, 'one'));
    await step('one file', tool.restoreOne(place, `s${backups}`, one, target));
  }
  const target = fresh(join(base, 'restored'));
  await step('restore', tool.restore(place, `s${backups}`, target));
  compare('compared', tool.restoredAt(place, target), manifest);
  setAside(target);
  await step('check', tool.check(place));
  await step('prune', tool.keepLast(place));
  setAside(base);
}

/** A file in the middle of the list that a person might ask for. */
function smallFileOf(manifest: Manifest): string {
  const files = [...manifest].filter(([, line]) => line.startsWith('file '));
  files.sort(([a], [b]) => (a < b ? -1 : 1));
  return files[Math.floor(files.length / 2)]![0];
}

function fresh(path: string): string {
  setAside(path);
  mkdirSync(path, { recursive: true });
  return path;
}

function setAside(path: string): void {
  if (!existsSync(path)) return;
  const aside = join(folder, 'aside');
  mkdirSync(aside, { recursive: true });
  renameSync(path, join(mkdtempSync(join(aside, 'x-')), 'x'));
}
