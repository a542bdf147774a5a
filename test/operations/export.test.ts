// Export: one file with its proofs beside it, private from the first moment, whole or not there, and never in the place of another.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findFormat, levelOf } from '../../src/archives/all.ts';
import { sealOf } from '../../src/archives/seals/all.ts';
import type { SealLayer } from '../../src/archives/seals/layers.ts';
import { Secret } from '../../src/base/secret.ts';
import { folderEntries } from '../../src/operations/export/of-folder.ts';
import { snapshotEntries } from '../../src/operations/export/of-snapshot.ts';
import { archiveName, type ExportRequest, exportArchive } from '../../src/operations/export.ts';
import { type ImportRequest, importArchive } from '../../src/operations/import.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  scratch,
  snapshotsOf,
  type TestContext,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';
import { importOf } from './archive-requests.ts';

function requestOf(source: string, to: string, more: Partial<ExportRequest> = {}): ExportRequest {
  const format = more.format ?? findFormat('tar.gz');
  return {
    entries: (context, ignored) => folderEntries(source, {}, ignored, context),
    format,
    level: levelOf(format, undefined),
    layers: [],
    folder: to,
    prefix: 'keys_backup',
    checksums: ['sha256'],
    origin: { folder: source },
    tool: 'test',
    dryRun: false,
    ...more,
  };
}

function tree(folder: string): void {
  writeTree(folder, { 'a/one': 'one', 'a/b/two': noise('two', 70_000), three: '' });
  linkSync(join(folder, 'a/one'), join(folder, 'a/same'));
  symlinkSync('../three', join(folder, 'a/link'));
  chmodSync(join(folder, 'a/one'), 0o640);
}

test('an archive, its manifest and checksums are for their owner alone, whatever the umask', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  const to = join(world.path, 'made/here');
  const before = process.umask(0);
  try {
    await exportArchive(requestOf(source, to, { checksums: ['sha256', 'sha1', 'md5'] }), testContext());
  } finally {
    process.umask(before);
  }
  assert.equal(statSync(to).mode & 0o777, 0o700);
  const names = readdirSync(to).sort();
  assert.deepEqual(
    names.map((name) => name.replace(/^keys_backup_\d{8}_\d{6}/, '')),
    ['.tar.gz', '.tar.gz.manifest.json', '.tar.gz.md5', '.tar.gz.sha1', '.tar.gz.sha256'],
  );
  for (const name of names) assert.equal(statSync(join(to, name)).mode & 0o777, 0o600, name);
});

test('the name tells the time in UTC', () => {
  assert.equal(archiveName('keys_backup', Date.UTC(2026, 0, 2, 3, 4, 5)), 'keys_backup_20260102_030405');
});

test('the manifest and the checksum file tell what the archive is', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  const outcome = await exportArchive(requestOf(source, world.path, { name: 'a.tar.gz' }), testContext());
  const bytes = readFileSync(join(world.path, 'a.tar.gz'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  assert.equal(readFileSync(join(world.path, 'a.tar.gz.sha256'), 'utf8'), `${sha256}  a.tar.gz\n`);
  const manifest = JSON.parse(readFileSync(join(world.path, 'a.tar.gz.manifest.json'), 'utf8'));
  assert.equal(manifest.checksums.sha256, sha256);
  assert.equal(manifest.sizeBytes, bytes.length);
  assert.deepEqual(manifest.entries, { files: 3, directories: 2, symlinks: 1, hardlinks: 1, specials: 0 });
  assert.deepEqual([manifest.seals, manifest.format, manifest.contentBytes], [[], 'tar.gz', 70_003]);
  assert.equal(outcome.checksums.sha256, sha256);
});

test('a name beyond ASCII stands right in the manifest and in the checksum file', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  const name = Buffer.from('schlüssel.tar').toString('latin1');
  await exportArchive(requestOf(source, world.path, { name, format: findFormat('tar') }), testContext());
  const manifest = JSON.parse(readFileSync(join(world.path, 'schlüssel.tar.manifest.json'), 'utf8'));
  assert.equal(manifest.archive, 'schlüssel.tar');
  assert.match(
    readFileSync(join(world.path, 'schlüssel.tar.sha256'), 'utf8'),
    /^[0-9a-f]{64} {2}schlüssel\.tar\n$/,
  );
  const file = `${world.path}/${name}`;
  const back = await importArchive(importOf(file, join(world.path, 'back')), testContext());
  assert.deepEqual(back.checksums, { sha256: 'matches' });
});

test('the same folder gives the same bytes', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  for (const name of ['tar.gz', 'zip']) {
    const format = findFormat(name);
    const bytes: Buffer[] = [];
    for (const folder of ['x', 'y']) {
      const to = join(world.path, name, folder);
      await exportArchive(requestOf(source, to, { format, name: `a.${name}` }), testContext());
      bytes.push(readFileSync(join(to, `a.${name}`)));
    }
    assert.ok(bytes[0]!.equals(bytes[1]!), name);
  }
});

test('what exists is never written over, be it the archive or what lies beside it', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  for (const taken of ['a.tar.gz', 'a.tar.gz.sha256', 'a.tar.gz.manifest.json']) {
    const to = join(world.path, `to-${taken}`);
    mkdirSync(to);
    writeFileSync(join(to, taken), 'mine');
    await assert.rejects(exportArchive(requestOf(source, to, { name: 'a.tar.gz' }), testContext()), {
      code: 'ARCHIVE_EXISTS',
    });
    assert.deepEqual(readdirSync(to), [taken]);
    assert.equal(readFileSync(join(to, taken), 'utf8'), 'mine');
  }
});

test('an export that fails leaves nothing behind', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  const to = join(world.path, 'to');
  const entries: ExportRequest['entries'] = async function* (context, ignored) {
    yield* folderEntries(source, {}, ignored, context);
    throw new Error('the disk is gone');
  };
  await assert.rejects(exportArchive(requestOf(source, to, { entries }), testContext()), /disk is gone/);
  assert.deepEqual(readdirSync(to), []);
});

test('an export into the folder that it reads does not read itself', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  const outcome = await exportArchive(requestOf(source, source), testContext());
  assert.equal(outcome.entries.files, 3);
});

test('a file that cannot be read is told, and the others are there', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  chmodSync(join(source, 'three'), 0);
  chmodSync(join(source, 'a/one'), 0o644);
  const context = testContext();
  const to = join(world.path, 'to');
  mkdirSync(to, { mode: 0o777 });
  chmodSync(to, 0o777);
  chmodSync(world.path, 0o755);
  // Root reads everything: for this once it is nobody.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  const exporting = exportArchive(requestOf(source, to), context);
  const outcome = await exporting.finally(() => {
    if (isRoot) process.seteuid?.(0);
  });
  assert.equal(outcome.outcome, 'partial');
  assert.equal(context.problems.length, 1);
});

test('a file that becomes shorter while it is read is told, and the archive is whole all the same', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  const context = testContext();
  const entries: ExportRequest['entries'] = async function* (inner, ignored) {
    for await (const outgoing of folderEntries(source, {}, ignored, inner)) {
      if (outgoing.entry.path === 'a/b/two') truncateSync(join(source, 'a/b/two'), 10);
      yield outgoing;
    }
  };
  const outcome = await exportArchive(requestOf(source, join(world.path, 'to'), { entries }), context);
  assert.equal(outcome.outcome, 'partial');
  assert.deepEqual(
    context.problems.map(({ code }) => code),
    ['ENTRY_CHANGED'],
  );
  const back = await importArchive(importOf(outcome.file, join(world.path, 'back')), testContext());
  assert.equal(back.outcome, 'succeeded');
  assert.equal(statSync(join(world.path, 'back/a/b/two')).size, 70_000);
});

test('a dry run writes nothing and counts all', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  const outcome = await exportArchive(
    requestOf(source, join(world.path, 'to'), { dryRun: true }),
    testContext(),
  );
  assert.deepEqual(outcome.entries, { files: 3, directories: 2, symlinks: 1, hardlinks: 1, specials: 0 });
  assert.deepEqual(readdirSync(world.path), ['source']);
});

async function layersFor(names: readonly string[]): Promise<SealLayer[]> {
  return Promise.all(
    names.map(async (name, index) => ({
      seal: await sealOf(name),
      key: {
        password: new Secret(Buffer.from(`password ${index}`)),
        kdf: { kdf: 'pbkdf2-sha256', rounds: 100_000 },
      },
    })),
  );
}

test('layers of seals are told by the manifest, and what they hold comes back', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  const layers = await layersFor(['aes-256-gcm', 'fernet']);
  for (const name of ['tar', 'zip']) {
    const format = findFormat(name);
    const outcome = await exportArchive(
      requestOf(source, join(world.path, name), { format, layers }),
      testContext(),
    );
    assert.match(outcome.file, new RegExp(`\\.${name}\\.gcm\\.fernet$`));
    const manifest = readFileSync(`${outcome.file}.manifest.json`, 'utf8');
    assert.deepEqual(JSON.parse(manifest).seals, ['aes-256-gcm', 'fernet']);
    assert.ok(
      !manifest.includes(source),
      'the manifest of a sealed archive does not tell what it was made of',
    );
    let told: readonly string[] | undefined;
    const target = join(world.path, `${name}-back`);
    const layersOf: ImportRequest['layersOf'] = async (seals) => {
      told = seals;
      return layers;
    };
    const back = await importArchive(importOf(outcome.file, target, { layersOf }), testContext());
    assert.deepEqual(told, ['aes-256-gcm', 'fernet']);
    assert.equal(back.outcome, 'succeeded');
    assert.equal(readFileSync(join(target, 'a/one'), 'utf8'), 'one');
  }
});

test('a snapshot, a folder of it and a file of it are exported with what the backup had saved', async () => {
  using world = scratch();
  const source = join(world.path, 'source');
  tree(source);
  const storage = new MemoryStorage();
  const context: TestContext = testContext();
  await create(storage, join(world.path, 'state'), context);
  await using repository = await open(storage, join(world.path, 'state'), 'one', context);
  await backupFolder(source, repository, context);
  const [snapshot] = await snapshotsOf(repository, context);
  const exported = async (path: string | undefined, name: string) => {
    const outcome = await exportArchive(
      requestOf(source, world.path, {
        entries: (inner) =>
          snapshotEntries(
            { snapshot: snapshot!, ...(path === undefined ? {} : { path }) },
            repository,
            inner,
          ),
        name,
        origin: { snapshot: snapshot!.id },
      }),
      context,
    );
    assert.equal(outcome.outcome, 'succeeded');
    const target = join(world.path, `back-${name}`);
    const back = await importArchive(importOf(outcome.file, target), context);
    assert.equal(back.outcome, 'succeeded');
    return target;
  };
  assert.equal(treeDigest(join(await exported(undefined, 'all.tar.gz'), source)), treeDigest(source));
  const part = await exported(`${source}/a`, 'part.tar.gz');
  assert.deepEqual(readdirSync(part).sort(), ['b', 'link', 'one', 'same']);
  assert.equal(statSync(join(part, 'one')).ino, statSync(join(part, 'same')).ino);
  const one = await exported(`${source}/a/one`, 'one.tar.gz');
  assert.deepEqual(readdirSync(one), ['one']);
  assert.equal(readFileSync(join(one, 'one'), 'utf8'), 'one');
});
