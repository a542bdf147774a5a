// Portable archives against the programs that people have: GNU tar, bsdtar, Info-ZIP, gzip, bzip2, xz, zstd, Python, sha256sum.
// Each reads what we write, and we read what each writes.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileFormats, findFormat, levelOf } from '../../src/archives/all.ts';
import { archiveBytesMax, archiveEntriesMax } from '../../src/base/limits.ts';
import { folderEntries } from '../../src/operations/export/of-folder.ts';
import { type ChecksumName, exportArchive } from '../../src/operations/export.ts';
import { type ImportOutcome, importArchive } from '../../src/operations/import.ts';
import { archiveOf, fileOf } from '../archives/archive-world.ts';
import { noise, scratch, testContext } from '../world.ts';

const world = scratch();
const source = join(world.path, 'source');
const path = (name: string) => join(world.path, name);
let next = 0;
const fresh = () => {
  next += 1;
  const made = path(`t${next}`);
  mkdirSync(made);
  return made;
};

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const skipWithout = (program: string) => (has(program) ? {} : { skip: `${program} is not installed` });
const python = '/usr/bin/python3';

/** Whole seconds and no special files: what all formats hold. */
before(() => {
  mkdirSync(join(source, 'folder/empty'), { recursive: true });
  writeFileSync(join(source, 'folder/text'), 'hello\n'.repeat(5000));
  writeFileSync(join(source, 'folder/noise'), noise('interop', 300_000));
  writeFileSync(join(source, 'folder/none'), '');
  writeFileSync(join(source, `folder/${'n'.repeat(180)}`), 'a long name');
  writeFileSync(join(source, 'grün & "so'), 'a name of more than ASCII');
  symlinkSync('folder/text', join(source, 'link'));
  chmodSync(join(source, 'folder/text'), 0o640);
  chmodSync(join(source, 'folder/empty'), 0o700);
  const times = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const child = join(folder, entry.name);
      if (entry.isDirectory()) times(child);
      if (!entry.isSymbolicLink()) utimesSync(child, 1_700_000_000, 1_700_000_000);
    }
  };
  times(source);
  execFileSync('touch', ['-h', '-d', '@1700000000', join(source, 'link')]);
  utimesSync(source, 1_700_000_000, 1_700_000_000);
});
after(() => world[Symbol.dispose]());

async function exported(
  format: string,
  level?: number,
  folder = source,
  checksums: readonly ChecksumName[] = ['sha256'],
) {
  const found = findFormat(format);
  const outcome = await exportArchive(
    {
      entries: (context, ignored) => folderEntries(folder, {}, ignored, context),
      format: found,
      level: levelOf(found, level),
      layers: [],
      folder: fresh(),
      prefix: 'keys_backup',
      checksums,
      origin: {},
      tool: 'test',
      dryRun: false,
    },
    testContext(),
  );
  assert.equal(outcome.outcome, 'succeeded');
  return outcome.file;
}

async function imported(file: string): Promise<{ target: string; outcome: ImportOutcome }> {
  const target = join(fresh(), 'back');
  const outcome = await importArchive(
    {
      file,
      target,
      layersOf: async () => [],
      select: () => true,
      overwrite: false,
      owners: false,
      numericIds: true,
      devices: false,
      dryRun: false,
      limits: { entriesMax: archiveEntriesMax, bytesMax: archiveBytesMax, ratioMax: 5000 },
    },
    testContext(),
  );
  assert.equal(outcome.outcome, 'succeeded');
  return { target, outcome };
}

/** Contents, names, modes and targets; times only where the other program keeps those of folders and links as well. */
function assertSame(target: string, times = true): void {
  const out = spawnSync('diff', ['-r', '--no-dereference', source, target], { encoding: 'utf8' });
  assert.equal(out.stdout + out.stderr, '');
  for (const name of ['folder/text', 'folder/none', 'folder/empty'])
    assert.equal(statSync(join(target, name)).mode, statSync(join(source, name)).mode, name);
  assert.equal(statSync(join(target, 'folder/text')).mtimeMs, 1_700_000_000_000);
  if (times) chmodSync(target, statSync(source).mode & 0o777);
}

function run(program: string, words: readonly string[], directory = world.path): string {
  return execFileSync(program, words, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const cases: readonly (readonly [format: string, levels: readonly number[]])[] = [
  ['tar.gz', [1, 9]],
  ['tar.bz2', [1, 9]],
  ['tar.xz', [0, 6]],
  ['tar.zst', [1, 19]],
  ['tar', [0]],
];
const unpackers: Readonly<Record<string, readonly string[]>> = {
  'tar.gz': ['gzip', '-t'],
  'tar.bz2': ['bzip2', '-t'],
  'tar.xz': ['xz', '-t'],
  'tar.zst': ['zstd', '-tq'],
};

for (const [format, levels] of cases) {
  for (const level of levels) {
    const asked = format === 'tar' ? undefined : level;

    test(`GNU tar unpacks our ${format} of level ${level}`, async () => {
      const file = await exported(format, asked);
      const [program, ...words] = unpackers[format] ?? [];
      if (program !== undefined) run(program, [...words, file]);
      const target = fresh();
      run('tar', ['-xpf', file, '-C', target]);
      assertSame(target);
    });
  }

  test(`bsdtar and Python unpack our ${format}`, skipWithout('bsdtar'), async () => {
    const file = await exported(format);
    const target = fresh();
    run('bsdtar', ['-xpf', file, '-C', target]);
    assertSame(target);
    if (format === 'tar.zst') return;
    const other = fresh();
    run(python, ['-c', 'import sys,tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])', file, other]);
    assertSame(other);
  });

  for (const kind of ['gnu', 'pax', 'ustar', 'oldgnu', 'v7']) {
    // Neither v7 nor ustar has room for the long name.
    if ((kind === 'v7' || kind === 'ustar') && format !== 'tar') continue;
    test(`we unpack GNU tar's ${kind} as ${format}`, async () => {
      const file = join(fresh(), `theirs.${format}`);
      const isOld = kind === 'v7' || kind === 'ustar';
      const words = isOld ? ['--exclude', 'nnn*'] : [];
      run('tar', [`--format=${kind}`, '-caf', file, ...words, '.'], source);
      const { target } = await imported(file);
      if (isOld) assert.equal(readFileSync(join(target, 'folder/text'), 'utf8'), 'hello\n'.repeat(5000));
      else assertSame(target);
    });
  }

  test(`we unpack bsdtar's ${format}`, skipWithout('bsdtar'), async () => {
    const file = join(fresh(), `theirs.${format}`);
    run('bsdtar', ['-caf', file, '.'], source);
    assertSame((await imported(file)).target);
  });
}

for (const level of [0, 1, 9]) {
  test(`unzip, bsdtar and Python unpack our zip of level ${level}`, async () => {
    const file = await exported('zip', level);
    run('unzip', ['-tq', file]);
    const target = fresh();
    run('unzip', ['-q', file, '-d', target]);
    assertSame(target);
    const check =
      'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(len(z.namelist()))';
    assert.equal(run(python, ['-c', check, file]).trim(), '8');
    if (!has('bsdtar')) return;
    const other = fresh();
    run('bsdtar', ['-xpf', file, '-C', other]);
    assertSame(other);
  });
}

for (const level of [0, 1, 9]) {
  test(`we unpack a zip of Info-ZIP's level ${level}`, async () => {
    const file = join(fresh(), 'theirs.zip');
    run('zip', [`-${level}`, '-qry', file, '.'], source);
    assertSame((await imported(file)).target);
  });
}

test(
  "we unpack zips that Info-ZIP and Python wrote into pipes, and bsdtar's",
  skipWithout('bsdtar'),
  async () => {
    const piped = join(fresh(), 'piped.zip');
    run('sh', ['-c', `zip -qr - folder | cat > "${piped}"`], source);
    const { target } = await imported(piped);
    run('diff', ['-r', join(source, 'folder'), join(target, 'folder')]);
    // Neither compressed nor counted, with what looks like an end inside.
    const stored = join(fresh(), 'stored.zip');
    const code = `import sys,zipfile
with zipfile.ZipFile(sys.stdout.buffer,"w",zipfile.ZIP_STORED) as z:
  for i in range(5):
    with z.open("f%d"%i,"w") as f: f.write((b"PK"+bytes([7,8])+b" no end ")*(20000*i)+b"PK"*i)`;
    run('sh', ['-c', `${python} -c '${code}' | cat > "${stored}"`]);
    const back = (await imported(stored)).target;
    for (let index = 0; index < 5; index += 1)
      assert.equal(statSync(join(back, `f${index}`)).size, 12 * 20_000 * index + 2 * index);
    const theirs = join(fresh(), 'theirs.zip');
    run('bsdtar', ['-caf', theirs, '.'], source);
    assertSame((await imported(theirs)).target);
  },
);

test("we unpack Python's tar and zip", async () => {
  const tar = join(fresh(), 'theirs.tar.bz2');
  run(
    python,
    ['-c', 'import sys,tarfile\nwith tarfile.open(sys.argv[1],"w:bz2") as t: t.add(".")', tar],
    source,
  );
  assertSame((await imported(tar)).target);
  const zip = join(fresh(), 'theirs.zip');
  const code = `import sys,zipfile
z=zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED)
z.writestr("a/text","hello "*1000)
with z.open("large","w",force_zip64=True) as f: f.write(b"x"*100000)`;
  run(python, ['-c', code, zip]);
  const { target } = await imported(zip);
  assert.equal(readFileSync(join(target, 'a/text'), 'utf8'), 'hello '.repeat(1000));
  assert.equal(statSync(join(target, 'large')).size, 100_000);
});

test('we unpack several streams of one compression behind each other, and .lzma', async () => {
  const plain = await exported('tar');
  const bytes = readFileSync(plain);
  const half = Math.floor(bytes.length / 2);
  for (const [program, suffix] of [
    ['gzip', 'gz'],
    ['bzip2', 'bz2'],
    ['xz', 'xz'],
    ['zstd', 'zst'],
  ] as const) {
    const file = join(fresh(), `two.tar.${suffix}`);
    const pack = (input: Buffer) => execFileSync(program, ['-c'], { input, maxBuffer: 1e8 });
    writeFileSync(file, Buffer.concat([pack(bytes.subarray(0, half)), pack(bytes.subarray(half))]));
    assertSame((await imported(file)).target);
  }
  const file = join(fresh(), 'old.tar.lzma');
  writeFileSync(file, execFileSync('xz', ['--format=lzma', '-c'], { input: bytes, maxBuffer: 1e8 }));
  const { target, outcome } = await imported(file);
  assertSame(target);
  assert.equal(outcome.format, 'tar.lzma');
});

test('sparse files of GNU tar come back, in all its forms', async () => {
  const folder = fresh();
  const name = join(folder, 'sparse');
  const file = openSync(name, 'w');
  for (let run = 0; run < 40; run += 1)
    writeSync(file, Buffer.from(`data ${run}`.padEnd(7)), 0, 7, run * 100_000);
  ftruncateSync(file, 5_000_000);
  closeSync(file);
  utimesSync(folder, 1_700_000_000, 1_700_000_000);
  for (const words of [
    ['--format=gnu'],
    ['--format=posix', '--sparse-version=0.0'],
    ['--format=posix', '--sparse-version=0.1'],
    ['--format=posix', '--sparse-version=1.0'],
  ]) {
    const archive = join(fresh(), 'sparse.tar');
    run('tar', [...words, '-S', '-cf', archive, 'sparse'], folder);
    assert.ok(statSync(archive).size < 1_000_000, 'the archive is sparse itself');
    const { target } = await imported(archive);
    assert.ok(readFileSync(join(target, 'sparse')).equals(readFileSync(name)), words.join(' '));
  }
});

test('hard links, owners, nanoseconds and names that are not UTF-8 travel through GNU tar both ways', async () => {
  const folder = fresh();
  writeFileSync(join(folder, 'one'), 'shared');
  linkSync(join(folder, 'one'), join(folder, 'two'));
  const latin = (place: string) => Buffer.from(`${place}/lat\xe9n`, 'latin1');
  writeFileSync(latin(folder), 'latin');
  execFileSync('touch', ['-d', '@1600000000.123456789', join(folder, 'one')]);
  const ours = await exported('tar', undefined, folder);
  const target = fresh();
  run('tar', ['-xpf', ours, '-C', target]);
  const same = (place: string) => {
    const time = (name: string) => statSync(name, { bigint: true }).mtimeNs;
    assert.equal(readFileSync(latin(place), 'utf8'), 'latin');
    assert.equal(time(join(place, 'one')), 1_600_000_000_123_456_789n);
    assert.equal(statSync(join(place, 'one')).ino, statSync(join(place, 'two')).ino);
    assert.equal(readFileSync(join(place, 'two'), 'utf8'), 'shared');
  };
  same(target);
  const theirs = join(fresh(), 'theirs.tar');
  run('tar', ['--format=posix', '-cf', theirs, '.'], folder);
  same((await imported(theirs)).target);
});

test('sha256sum, sha1sum and md5sum accept our checksum files', async () => {
  const file = await exported('zip', undefined, source, ['sha256', 'sha1', 'md5']);
  for (const name of ['sha256', 'sha1', 'md5'])
    run(`${name}sum`, ['--strict', '-c', `${file}.${name}`], join(file, '..'));
});

test('Python reads our zip of more entries than 16 bits can count', async () => {
  const entries = Array.from({ length: 65_536 }, (_, index) => fileOf(`f${index}`, new Uint8Array(0)));
  const file = join(fresh(), 'many.zip');
  writeFileSync(file, await archiveOf(entries, 'zip'));
  const code = 'import sys,zipfile; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))';
  assert.equal(run(python, ['-c', code, file]).trim(), '65536');
});

test('a zip whose sizes are written in 64 bits is read by unzip, bsdtar, Python and us', async () => {
  // An entry that promises so much gets wide fields, whatever comes then.
  const entries = [
    fileOf('large', noise('large', 70_000), { sizeBytes: 0xf000_0000 }),
    fileOf('small', Buffer.from('small')),
  ];
  const file = join(fresh(), 'wide.zip');
  writeFileSync(file, await archiveOf(entries, 'zip'));
  run('unzip', ['-tq', file]);
  const code = 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.read("large")))';
  assert.equal(run(python, ['-c', code, file]).trim(), 'None 70000');
  if (has('bsdtar')) assert.match(run('bsdtar', ['-tf', file]), /large\nsmall/);
  const { target } = await imported(file);
  assert.ok(readFileSync(join(target, 'large')).equals(noise('large', 70_000)));
});

test('every format has a program here that read it', () => {
  assert.deepEqual(
    fileFormats.map(({ name }) => name).sort(),
    ['zip', ...cases.map(([name]) => name)].sort(),
  );
});
