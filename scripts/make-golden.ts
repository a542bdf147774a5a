// Makes a golden repository of today's format under test/golden/: run once for every format that is released, committed, and never
// made again, and for every codec and cipher that joins it. Later programs must go on reading it. Usage: node scripts/make-golden.ts
// FOLDER [COMPRESSION] [CIPHER]; the folder must not exist.

import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Secret } from '../src/base/secret.ts';
import { type CipherName, suites } from '../src/ciphers/kinds.ts';
import { frameCompression } from '../src/cli/options.ts';
import { forget } from '../src/operations/forget.ts';
import { addKey, rotateGeneration } from '../src/operations/keys.ts';
import { prune } from '../src/operations/prune.ts';
import { createRepository } from '../src/repository/create.ts';
import type { Compression } from '../src/repository/frame-builder.ts';
import type { Repository } from '../src/repository/repository.ts';
import { createStorage, noSecrets } from '../src/storage/all.ts';
import { listTree, setEvenTimes } from '../test/interop/tree-list.ts';
import {
  backupFolder,
  noise,
  open,
  owner,
  password,
  scratch,
  snapshotsOf,
  type TestContext,
  testContext,
} from '../test/world.ts';

/** The paths in the snapshots: the same on every machine that makes one. */
const source = '/tmp/holdfast-golden/files';

async function makeGolden(folder: string, compression: Compression, suite: number): Promise<void> {
  mkdirSync(folder);
  const context = testContext();
  using state = scratch();
  // A fixture that everybody may open: neither of the two secrets protects anything.
  writeFileSync(join(folder, 'password'), password.reveal());
  const keyFile = `${noise('golden key file', 32).toString('base64url')}\n`;
  writeFileSync(join(folder, 'key-file'), keyFile);
  const storage = await createStorage(join(folder, 'repository'), noSecrets, context);
  await createRepository(
    {
      storage,
      state: { directory: state.path },
      secret: password,
      slotType: 'passphrase',
      slotParameters: { kdf: 'argon2id', memoryKiB: 8192, passes: 1, lanes: 1 },
      label: 'golden passphrase',
      profile: 'standard',
      suite,
      owner: owner('init'),
      writerName: 'golden',
    },
    context,
  );
  const opened = () => open(storage, state.path, 'golden', context);
  const first = await opened();
  await addKey(
    { secret: new Secret(Buffer.from(keyFile)), type: 'key-file', label: 'golden key file' },
    first,
    context,
  );
  writeFileSync(join(source, 'forgotten'), noise('forgotten', 3000));
  await backupFolder(source, first, context, { compression });
  await forgetAll(await opened(), context);
  rmSync(join(source, 'forgotten'));

  makeFiles();
  setEvenTimes(source);
  const trees = [listTree(source)];
  await backupFolder(source, await opened(), context, { compression });
  await rotateGeneration(await opened(), context);
  writeFileSync(join(source, 'docs/changed.txt'), 'a second version\n');
  writeFileSync(join(source, 'new'), noise('new', 5000));
  rmSync(join(source, 'bytes'));
  setEvenTimes(source, 1_650_000_000);
  trees.push(listTree(source));
  await backupFolder(source, await opened(), context, { compression });

  const snapshots = (await snapshotsOf(await opened(), context)).map(({ id, time }, n) => ({
    id,
    time,
    source,
    tree: trees[n],
  }));
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify({ format: 1, snapshots }, undefined, 1)}\n`);
}

async function forgetAll(repository: Repository, context: TestContext): Promise<void> {
  const ids = (await snapshotsOf(repository, context)).map(({ id }) => id);
  const request = { policy: {}, groupBy: [], filter: { ids }, dryRun: false, run: 'golden' };
  await forget({ ...request, zoneOffset: () => 0 }, repository, context);
  await prune({ dryRun: false, maxUnused: 0 }, repository, context);
}

function makeFiles(): void {
  mkdirSync(join(source, 'docs/empty'), { recursive: true });
  writeFileSync(join(source, 'docs/changed.txt'), 'a first version\n');
  writeFileSync(join(source, 'docs/same.txt'), 'never changes\n'.repeat(500));
  writeFileSync(join(source, 'nothing'), '');
  writeFileSync(join(source, 'bytes'), noise('bytes', 20_000));
  writeFileSync(
    Buffer.concat([Buffer.from(`${source}/l`), Buffer.of(0xe4, 0x0a)]),
    'a name that is no UTF-8',
  );
  symlinkSync('docs/same.txt', join(source, 'link'));
  linkSync(join(source, 'docs/same.txt'), join(source, 'second name'));
  chmodSync(join(source, 'docs/changed.txt'), 0o751);
  chmodSync(join(source, 'docs/empty'), 0o700);
  const sparse = openSync(join(source, 'sparse'), 'wx');
  ftruncateSync(sparse, 1_000_000);
  writeSync(sparse, noise('island', 4096), 0, 4096, 400_000);
  closeSync(sparse);
}

const [folder, compression = 'zstd:1', cipher = 'aes-256-gcm'] = process.argv.slice(2);
if (folder === undefined) throw new Error('name a folder that does not exist, such as test/golden/format-1');
rmSync(source, { recursive: true, force: true });
mkdirSync(source, { recursive: true });
await makeGolden(resolve(folder), frameCompression(compression).compression, suites[cipher as CipherName]);
rmSync('/tmp/holdfast-golden', { recursive: true });
