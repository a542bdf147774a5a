// What happens is written to the file of its purpose, in lines that nothing can break, and the files are put aside and read back whole.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import { openLogFile } from '../../../src/cli/logs/log-file.ts';
import { type LogAmbient, type LogRules, openLogs } from '../../../src/cli/logs/logs.ts';
import { isRunLogName, runLogName } from '../../../src/cli/logs/purposes.ts';
import { putAside } from '../../../src/cli/logs/put-aside.ts';
import { type LogLine, type ReadWish, readLog } from '../../../src/cli/logs/read.ts';
import { logsSchema } from '../../../src/model/configuration/watching.ts';
import { scratch, testContext } from '../../world.ts';
import { World } from '../holdfast.ts';

const start = Date.UTC(2026, 10, 21, 19, 7, 36);

function ambientAt(stateDirectory: string, environment: LogAmbient['environment'] = {}) {
  const state = { now: start };
  const ambient: LogAmbient = {
    environment,
    clock: { now: () => state.now, elapsed: () => state.now, sleep: async () => undefined },
    zoneOffsetMinutes: () => 60,
    stateDirectory,
    userName: 'ana',
    hostName: 'host',
  };
  return { ambient, state };
}

const rulesOf = (given: Partial<LogRules> = {}): LogRules => logsSchema.parse(given);

async function all(wish: ReadWish): Promise<LogLine[]> {
  return Array.fromAsync(readLog(wish, testContext()));
}

test('each purpose has its file, for its owner alone, and every line is one JSON text', async () => {
  using folder = scratch();
  const { ambient } = ambientAt(folder.path);
  const logs = openLogs(rulesOf(), ambient);
  logs.for('backup', { run: 'r1', policy: 'files' }).info('read', { entries: 3, share: 0.5, whole: true });
  logs.for('monitor').warn('disk');
  logs.for('restore').error('gone');
  logs.for('audit').info('login');
  logs.for('backup').debug('not wanted');
  const names = readdirSync(join(folder.path, 'logs')).sort();
  assert.deepEqual(names, ['backup_audit.log', 'backup_automation.log', 'monitor.log', 'restore.log']);
  for (const name of names) assert.equal(statSync(join(folder.path, 'logs', name)).mode & 0o777, 0o600);
  const [line] = readFileSync(join(logs.directory, 'backup_automation.log'), 'utf8').split('\n');
  assert.deepEqual(JSON.parse(line!), {
    level: 'info',
    time: '2026-11-21T19:07:36.000Z',
    purpose: 'backup',
    run: 'r1',
    policy: 'files',
    facts: { entries: 3, share: 0.5, whole: true },
    message: 'read',
  });
  await logs.close();
});

test('a secret shows itself nowhere, and names from outside can break no line', async () => {
  using folder = scratch();
  const { ambient } = ambientAt(folder.path);
  const logs = openLogs(
    rulesOf({ routes: [{ file: join(folder.path, 'text.log'), style: 'text' }] }),
    ambient,
  );
  const secret = new Secret(Buffer.from('canary-7331'));
  const facts = { secret: secret as unknown as string, 'na\nme': 'a\r\n\x1b[2J\u202e\u009b', path: 'a\nb' };
  logs.for('backup', { policy: 'x\ny' }).info(`took ${secret} of a\r\nb\x1b]0;x\x07\u2066`, facts);
  for (const name of ['logs/backup_automation.log', 'text.log']) {
    const text = readFileSync(join(folder.path, name), 'utf8');
    assert.doesNotMatch(text, /canary|Y2FuYXJ5|63616e617279/);
    assert.equal(text.split('\n').length, 2, name);
    assert.doesNotMatch(text.trimEnd(), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u, name);
    assert.match(text, /\[secret\]/);
  }
  await logs.close();
});

test('routes hear what they ask for, as text with the time on the wall', async () => {
  using folder = scratch();
  const { ambient } = ambientAt(folder.path);
  const daily = join(folder.path, 'm143-daily.log');
  const everything = join(folder.path, 'backup.log');
  const routes: LogRules['routes'] = [
    { file: daily, purposes: ['backup'], policies: ['daily'], style: 'text' },
    { file: everything, style: 'json' },
  ];
  const logs = openLogs(rulesOf({ routes }), ambient);
  logs.for('backup', { policy: 'daily' }).info('done', { files: 2 });
  logs.for('backup', { policy: 'weekly' }).info('done too');
  logs.for('audit').info('secret to the others');
  assert.equal(readFileSync(daily, 'utf8'), '[2026-11-21 20:07:36] INFO daily: done {"files":2}\n');
  assert.equal(readFileSync(everything, 'utf8').split('\n').length, 3);
  await logs.close();
});

test('LOG_LEVEL goes before the configuration, and a word that is no level is refused', async () => {
  using folder = scratch();
  const logs = openLogs(rulesOf({ level: 'error' }), ambientAt(folder.path, { LOG_LEVEL: 'DEBUG' }).ambient);
  logs.for('backup').debug('heard');
  assert.match(readFileSync(join(logs.directory, 'backup_automation.log'), 'utf8'), /"debug".*heard/);
  await logs.close();
  assert.throws(
    () => openLogs(rulesOf(), ambientAt(folder.path, { LOG_LEVEL: 'LOUD' }).ambient),
    (error) => isFailure(error, 'usage', 'LOG_LEVEL_UNKNOWN'),
  );
});

test('files are put aside by size and age, compressed, swept, and read back in one piece', async () => {
  using folder = scratch();
  const { ambient, state } = ambientAt(folder.path);
  const logs = openLogs(rulesOf({ rotateMegabytes: 1, rotateDays: 2, keepFiles: 5 }), ambient);
  const log = logs.for('monitor');
  const path = join(logs.directory, 'monitor.log');
  const long = 'x'.repeat(1000);
  for (let n = 0; n < 3500; n += 1) {
    state.now += 1000;
    log.info(`line ${n}`, { long });
  }
  await logs.close();
  const aside = putAside(path);
  assert.equal(aside.length, 3);
  assert.deepEqual(
    aside.map((one) => one.endsWith('.gz')),
    [true, true, false],
  );
  for (const one of [...aside, path]) {
    assert.equal(statSync(one).mode & 0o777, 0o600);
    if (!one.endsWith('.gz')) assert.ok(statSync(one).size <= 2 ** 20);
  }
  execFileSync('gzip', ['-t', aside[0]!]);
  const lines = await all({ files: [path] });
  assert.deepEqual(
    lines.map(({ message }) => message),
    Array.from({ length: 3500 }, (_, n) => `line ${n}`),
  );
  assert.equal((await all({ files: [path], last: 3, from: start + 60_000 })).at(0)?.message, 'line 3497');
  const next = openLogs(rulesOf({ rotateDays: 2, keepFiles: 2 }), ambient);
  for (let n = 0; n < 3; n += 1) {
    state.now += 3 * 86_400_000;
    next.for('monitor').info('later');
  }
  await next.close();
  assert.equal(putAside(path).length, 2);
});

test('a file that was moved away under a writer, or by another writer, loses no line', async () => {
  using folder = scratch();
  const { ambient, state } = ambientAt(folder.path);
  const rules = rulesOf();
  const one = openLogs(rules, ambient);
  const other = openLogs({ ...rules, rotateDays: 1 }, ambient);
  one.for('backup').info('1');
  state.now += 86_400_000;
  other.for('backup').info('2');
  one.for('backup').info('3');
  const path = join(one.directory, 'backup_automation.log');
  renameSync(path, `${path}.1`);
  one.reopen();
  one.for('backup').info('4');
  assert.deepEqual(
    (await all({ files: [path] })).map(({ message }) => message),
    ['1', '4'],
  );
  assert.equal(readFileSync(`${path}.1`, 'utf8').split('\n').length, 3);
  await Promise.all([one.close(), other.close()]);
});

test('a log that cannot be written is counted, told as soon as it can, and stops nothing', async () => {
  using folder = scratch();
  const { ambient } = ambientAt(folder.path);
  writeFileSync(join(folder.path, 'logs'), 'in the way');
  const logs = openLogs(rulesOf(), ambient);
  for (let n = 0; n < 3; n += 1) logs.for('backup').info('unheard');
  assert.equal(logs.lost, 3);
  renameSync(join(folder.path, 'logs'), join(folder.path, 'away'));
  logs.for('backup').info('heard');
  const lines = await all({ files: [join(logs.directory, 'backup_automation.log')] });
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['3 lines before this one could not be written', 'heard'],
  );
  await logs.close();
});

test('a full disk tears no later line', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('no /dev/full here');
  using folder = scratch();
  const path = join(folder.path, 'small', 'x.log');
  mkdirSync(join(folder.path, 'small'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', join(folder.path, 'small')], {
      stdio: 'ignore',
    });
  } catch {
    return t.skip('may not mount here');
  }
  try {
    const file = openLogFile(
      { path, bytesMax: 2 ** 20, ageMaxMs: 1e9, keep: 1 },
      { lost: (count) => `lost ${count}\n` },
    );
    for (let n = 0; n < 12; n += 1) file.write(`${`${n}`.padEnd(999)}\n`, start);
    assert.ok(file.lost > 0);
    execFileSync('mount', ['-o', 'remount,size=64k', join(folder.path, 'small')]);
    const { lost } = file;
    file.write('after\n', start);
    const lines = readFileSync(path, 'utf8').split('\n');
    assert.deepEqual(lines.slice(-3), [`lost ${lost}`, 'after', '']);
    await file.close();
  } finally {
    execFileSync('umount', [join(folder.path, 'small')]);
  }
});

test('a link in the place of a log is not followed', async () => {
  using folder = scratch();
  const { ambient } = ambientAt(folder.path);
  mkdirSync(join(folder.path, 'logs'));
  writeFileSync(join(folder.path, 'precious'), '');
  symlinkSync(join(folder.path, 'precious'), join(folder.path, 'logs', 'monitor.log'));
  const logs = openLogs(rulesOf(), ambient);
  logs.for('monitor').info('x');
  assert.equal(logs.lost, 1);
  assert.equal(readFileSync(join(folder.path, 'precious'), 'utf8'), '');
  await logs.close();
});

test('who follows sees whole lines as they come, over a change of file, and not twice', async () => {
  using folder = scratch();
  const path = join(folder.path, 'monitor.log');
  const line = (message: string) => `${JSON.stringify({ level: 'info', run: 'r1', message })}\n`;
  appendFileSync(path, line('1') + line('2').slice(0, 9));
  const stop = new AbortController();
  const steps = [
    () => appendFileSync(path, line('2').slice(9)),
    () => {
      appendFileSync(path, line('3'));
      renameSync(path, `${path}.20261121T190736.120Z`);
      writeFileSync(path, line('4'));
    },
    () => appendFileSync(path, 'no line of ours \x1b[2J\n'),
    () => writeFileSync(path, line('5')),
    () => stop.abort(),
  ];
  const base = testContext(stop.signal);
  const context = { ...base, clock: { ...base.clock, sleep: async () => steps.shift()?.() } };
  const seen: string[] = [];
  for await (const { message } of readLog({ files: [path], follow: true }, context)) seen.push(message);
  assert.deepEqual(seen, ['1', '2', '3', '4', 'no line of ours \\x1b[2J', '5']);
});

test('the lines of one run are found in all files, in the order of their times', async () => {
  using folder = scratch();
  const { ambient, state } = ambientAt(folder.path);
  const logs = openLogs(rulesOf(), ambient);
  for (const [n, purpose] of (['backup', 'restore', 'backup', 'monitor'] as const).entries()) {
    state.now += 1000;
    logs.for(purpose, { run: n === 3 ? 'other' : 'r1' })[n === 2 ? 'error' : 'info'](`${n}`);
  }
  const files = ['backup_automation.log', 'restore.log', 'monitor.log'].map((name) =>
    join(logs.directory, name),
  );
  const messages = async (wish: Partial<ReadWish>) =>
    (await all({ files, ...wish })).map(({ message }) => message);
  assert.deepEqual(await messages({ run: 'r1' }), ['0', '1', '2']);
  assert.deepEqual(await messages({ level: 'error' }), ['2']);
  await assert.rejects(all({ files: [join(folder.path, 'none')] }), (error) =>
    isFailure(error, 'missing', 'LOG_MISSING'),
  );
  await logs.close();
});

test('a damaged file that was put aside hides the others no more than itself', async () => {
  using folder = scratch();
  const path = join(folder.path, 'monitor.log');
  writeFileSync(`${path}.20261121T190736.120Z.gz`, 'no gzip');
  writeFileSync(path, '{"level":"info","message":"here"}\n');
  const lines = await all({ files: [path] });
  assert.equal(lines.length, 2);
  assert.match(lines[0]!.message, /cannot be read/);
});

test('a run of the pipeline has the log name that scripts of old look for', () => {
  assert.equal(runLogName(start, 0), 'backup_log_2026-11-21_19:07:36.log');
  assert.ok(isRunLogName(runLogName(start, 60)) && isRunLogName('backup_log_2026-11-21_19-07-36.log'));
  assert.ok(!isRunLogName('backup_log_.log'));
});

test('LOG_LEVEL=DEBUG makes every command say more, as --verbose does', () => {
  using world = new World();
  const backup = (environment: Record<string, string>) =>
    world.run(['backup', world.path('password'), '--dry-run'], { environment }).errors;
  const failed = world.run(['snapshots'], { environment: { LOG_LEVEL: 'DEBUG' } });
  assert.notEqual(failed.errors, world.run(['snapshots']).errors);
  assert.equal(failed.errors, world.run(['snapshots', '--verbose']).errors);
  assert.match(backup({ LOG_LEVEL: 'LOUD' }), /LOG_LEVEL_UNKNOWN/);
});
