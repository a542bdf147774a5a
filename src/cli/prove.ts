// The main job, proven on real files by `npm start`: makes an encrypted repository, saves a folder, restores it elsewhere, and
// compares every byte and attribute. Runs the real program; the comparison is done without the engine. Then the folder stays protected.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { escapeForTerminal, formatBytes, formatCount, formatDuration } from '../base/text.ts';
import { makeFolders } from '../disk/folders.ts';
import { compareTrees } from './compare-trees.ts';
import { serveExample } from './prove-up.ts';
import { chooseLanguage, textsIn } from './texts/texts.ts';

const project = resolve(import.meta.dirname, '../..');
const differencesShownMax = 50;
const texts = await textsIn(chooseLanguage(undefined, process.env));
const { language } = texts;

const words = process.argv.slice(2);
const [named] = words.filter((word) => word !== '--once');
/** Nobody is there to press Ctrl-C. */
const isOnce = words.includes('--once') || Boolean(process.env.CI) || !process.stdin.isTTY;
const folder = named === undefined ? join(project, 'examples', 'school') : resolve(named);
if (named === undefined) makeExample(folder);
if (!existsSync(folder)) {
  console.error(`holdfast: ${texts.say('prove.noFolder', { folder: escapeForTerminal(folder) })}`);
  process.exit(4);
}
process.exit(await prove(realpathSync(folder)));

function makeExample(place: string): void {
  makeFolders(resolve(place, '..'), 0o755);
  const done = spawnSync(process.execPath, [join(project, 'scripts/make-school.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

async function prove(source: string): Promise<number> {
  const scratch = makeScratch(source);
  const password = join(scratch, 'password');
  writeFileSync(password, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  const repository = join(scratch, 'repository');
  const restored = join(scratch, 'restored');
  const run = (...words: string[]) =>
    runHoldfast(words, { repository, password, state: join(scratch, 'state') });
  const isRoot = process.getuid?.() === 0;
  const startedAt = performance.now();
  const started = (key: 'prove.saving' | 'prove.restoring' | 'prove.comparing') =>
    console.log(texts.say(key));

  run('init');
  started('prove.saving');
  const saved = run('backup', source);
  started('prove.restoring');
  const back = run('restore', 'latest', '--target', restored, '--verify', ...(isRoot ? ['--devices'] : []));
  started('prove.comparing');
  const bytes = (path: string) => Buffer.from(path, 'utf8').toString('latin1');
  const { entries, bytes: compared, differences } = compareTrees(bytes(source), bytes(restored), isRoot);

  const backup = saved.result as {
    entries: number;
    sourceBytes: number;
    storedBytes: number;
    snapshotId: string;
    durationMs: number;
  };
  const restore = back.result as { durationMs: number };
  const time = (durationMs: number) => formatDuration(durationMs, language);
  const lines: [string, string][] = [
    [
      texts.say('prove.what'),
      `${source}: ${formatCount(backup.entries, language)} · ${formatBytes(backup.sourceBytes, language)}`,
    ],
    [
      texts.say('prove.where'),
      `${repository}: ${formatBytes(backup.storedBytes, language)} · ${backup.snapshotId.slice(0, 12)}`,
    ],
    [texts.say('prove.restored'), restored],
    [
      texts.say('prove.time'),
      texts.say('prove.times', {
        backup: time(backup.durationMs),
        restore: time(restore.durationMs),
        all: time(performance.now() - startedAt),
      }),
    ],
    [
      texts.say('prove.compared'),
      texts.say('prove.counts', {
        entries: formatCount(entries, language),
        bytes: formatBytes(compared, language),
      }),
    ],
    [texts.say('prove.problems'), formatCount(saved.problems + back.problems, language)],
  ];
  console.log('');
  const width = Math.max(...lines.map(([label]) => label.length));
  for (const [label, text] of lines) console.log(`${label.padEnd(width)}  ${escapeForTerminal(text)}`);
  console.log('');
  if (differences.length === 0 && saved.exit === 0 && back.exit === 0) {
    console.log(texts.say('prove.proven'));
    const program = join(project, 'bin', 'holdfast');
    return serveExample({ program, folder: source, repository, password, scratch, isOnce }, texts);
  }
  for (const { path, what } of differences.slice(0, differencesShownMax)) {
    console.log(escapeForTerminal(`  ${path}: ${what}`));
  }
  console.log(texts.say('prove.notProven', { count: formatCount(differences.length, language) }));
  return 1;
}

/** A fresh folder of our own in the project; elsewhere when what is saved would hold it. */
function makeScratch(source: string): string {
  const own = join(project, 'scratch', 'proof');
  if (`${own}/`.startsWith(source === '/' ? '/' : `${source}/`))
    return mkdtempSync(join(tmpdir(), 'holdfast-proof-'));
  rmSync(own, { recursive: true, force: true });
  makeFolders(own);
  return own;
}

interface Told {
  readonly exit: number;
  readonly problems: number;
  readonly result: Readonly<Record<string, unknown>>;
}

/** One run of the program; its JSON lines are read, its failures and problems shown. */
function runHoldfast(
  words: readonly string[],
  places: { readonly repository: string; readonly password: string; readonly state: string },
): Told {
  const done = spawnSync(join(project, 'bin', 'holdfast'), [...words, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      HOLDFAST_REPOSITORY: places.repository,
      HOLDFAST_PASSWORD_FILE: places.password,
      XDG_STATE_HOME: places.state,
    },
  });
  const events = done.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; [key: string]: unknown });
  const problems = events.filter((event) => event.type === 'problem');
  for (const { path, message, code } of problems.slice(0, differencesShownMax)) {
    console.log(escapeForTerminal(`  ${path}: ${message} (${code})`));
  }
  const end = events.at(-1);
  if (end?.type !== 'result') {
    console.error(
      `holdfast ${words[0]}: ${escapeForTerminal(String(end?.message ?? done.error?.message ?? done.signal))}`,
    );
    if (end?.hint !== undefined) console.error(`  ${escapeForTerminal(String(end.hint))}`);
    process.exit(done.status || 1);
  }
  return { exit: done.status ?? 1, problems: problems.length, result: end.result as Told['result'] };
}
