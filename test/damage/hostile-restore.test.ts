// T-16: an insider who holds the real keys writes snapshots to harm whoever restores them: names that lead out of the target, links to what
// lies outside, chains of hard links, names that occur twice, devices, special bits. Restoring them, to a new folder or in place among
// planted links, never touches anything outside the target; what is made there is what was asked for.

import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { restore } from '../../src/operations/restore.ts';
import { restoreInPlace } from '../../src/operations/restore-in-place.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { nodeKinds } from '../../src/repository/tree.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { budgetOf, report } from '../campaign.ts';
import { create, noise, open, scratch, snapshotsOf, type TestContext, testContext } from '../world.ts';
import {
  diceOf,
  type HostileDirectory,
  type HostileNode,
  hostileNodes,
  publishHostile,
} from './hostile-tree.ts';

const budget = budgetOf('HOSTILE', 40);
const { file, directory, symlink, fifo, characterDevice, blockDevice } = nodeKinds;

/** Made once: stretching the password is what takes longest. */
const empty = new MemoryStorage();
before(async () => {
  using folder = scratch();
  await create(empty, folder.path, testContext());
});

/** A folder with a target and things outside of it that must stay exactly as they are. */
interface Ground {
  readonly path: string;
  readonly outside: string;
  readonly target: string;
  readonly before: string;
}

function ground(path: string): Ground {
  mkdirSync(join(path, 'outside', 'folder'), { recursive: true });
  writeFileSync(join(path, 'outside', 'kept.txt'), 'kept');
  writeFileSync(join(path, 'outside', 'folder', 'a'), 'kept too');
  symlinkSync('kept.txt', join(path, 'outside', 'link'));
  return { path, outside: join(path, 'outside'), target: join(path, 'target'), before: footprint(path) };
}

/** All that a write, link, chmod, chown or utimes would change, of everything but the target and our own memory. */
function footprint(path: string, isTop = true): string {
  const stat = lstatSync(path, { bigint: true });
  const { mode, uid, gid, nlink, mtimeNs, ctimeNs, size } = stat;
  const content = stat.isSymbolicLink()
    ? readlinkSync(path)
    : stat.isDirectory()
      ? readdirSync(path)
          .filter((name) => !isTop || !['target', 'state', 'restores'].includes(name))
          .map((name) => `${name}: ${footprint(join(path, name), false)}`)
          .join('\n')
      : readFileSync(path, 'latin1');
  return isTop ? content : [mode, uid, gid, nlink, mtimeNs, ctimeNs, size, content].join(' ');
}

async function published(
  tree: readonly HostileNode[] | HostileDirectory,
  where: Ground,
  context: TestContext,
  paths: readonly string[] = ['/'],
): Promise<Repository> {
  const repository = await open(empty.clone(), join(where.path, 'state'), 'hostile', context);
  await publishHostile(tree, paths, repository, context);
  await repository.loadIndex(context);
  return repository;
}

interface Rules {
  readonly devices: boolean;
  readonly owners: boolean;
}

/** The code it was refused with; undefined when the restore ran to its end. */
async function restored(
  repository: Repository,
  where: Ground,
  rules: Rules,
  context: TestContext,
): Promise<string | undefined> {
  const [snapshot] = await snapshotsOf(repository, context);
  const request = { ...rules, select: () => true, verify: false, dryRun: false, workers: 0 };
  return orCode(restore({ ...request, snapshot: snapshot!, target: where.target }, repository, context));
}

async function restoredInPlace(
  repository: Repository,
  where: Ground,
  rules: Rules & { readonly delete: boolean },
  context: TestContext,
): Promise<string | undefined> {
  const [snapshot] = await snapshotsOf(repository, context);
  return orCode(
    restoreInPlace(
      {
        ...rules,
        snapshot: snapshot!,
        target: where.target,
        overwrite: 'always',
        select: () => true,
        keep: [],
        verify: false,
        dryRun: false,
        workers: 0,
        pointers: join(where.path, 'restores'),
        restorePoint: { host: 'test', user: 'tester', tool: 'test', compression: { comp: 1, level: 1 } },
      },
      repository,
      context,
    ),
  );
}

async function orCode(act: Promise<unknown>): Promise<string | undefined> {
  try {
    await act;
    return undefined;
  } catch (error) {
    if (!isFailure(error)) throw error;
    assert.notEqual(error.kind, 'bug', `${error.code}: ${error.message}`);
    return error.code;
  }
}

test('a name that leads out of its folder refuses the restore before anything is made', async () => {
  for (const name of ['', '.', '..', '../out', '/etc/holdfast', 'a/b', 'a\0b', '/', 'x'.repeat(1025)]) {
    for (const isDeep of [false, true]) {
      using folder = scratch();
      const where = ground(folder.path);
      const context = testContext();
      const node: HostileNode = { name, kind: file, content: 'hostile' };
      const tree: HostileNode[] = isDeep ? [{ name: 'a', kind: directory, children: [node] }] : [node];
      const repository = await published(tree, where, context);
      const rules = { devices: false, owners: false };
      assert.equal(await restored(repository, where, rules, context), 'NAME_FORBIDDEN', JSON.stringify(name));
      assert.equal(footprint(where.path), where.before, JSON.stringify(name));
      mkdirSync(where.target, { recursive: true });
      assert.deepEqual(readdirSync(where.target), []);
    }
  }
});

test('two nodes of one name, a link and what would go through it, are refused', async () => {
  for (const kinds of [
    [symlink, directory],
    [directory, symlink],
    [symlink, file],
    [file, file],
  ] as const) {
    for (const isSplit of [true, false]) {
      using folder = scratch();
      const where = ground(folder.path);
      const context = testContext();
      const nodes = kinds.map(
        (kind): HostileNode => ({
          name: 'a',
          kind,
          content: where.outside,
          children: [{ name: 'planted', kind: file, content: 'hostile' }],
        }),
      );
      const tree = isSplit ? { parts: nodes.map((node) => [node]) } : nodes;
      const repository = await published(tree, where, context);
      const rules = { devices: false, owners: false };
      assert.equal(await restored(repository, where, rules, context), 'OBJECT_MALFORMED', kinds.join());
      assert.equal(footprint(where.path), where.before, kinds.join());
    }
  }
});

test('hard links name what this restore made, of one kind, and never what a symlink shows', async () => {
  using folder = scratch();
  const where = ground(folder.path);
  const context = testContext();
  const outer = join(where.outside, 'kept.txt');
  // Two symlinks and one hard link: the third name must be the symlink itself, not the file outside it shows.
  const repository = await published(
    [
      { name: 'a', kind: symlink, content: where.outside, link: 'g' },
      { name: 'b', kind: symlink, content: outer, link: 'h' },
      { name: 'c', kind: file, content: 'own', link: 'h' },
      { name: 'd', kind: file, content: 'own', link: 'h' },
      { name: 'e', kind: symlink, content: outer, link: 'h' },
      { name: 'f', kind: fifo, link: 'h' },
      { name: 'g', kind: directory, children: [{ name: 'x', kind: file, content: 'own', link: 'g' }] },
    ],
    where,
    context,
  );
  assert.equal(await restored(repository, where, { devices: true, owners: false }, context), undefined);
  assert.equal(footprint(where.path), where.before);
  const at = (name: string) => lstatSync(join(where.target, name));
  assert.equal(at('c').ino, at('d').ino);
  assert.equal(at('b').ino, at('e').ino);
  assert.ok(at('b').isSymbolicLink() && at('f').isFIFO() && at('g/x').isFile());
  assert.equal(at('g/x').nlink, 1);
  assert.equal(readFileSync(join(where.target, 'c'), 'utf8'), 'own');
});

test('a folder that becomes a link while its files are written leads nothing outside', async () => {
  using folder = scratch();
  const where = ground(folder.path);
  const context = testContext();
  // Large and not compressible: every file is a frame of its own, and the swap happens between two of them.
  const children = Array.from(
    { length: 6 },
    (_, number): HostileNode => ({
      name: `${number}`,
      kind: file,
      content: noise(`swap ${number}`, 450_000).toString('hex'),
    }),
  );
  const repository = await published([{ name: 'd', kind: directory, children }], where, context);
  let swaps = 0;
  const swapping: TestContext = {
    ...context,
    monitor: {
      ...context.monitor,
      count: () => {
        const path = join(where.target, 'd');
        renameSync(path, `${path}-${swaps}`);
        symlinkSync(join(where.outside, 'folder'), path);
        swaps += 1;
      },
    },
  };
  assert.equal(
    await restored(repository, where, { devices: false, owners: false }, swapping),
    undefined,
    'what was swapped is a problem of its entries',
  );
  assert.ok(swaps > 3);
  assert.equal(footprint(where.path), where.before);
});

test('devices, special bits and owners come only when asked for', async () => {
  using folder = scratch();
  const where = ground(folder.path);
  const context = testContext();
  const repository = await published(
    [
      { name: 'block', kind: blockDevice, link: 'g' },
      { name: 'char', kind: characterDevice },
      { name: 'more', kind: blockDevice, link: 'g' },
      { name: 'root', kind: file, mode: 0o7755, uid: 12_345, content: 'hostile' },
      { name: 'tmp', kind: directory, mode: 0o7777, uid: 12_345 },
    ],
    where,
    context,
  );
  assert.equal(await restored(repository, where, { devices: false, owners: false }, context), undefined);
  assert.deepEqual(readdirSync(where.target), ['root', 'tmp']);
  for (const name of ['root', 'tmp']) {
    const stat = lstatSync(join(where.target, name));
    assert.equal(stat.mode & 0o7000, 0, name);
    assert.equal(stat.uid, process.getuid?.(), name);
  }
  assert.equal(footprint(where.path), where.before);
});

test('no hostile tree touches anything outside, restored to a new folder or in place among planted links', async (t) => {
  let refused = 0;
  let tried = 0;
  const isRoot = process.getuid?.() === 0;
  for (let seed = 0; tried < budget; seed += 1) {
    using folder = scratch();
    const where = ground(folder.path);
    const context = testContext();
    const dice = diceOf(`hostile ${seed}`);
    const nodes = hostileNodes(dice, where.outside, seed % 3 === 0 ? 8 : 0);
    const repository = await published(nodes, where, context);
    const rules = { devices: isRoot && dice(2) === 0, owners: isRoot && dice(2) === 0 };
    const what = `seed ${seed}`;
    if (seed % 2 === 0) {
      if ((await restored(repository, where, rules, context)) !== undefined) refused += 1;
    } else {
      plantLinks(nodes, where.target, where.outside, dice);
      const planted = footprint(where.path);
      const code = await restoredInPlace(repository, where, { ...rules, delete: dice(2) === 0 }, context);
      if (code !== undefined) refused += 1;
      assert.equal(footprint(where.path), planted, `${what}: ${code}`);
      tried += 1;
      continue;
    }
    assert.equal(footprint(where.path), where.before, what);
    tried += 1;
  }
  t.diagnostic(`${tried} hostile trees, ${refused} refused, nothing outside was touched`);
  assert.ok(refused > 0 && refused < tried);
  report({ campaign: 'T-16', tried, lost: 0, wrong: 0, manual: 0 });
});

/** Symlinks to outside, files and folders in the places of what the tree has. */
function plantLinks(
  nodes: readonly HostileNode[],
  at: string,
  outside: string,
  dice: (limit: number) => number,
): void {
  mkdirSync(at);
  for (const node of nodes) {
    if (!/^[a-zA-Z~-]{1,3}$/.test(node.name)) continue;
    const path = join(at, node.name);
    const choice = dice(4);
    if (choice === 0) symlinkSync(join(outside, 'folder'), path);
    else if (choice === 1) symlinkSync(join(outside, 'kept.txt'), path);
    else if (choice === 2) writeFileSync(path, 'there before');
    else if (node.children !== undefined) plantLinks(node.children, path, outside, dice);
  }
}
