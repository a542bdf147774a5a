// Every bad input gets its exit code, its stable code, a message and a hint, and changes nothing.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { failureFields } from '../../src/cli/exit.ts';
import { textsIn } from '../../src/cli/texts/texts.ts';
import { resolveSnapshot } from '../../src/model/snapshot-selection.ts';
import { type Event, project, type RunOptions, World } from './holdfast.ts';

const english = await textsIn('en');
const german = await textsIn('de');

let world: World;

before(() => {
  world = new World().init();
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files/letter.txt'), 'Sehr geehrte Frau Müller');
  assert.equal(world.run(['backup', 'files']).exit, 0);
});
after(() => world[Symbol.dispose]());

interface Bad {
  readonly words: readonly string[];
  readonly exit: number;
  readonly code: string;
  readonly options?: RunOptions;
}

function refuses({ words, exit, code, options }: Bad, where: World = world): void {
  const told = where.run([...words, '--json'], options);
  assert.equal(told.exit, exit, `exit of ${words.join(' ')}: ${told.errors}${told.output}`);
  assert.equal(told.end.type, 'failure');
  assert.equal(told.end.code, code);
  assert.equal(told.end.exit, exit);
  assert.equal(told.end.ok, false);
  assert.ok(told.end.hint, 'a hint');
  assert.ok(german.find(`hint.${code}`), 'a hint in German, too');
}

const cases: Readonly<Record<string, Bad>> = {
  'no repository named': {
    words: ['snapshots'],
    exit: 2,
    code: 'REPOSITORY_NOT_NAMED',
    options: { environment: { HOLDFAST_REPOSITORY: undefined } },
  },
  'no repository there': { words: ['snapshots', '-r', 'nowhere'], exit: 4, code: 'STORAGE_MISSING' },
  'a storage of an unknown kind': {
    words: ['snapshots', '-r', 'gopher://host/x'],
    exit: 2,
    code: 'STORAGE_UNKNOWN_SCHEME',
  },
  'no password and no terminal': {
    words: ['snapshots'],
    exit: 3,
    code: 'PASSWORD_MISSING',
    options: { environment: { HOLDFAST_PASSWORD_FILE: undefined } },
  },
  'a password file that does not exist': {
    words: ['snapshots', '--password-file', 'nowhere'],
    exit: 4,
    code: 'PASSWORD_FILE_UNREADABLE',
  },
  'a password command that fails': {
    words: ['snapshots', '--password-command', 'exit 3'],
    exit: 3,
    code: 'PASSWORD_COMMAND_FAILED',
  },
  'a wrong password': {
    words: ['snapshots', '--password-command', 'echo wrong'],
    exit: 3,
    code: 'WRONG_PASSWORD',
  },
  'an empty password': {
    words: ['snapshots', '--password-command', 'echo'],
    exit: 2,
    code: 'PASSWORD_EMPTY',
  },
  'a key file that holds no key': {
    words: ['snapshots', '--key-file', 'password'],
    exit: 2,
    code: 'KEY_FILE_INVALID',
  },
  'a path that does not exist': { words: ['backup', 'nowhere'], exit: 4, code: 'SOURCE_MISSING' },
  'nothing to back up': { words: ['backup'], exit: 2, code: 'NOTHING_TO_BACK_UP' },
  'paths beside standard input': { words: ['backup', '--stdin', 'files'], exit: 2, code: 'STDIN_MIXED' },
  'a list of files that does not exist': {
    words: ['backup', '--files-from', 'nowhere'],
    exit: 4,
    code: 'LIST_FILE_UNREADABLE',
  },
  'an invalid pattern': { words: ['backup', 'files', '--exclude', 'a['], exit: 2, code: 'INVALID_PATTERN' },
  'an invalid size': {
    words: ['backup', 'files', '--exclude-larger-than', '5 apples'],
    exit: 2,
    code: 'INVALID_SIZE',
  },
  'automatic compression of a copy': {
    words: ['copy', '--to', 'second', '--compression', 'auto'],
    exit: 2,
    code: 'INVALID_OPTION',
  },
  'an invalid rate': { words: ['backup', 'files', '--limit-upload', 'fast'], exit: 2, code: 'INVALID_RATE' },
  'an invalid time': { words: ['backup', 'files', '--time', 'yesterdayish'], exit: 2, code: 'INVALID_TIME' },
  'a level that the codec does not have': {
    words: ['backup', 'files', '--compression', 'gzip:10'],
    exit: 2,
    code: 'INVALID_OPTION',
  },
  'an invalid compression': {
    words: ['backup', 'files', '--compression', 'zip'],
    exit: 2,
    code: 'INVALID_OPTION',
  },
  'an invalid count': {
    words: ['backup', 'files', '--concurrency', 'many'],
    exit: 2,
    code: 'INVALID_OPTION',
  },
  'an unknown snapshot': { words: ['restore', 'deadbeef', '-t', 'out'], exit: 4, code: 'SNAPSHOT_UNKNOWN' },
  'a snapshot id that is too short': {
    words: ['restore', 'ab', '-t', 'out'],
    exit: 4,
    code: 'SNAPSHOT_UNKNOWN',
  },
  'no snapshot that old': {
    words: ['restore', 'latest', '-t', 'out', '--at', '1999-12-31'],
    exit: 4,
    code: 'SNAPSHOT_UNKNOWN',
  },
  'a path that the snapshot does not have': {
    words: ['restore', 'latest:/nowhere', '-t', 'out'],
    exit: 4,
    code: 'SNAPSHOT_PATH_MISSING',
  },
  'no target': { words: ['restore', 'latest'], exit: 2, code: 'TARGET_NOT_NAMED' },
  'a target that is not empty': {
    words: ['restore', 'latest', '-t', 'files'],
    exit: 5,
    code: 'TARGET_NOT_EMPTY',
  },
  'a target that is a file': {
    words: ['restore', 'latest', '-t', 'password'],
    exit: 3,
    code: 'TARGET_DENIED',
  },
  'a repository where one is already': { words: ['init'], exit: 5, code: 'REPOSITORY_EXISTS' },
  'a guide without a terminal': { words: ['restore', '--interactive'], exit: 2, code: 'NO_TERMINAL' },
  'a retention that says nothing': { words: ['forget'], exit: 2, code: 'RETENTION_EMPTY' },
  'snapshots beside rules': {
    words: ['forget', 'latest', '--keep-last', '1'],
    exit: 2,
    code: 'FORGET_MIXED',
  },
  'an unknown command': { words: ['frobnicate'], exit: 2, code: 'INVALID_ARGUMENT' },
  'an unknown option': { words: ['backup', 'files', '--frobnicate'], exit: 2, code: 'INVALID_ARGUMENT' },
  'a choice that does not exist': { words: ['init', '--cipher', 'rot13'], exit: 2, code: 'INVALID_ARGUMENT' },
};

for (const [name, bad] of Object.entries(cases)) {
  test(`${name} is refused with exit ${bad.exit} and ${bad.code}`, () => {
    const before = objectsOf(world);
    refuses(bad);
    assert.deepEqual(objectsOf(world), before, 'the repository is as it was');
  });
}

function objectsOf({ repository }: World): string[] {
  return readdirSync(repository, { recursive: true, encoding: 'utf8' }).sort();
}

test('people are told what, in detail, what to do, and the code, in their language', () => {
  const english = world.run(['restore', 'deadbeef', '-t', 'out']);
  assert.equal(
    english.errors,
    [
      'holdfast: unknown snapshot',
      '  there is no snapshot "deadbeef"',
      '  hint: Run "holdfast snapshots" to list all snapshots.',
      '  code: SNAPSHOT_UNKNOWN (exit 4)',
      '',
    ].join('\n'),
  );
  const german = world.run(['restore', 'deadbeef', '-t', 'out'], { environment: { LANG: 'de_DE.UTF-8' } });
  assert.match(german.errors, /^holdfast: unbekannter Stand\n/);
  assert.match(german.errors, /^ {2}Rat: /m);
  assert.match(german.errors, /^ {2}Code: SNAPSHOT_UNKNOWN \(Exit 4\)$/m);
  assert.equal(english.output + german.output, '');
});

test('a repository of a newer format is refused with its number', () => {
  using newer = new World().init();
  changeConfig(newer, (text) =>
    text.replace('"format":1', '"format":99').replace('"minReader":1', '"minReader":99'),
  );
  refuses({ words: ['snapshots'], exit: 2, code: 'FORMAT_TOO_NEW' }, newer);
});

test('a corrupt config is told as what it is', () => {
  using broken = new World().init();
  changeConfig(broken, (text) => text.slice(0, 20));
  refuses({ words: ['snapshots'], exit: 8, code: 'CONFIG_BROKEN' }, broken);
});

test('a config with a forged profile is not believed', () => {
  using forged = new World().init();
  changeConfig(forged, (text) => text.replace('"standard"', '"production"'));
  refuses({ words: ['snapshots'], exit: 8, code: 'CONFIG_BROKEN' }, forged);
});

function changeConfig({ repository }: World, change: (text: string) => string): void {
  const path = join(repository, 'config/1');
  const text = readFileSync(path, 'utf8');
  chmodSync(path, 0o600);
  rmSync(path);
  const changed = change(text);
  assert.notEqual(changed, text);
  writeFileSync(path, changed);
}

test('an ambiguous short id names the candidates and exits 2', () => {
  const one = { time: 0, arrivedAt: 0, host: 'h', tags: [], paths: [] };
  const twins = ['abcd1'.padEnd(32, '0'), 'abcd2'.padEnd(32, '0')].map((id) => ({ ...one, id }));
  assert.throws(
    () => resolveSnapshot(twins, 'abcd'),
    (error: unknown) => {
      assert.ok(error instanceof Failure);
      const fields = failureFields(error, english);
      assert.equal(fields.exit, 2);
      assert.equal(fields.code, 'SNAPSHOT_AMBIGUOUS');
      assert.ok(fields.hint);
      assert.match(error.message, /abcd2.*abcd1/);
      return true;
    },
  );
});

test('a repository that this user may not read is refused with exit 3', (t) => {
  const isRoot = process.getuid?.() === 0;
  const nobody = isRoot ? { uid: 65534 } : {};
  using denied = new World().init();
  chmodSync(denied.folder, 0o755);
  chmodSync(denied.repository, 0);
  chmodSync(denied.passwordFile, isRoot ? 0o644 : 0o600);
  const environment = { XDG_STATE_HOME: '/nonexistent', XDG_CACHE_HOME: '/nonexistent' };
  if (isRoot && denied.run(['--version'], { ...nobody, environment }).exit !== 0) {
    t.skip('the user "nobody" cannot run the program from this folder');
    return;
  }
  refuses(
    { words: ['snapshots'], exit: 3, code: 'STORAGE_DENIED', options: { ...nobody, environment } },
    denied,
  );
  chmodSync(denied.repository, 0o700);
});

test('a disk that fills up ends the backup with exit 7, and older snapshots still restore', (t) => {
  using full = new World();
  const disk = full.path('disk');
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk]);
  if (mounted.status !== 0) {
    t.skip('a small disk can only be mounted by root');
    return;
  }
  try {
    const repository = join(disk, 'repository');
    const options = { environment: { HOLDFAST_REPOSITORY: repository } };
    assert.equal(full.run(['init', '--kdf', 'pbkdf2-sha256'], options).exit, 0);
    mkdirSync(full.path('files'));
    writeFileSync(full.path('files/small'), 'small');
    assert.equal(full.run(['backup', 'files'], options).exit, 0);
    writeFileSync(full.path('files/large'), noise(12_000_000));
    refuses({ words: ['backup', 'files'], exit: 7, code: 'STORAGE_FULL', options }, full);
    assert.equal(full.run(['restore', 'latest', '-t', 'out', '--verify'], options).exit, 0);
    assert.equal(readFileSync(full.path('out/small'), 'utf8'), 'small');
  } finally {
    spawnSync('umount', [disk]);
  }
});

test('a folder that holds anything else becomes no repository, and keeps what it holds', () => {
  using other = new World();
  const holdings: Readonly<Record<string, string>> = {
    'a file': 'letter.txt',
    'a file named config': 'config',
    'a folder named config with other things': 'config/settings.json',
    'a file named keys': 'keys',
    'a folder named keys with other things': 'keys/id_ed25519',
    'what could be a key beside another file': `keys/slot-${'a'.repeat(32)}.pem`,
  };
  for (const [what, name] of Object.entries(holdings)) {
    const repository = other.path(what);
    mkdirSync(join(repository, name, '..'), { recursive: true });
    writeFileSync(join(repository, name), 'precious');
    const environment = { HOLDFAST_REPOSITORY: repository };
    const bad = { words: ['init'], exit: 5, code: 'STORAGE_NOT_EMPTY', options: { environment } };
    refuses(bad, other);
    const found = readdirSync(repository, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      found.filter((one) => statSync(join(repository, one)).isFile()),
      [name],
      what,
    );
    assert.equal(readFileSync(join(repository, name), 'utf8'), 'precious');
  }
});

test('a folder that a canceled init has begun can be made a repository', () => {
  using begun = new World();
  mkdirSync(join(begun.repository, 'keys'), { recursive: true });
  mkdirSync(join(begun.repository, 'config'));
  writeFileSync(join(begun.repository, 'keys', `slot-${'a'.repeat(32)}`), '{}');
  begun.init();
  assert.equal(begun.run(['snapshots']).exit, 0);
});

/** A backup of standard input that is at work until its input ends. */
async function atWork({ folder, repository, passwordFile }: World) {
  const words = ['backup', '--stdin', '--json', '--compression', 'none'];
  const child = spawn(join(project, 'bin/holdfast'), words, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      XDG_STATE_HOME: join(folder, 'state'),
      HOLDFAST_REPOSITORY: repository,
      HOLDFAST_PASSWORD_FILE: passwordFile,
    },
  });
  let output = '';
  const closed = once(child, 'close');
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => (output += text));
  while (!output.includes('"saving"')) await Promise.race([once(child.stdout, 'data'), closed]);
  return async (input: Buffer): Promise<{ exit: number; end: Event }> => {
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [exit] = (await closed) as [number];
    return { exit, end: JSON.parse(output.trim().split('\n').at(-1)!) as Event };
  };
}

test('a storage that vanishes half way ends the backup with exit 6, and is whole when it is back', async () => {
  using vanishing = new World().init();
  mkdirSync(vanishing.path('files'));
  writeFileSync(vanishing.path('files/small'), 'small');
  assert.equal(vanishing.run(['backup', 'files']).exit, 0);
  const finish = await atWork(vanishing);
  renameSync(vanishing.repository, vanishing.path('unplugged'));
  const { exit, end } = await finish(noise(3_000_000));
  assert.equal(exit, 6, JSON.stringify(end));
  assert.equal(end.code, 'STORAGE_VANISHED');
  assert.ok(end.hint);
  assert.throws(() => statSync(vanishing.repository), { code: 'ENOENT' }, 'nothing was made in its place');
  renameSync(vanishing.path('unplugged'), vanishing.repository);
  assert.equal(vanishing.run(['check', '--read-data']).exit, 0);
  assert.equal(vanishing.run(['restore', 'latest', '-t', 'out', '--verify']).exit, 0);
  assert.equal(readFileSync(vanishing.path('out/small'), 'utf8'), 'small');
});

test('several processes at once: forget and prune beside running backups cost no backup that says it succeeded', async () => {
  using shared = new World().init();
  mkdirSync(shared.path('files'));
  const dropped = noise(3_000_000);
  const fresh = noise(1_000_000).reverse();
  writeFileSync(shared.path('files/twin'), dropped);
  assert.equal(shared.run(['backup', 'files']).exit, 0);
  const bringsFresh = await atWork(shared);
  const bringsDropped = await atWork(shared);
  writeFileSync(shared.path('files/twin'), 'another');
  for (const words of [['backup', 'files'], ['forget', '--keep-last', '1'], ['prune']]) {
    const told = shared.run(words);
    assert.equal(told.exit, 0, `${words[0]}: ${told.errors}`);
  }
  // It counted on what prune has dropped meanwhile, and its input is gone: nothing else may be told than that.
  const refused = await bringsDropped(dropped);
  assert.deepEqual([refused.exit, refused.end.code], [5, 'STDIN_READ_TWICE']);
  assert.ok(refused.end.hint);
  const { exit, end } = await bringsFresh(fresh);
  assert.equal(exit, 0, JSON.stringify(end));
  assert.equal(shared.run(['check', '--read-data']).exit, 0);
  assert.equal(shared.run(['restore', 'latest', '-t', 'out', '--verify']).exit, 0);
  assert.ok(readFileSync(shared.path('out/stdin')).equals(fresh));
});

test('a file too large for a limit of the system is told as a trouble of the disk, not as a full one', () => {
  using limited = new World().init();
  writeFileSync(limited.path('large'), noise(2_000_000));
  const told = limited.shell('ulimit -f 500; exec "$0" backup large --json');
  assert.equal(told.exit, 6, told.errors + told.output);
  assert.equal(told.end.code, 'STORAGE_IO_ERROR');
  assert.match(String(told.end.message), /EFBIG/);
  assert.ok(told.end.hint);
  assert.equal(limited.run(['backup', 'large']).exit, 0);
  assert.equal(limited.run(['check', '--read-data']).exit, 0);
});

test('what may not be read is named, the rest is saved with exit 1; a target that may not be written exits 3', (t) => {
  const isRoot = process.getuid?.() === 0;
  const nobody = isRoot ? { uid: 65534 } : {};
  using denied = new World().init();
  spawnSync('chmod', ['-R', 'a+rwX', denied.folder]);
  if (!isRoot) chmodSync(denied.passwordFile, 0o600);
  const environment = { XDG_STATE_HOME: denied.path('state'), XDG_CACHE_HOME: '/nonexistent' };
  const options = { ...nobody, environment };
  if (isRoot && denied.run(['--version'], options).exit !== 0) {
    t.skip('the user "nobody" cannot run the program from this folder');
    return;
  }
  mkdirSync(denied.path('files'));
  writeFileSync(denied.path('files/open'), 'open', { mode: 0o644 });
  writeFileSync(denied.path('files/closed'), 'closed', { mode: 0 });
  mkdirSync(denied.path('locked'), { mode: 0o555 });
  const saved = denied.run(['backup', 'files', '--json'], options);
  assert.equal(saved.exit, 1, saved.errors + saved.output);
  const problems = saved.events.filter(({ type }) => type === 'problem');
  assert.deepEqual(
    problems.map(({ path }) => path),
    [denied.path('files/closed')],
  );
  refuses(
    { words: ['restore', 'latest', '-t', 'locked/out'], exit: 3, code: 'TARGET_DENIED', options },
    denied,
  );
  assert.deepEqual(readdirSync(denied.path('locked')), []);
  assert.equal(denied.run(['restore', 'latest', '-t', 'out'], options).exit, 0);
  assert.deepEqual(readdirSync(denied.path('out')), ['open']);
});

/** The same bytes each time, and none of them can be compressed away. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1n;
  for (let at = 0; at + 8 <= length; at += 8) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    bytes.writeBigUInt64LE(state ^ (state >> 33n), at);
  }
  return bytes;
}
