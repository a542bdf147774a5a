// `npm run prove [-- --quick] [CAMPAIGN…]`: runs the campaigns with large budgets (--quick: those of every test run), prints what was tried
// and what came out, and writes the table of docs/proofs.md between its markers. Plain JavaScript: the pinned Node may not be there yet.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ensureInstalled, node, project } from './setup.mjs';

/** `large` is the environment of the large budget; a test file may report several campaigns. */
const campaigns = [
  {
    file: 'test/fault/crash-points.test.ts',
    large: { HOLDFAST_T01: '2000', HOLDFAST_T03: '500' },
    reports: {
      'T-01':
        'the process dies before or after a storage call of a workflow; then backup, prune, restore of all (tried: crash points)',
      'T-03': 'it dies again while the next run recovers (tried: pairs)',
    },
  },
  {
    file: 'test/fault/power-cut.test.ts',
    large: { HOLDFAST_T02: '1000', HOLDFAST_T02_PAIRS: '300' },
    reports: { 'T-02': 'the power is cut: what was not made durable is lost or torn (tried: cuts)' },
  },
  {
    file: 'test/fault/kill.test.ts',
    large: { HOLDFAST_T04: '60' },
    reports: { 'T-04': 'the real program is killed at a writing system call (tried: kills)' },
  },
  {
    file: 'test/fault/kill-storm.test.ts',
    large: { HOLDFAST_T05: '20' },
    reports: { 'T-05': 'writers and pruners are killed and stopped at random (tried: hits)' },
  },
  {
    file: 'test/fault/up-kill.test.ts',
    large: { HOLDFAST_T90: '100' },
    reports: {
      'T-90':
        '`holdfast up` is killed at random while it does runs that were asked for; then every run is done once (tried: kills)',
    },
  },
  {
    file: 'test/fault/repair-from.test.ts',
    large: { HOLDFAST_T17: '600' },
    reports: {
      'T-17':
        'up to three packs are lost or damaged, `repair all --from` a second copy dies at a storage call and runs again; then check of every byte and restore of all (tried: losses)',
    },
  },
  {
    file: 'test/fault/full-disk.test.ts',
    large: { HOLDFAST_T06: '300' },
    reports: { 'T-06': 'the disk is full after so many bytes; then forget and prune (tried: levels)' },
  },
  {
    file: 'test/fault/io-errors.test.ts',
    large: { HOLDFAST_T07: '2000' },
    reports: { 'T-07': 'calls of the disk fail, once or for good, or write short (tried: failures)' },
  },
  {
    file: 'test/damage/bit-flips.test.ts',
    large: { FLIPS: '20000' },
    reports: {
      'T-10': 'one bit flipped in any object; then `check --read-data` and restore of all (tried: flips)',
    },
  },
  {
    file: 'test/damage/misuse.test.ts',
    large: {},
    reports: {
      'T-11':
        'shortened tags, salts and commitments of others, each field of a meaning changed, weaker key derivation, on every sealed thing (tried: forgeries)',
    },
  },
  {
    file: 'test/damage/swaps.test.ts',
    large: { SWAPS: '4000' },
    reports: {
      'T-12':
        'objects of one type, or frames, exchange content; then `check --read-data` and restore of all (tried: exchanges)',
      'T-13':
        'objects and whole folders are replaced by older ones and by those of another repository (tried: replays)',
    },
  },
  {
    file: 'test/damage/lengths.test.ts',
    large: { LENGTHS: '1100' },
    reports: {
      'T-14':
        'every length and number of every sealed thing is set to extreme values and sealed again with the real keys (tried: objects)',
    },
  },
  {
    file: 'test/damage/missing-points.test.ts',
    large: { SUBSETS: '512' },
    reports: {
      'T-15':
        'every subset of the newest recovery points, or of other objects, is deleted or gets older content, seen by a host with memory and by one without (tried: subsets)',
    },
  },
  {
    file: 'test/fuzz/parsers.test.ts',
    large: { FUZZ: '20000' },
    reports: {
      'T-30':
        'every parser meets spoiled input, also behind a valid seal: a value or a failure with a code (tried: inputs)',
    },
  },
  {
    file: 'test/fuzz/bombs.test.ts',
    large: {},
    reports: {
      'T-31':
        'inputs that would become large: zstd, counts, empty values, nesting, trees without a bottom (tried: bombs)',
    },
  },
  {
    file: 'test/damage/sabotaged-codec.test.ts',
    large: { SABOTAGES: '1000' },
    reports: {
      'T-18':
        'a compressor or cipher returns wrong bytes once in a backup; then a sound backup, `check --read-data` and restore of all (tried: wrong results)',
    },
  },
  {
    file: 'test/damage/hostile-restore.test.ts',
    large: { HOSTILE: '1000' },
    reports: {
      'T-16':
        'trees made to do harm, written with the real keys, are restored to new folders and in place among planted links; nothing outside may change (tried: trees)',
    },
  },
  {
    file: 'test/property/formats.test.ts',
    large: { PROPERTY: '20000' },
    reports: { 'T-90': 'every document comes back from its encoding, and has only one (tried: documents)' },
  },
  {
    file: 'test/property/packs.test.ts',
    large: { PROPERTY: '500' },
    reports: { 'T-90': 'blobs come back from packs, stored once (tried: sessions)' },
  },
  {
    file: 'test/property/model-selection.test.ts',
    large: { PROPERTY: '3000' },
    reports: { 'T-90': 'patterns mean what a naive reading of gitignore means (tried: sets of patterns)' },
  },
  {
    file: 'test/property/model-chain.test.ts',
    large: { PROPERTY: '2000' },
    reports: { 'T-90': 'every lost snapshot is told, no forgotten one is (tried: histories)' },
  },
  {
    file: 'test/incidents/forging.test.ts',
    large: {},
    reports: {
      'T-95': 'an object in the place of another is noticed and never restored as right (tried: forgeries)',
    },
  },
  {
    file: 'test/damage/hostile-manners.test.ts',
    large: { HOSTILE: '5000' },
    reports: {
      'T-16b':
        'trees by a holder of the real keys that lead out of the target, restored afresh, over planted links and in place, then undone (tried: restores)',
    },
  },
  {
    file: 'test/property/secrecy.test.ts',
    large: { SEALS: '1000000', GUESSES: '100' },
    reports: {
      'T-40': 'stored objects are noise: chi-square of bytes and differences, compression (tried: objects)',
      'T-41':
        'no eight bytes of a file, of a name or of a secret lie in any object, log or state file (tried: windows)',
      'T-42': 'lengths are padded, and one file is cut elsewhere under every key (tried: cuts)',
      'T-43': 'the sizes of small backups tell nothing of a guess beside a secret (tried: guesses)',
      'T-44': 'salts, commitments and bodies never come twice (tried: seals)',
    },
  },
  {
    file: 'test/property/formats.test.ts',
    large: { PROPERTY: '20000' },
    reports: { 'T-90': 'every document comes back from its encoding, and has only one (tried: documents)' },
  },
  {
    file: 'test/property/packs.test.ts',
    large: { PROPERTY: '500' },
    reports: { 'T-90': 'blobs come back from packs, stored once (tried: sessions)' },
  },
  {
    file: 'test/property/model-selection.test.ts',
    large: { PROPERTY: '3000' },
    reports: { 'T-90': 'patterns mean what a naive reading of gitignore means (tried: sets of patterns)' },
  },
  {
    file: 'test/property/model-index-table.test.ts',
    large: { PROPERTY: '5000' },
    reports: { 'T-90': 'the index table does what maps and sets do (tried: histories)' },
  },
  {
    file: 'test/model/schedule/second-opinions.test.ts',
    large: { SCHEDULES: '1000' },
    reports: { 'T-90': 'schedules agree with four other readings over changing clocks (tried: schedules)' },
  },
  {
    file: 'test/simulation/policies-year.test.ts',
    large: { POLICIES: '10000' },
    reports: {
      'T-90': 'policies over a year miss no due time and run for none twice (tried: due times)',
    },
  },
  {
    file: 'test/simulation/scheduler-catalog.test.ts',
    large: { POLICIES: '300', DAYS: '365' },
    reports: {
      'T-90':
        'the scheduler on its catalog over virtual time, on two nodes that come and go: no due time missed, none doubled (tried: due times)',
    },
  },
  {
    file: 'test/control/crash.test.ts',
    large: { HOLDFAST_CONTROL_KILLS: '500' },
    reports: {
      'T-28':
        'the control plane dies before or after any of its writes while runs go on: each due time takes effect once, none is lost (tried: kills)',
    },
  },
  {
    file: 'test/simulation/schedules.test.ts',
    large: { SEEDS: '2000' },
    reports: {
      'T-25':
        'clocks jump by up to ten years, run backwards, stand still while all of T-26 happens (tried: jumps)',
      'T-26':
        'up to twelve processes back up, forget, prune, check and restore on one repository, and die at any call (tried: schedules)',
    },
  },
  {
    file: 'test/simulation/soak.test.ts',
    large: { SOAK: '365' },
    reports: {
      'T-93':
        'two writers live on one repository in a real folder, with forget, prune, copy, check, restore and kills; bytes, objects, memory and open files stay bounded (tried: days)',
    },
  },
  {
    file: 'test/simulation/storage-chaos.test.ts',
    large: { CHAOS: '1000' },
    reports: {
      'T-20':
        'the storage loses, repeats and delays calls, refuses in bursts, gives stale and wrong bytes, while two hosts back up, forget, prune, check, restore (tried: seeds)',
    },
  },
  {
    file: 'test/storage/throttling.test.ts',
    large: { THROTTLES: '50' },
    reports: {
      'T-21':
        'the storage says "slow down", with and without a time: at most 1.1 times the calls that it allows, and all arrive (tried: runs)',
    },
  },
  {
    file: 'test/servers/lies.test.ts',
    large: {},
    reports: {
      'T-22':
        'endpoints lie, from the first call on and from the second backup on: conditions ignored, wrong tags, torn objects, empty or cut lists, answers lost, soft mounts; then check of every byte and restore of all (tried: lives)',
    },
  },
  {
    file: 'test/fault/object-lock.test.ts',
    large: {},
    reports: {
      'T-24':
        'a storage refuses to delete what is retained, by a clock that is up to ten years off, and extending a retention fails at every call; nothing is lost, and what may go goes (tried: lives)',
    },
  },
  {
    file: 'test/servers/faults.test.ts',
    large: { HOLDFAST_T23: '25' },
    reports: {
      'T-23':
        'the network before every real server resets, refuses, cuts, delays and falls silent while a repository lives there; check of every byte and restore of all after each step (tried: faults)',
    },
  },
  {
    file: 'test/operations/keys/generations.test.ts',
    large: { HOLDFAST_T58: '120' },
    reports: {
      'T-58':
        'keys rotate every month for ten years by the clock, and every backup restores (tried: backups)',
    },
  },
  {
    file: 'test/simulation/gc-model.test.ts',
    large: { MODEL: 'large' },
    reports: { 'T-27': 'every interleaving of the model of the prune protocol (tried: states)' },
  },
];

/** Measures of the tests themselves: run by name alone, for a processor's hours; what came out is written into docs/proofs.md by hand. */
const measures = { 'T-91': 'scripts/mutants.ts', 'T-92': 'scripts/coverage.ts' };

/** Worlds by the thousand: in memory where there is such a place, none of these campaigns is about disks. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const begin = '<!-- figures: written by npm run prove -->';
const end = '<!-- end of figures -->';

ensureInstalled();
const words = process.argv.slice(2).filter((word) => word !== '--');
const isQuick = words.includes('--quick');
const wanted = words.filter((word) => !word.startsWith('--'));
if (wanted.some((word) => word in measures)) measure();
const known = [
  ...new Set(campaigns.flatMap(({ reports }) => Object.keys(reports))),
  ...Object.keys(measures),
];
const unknown = wanted.filter((word) => !known.includes(word));
if (unknown.length > 0) {
  console.error(`There is no campaign "${unknown[0]}". Campaigns: ${known.join(', ')}.`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'holdfast-proofs-'));
const rows = [];
let failed = 0;
try {
  for (const campaign of campaigns) {
    if (wanted.length > 0 && !wanted.some((word) => word in campaign.reports)) continue;
    rows.push(...run(campaign));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${['campaign', ' tried', ' lost', ' wrong', ' manual'].join('\t')}`);
for (const row of rows) console.log([row.campaign, ...figuresOf(row)].join('\t'));
// A part of the campaigns, or a failure, is no table to publish.
if (failed === 0 && wanted.length === 0) writeTable(rows);
process.exit(failed === 0 ? 0 : 1);

/** What follows the name goes to the script, such as the files to mutate. */
function measure() {
  const [name, ...more] = words.filter((word) => word !== '--quick');
  const args = ['--disable-warning=ExperimentalWarning', measures[name] ?? '', ...more];
  if (!(name in measures)) {
    console.error(`"${wanted.find((word) => word in measures)}" comes first, and is measured alone.`);
    process.exit(2);
  }
  const env = { ...process.env, TMPDIR: scratch };
  process.exit(spawnSync(node, args, { cwd: project, stdio: 'inherit', env }).status ?? 1);
}

function run({ file, large, reports }) {
  const proofs = join(folder, `${basename(file)}.jsonl`);
  writeFileSync(proofs, '');
  // A budget that the environment names wins: SEEDS=100000 npm run prove.
  const given = Object.entries(large).map(([name, budget]) => [name, process.env[name] ?? budget]);
  const settings = isQuick ? {} : Object.fromEntries(given);
  const command = Object.entries(settings).map(([name, value]) => `${name}=${value} `);
  console.log(`\n${command.join('')}npm test -- ${file}`);
  const done = spawnSync(node, ['--disable-warning=ExperimentalWarning', '--test', file], {
    cwd: project,
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: scratch, ...settings, HOLDFAST_PROOFS: proofs },
  });
  const lines = readFileSync(proofs, 'utf8').split('\n').filter(Boolean);
  const found = new Map(lines.map((line) => [JSON.parse(line).campaign, JSON.parse(line)]));
  const isMissing = Object.keys(reports).some((name) => !found.has(name));
  if (done.status !== 0 || isMissing) failed += 1;
  return Object.entries(reports).map(([campaign, what]) => ({
    campaign,
    what,
    command: `${command.join('')}npm test -- ${file}`,
    result: done.status === 0 ? found.get(campaign) : undefined,
  }));
}

function figuresOf({ result }) {
  if (result === undefined) return ['FAILED', '', '', ''];
  return [result.tried.toLocaleString('en'), result.lost, result.wrong, result.manual];
}

function writeTable(rows) {
  const path = join(project, 'docs', 'proofs.md');
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) {
    console.error(`docs/proofs.md lacks the line "${begin}" or the line "${end}": put them back.`);
    process.exit(1);
  }
  const table = [
    '| campaign | what happens | command | tried | lost | wrong | manual |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((row) =>
      ['', row.campaign, row.what, `\`${row.command}\``, ...figuresOf(row), ''].join(' | ').trim(),
    ),
  ];
  writeFileSync(path, `${text.slice(0, from)}${begin}\n${table.join('\n')}\n${text.slice(to)}`);
  console.log('\nThe table of docs/proofs.md is up to date.');
}
