// Verifying reads the disk, not the memory of the restore: whatever was damaged after it was written is named, and nothing else.

import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attributesOf, planTree } from '../../../src/operations/restore/plan.ts';
import { verifyPlan } from '../../../src/operations/restore/verify.ts';
import { findPlace } from '../../../src/repository/read-tree.ts';
import { openSystem, sys } from '../../../src/sources/files/system.ts';
import { writeTree } from '../../world.ts';
import { asRoot, bytes, hasProgram, isRoot, RoundTrip, say } from '../round-trip.ts';

const system = openSystem();
const MiB = 1024 * 1024;

/** Restores a tree, lets `damage` loose on it, and returns what verifying says: paths and words. */
async function saidAfter(damage: (target: string) => void): Promise<string[]> {
  await using trip = await RoundTrip.begin();
  writeTree(trip.source, {
    file: 'content',
    large: bytes('large', 3 * MiB),
    hole: '',
    'folder/inside': 'x',
    empty: '',
  });
  truncateSync(trip.at('hole'), 4 * MiB);
  writeFileSync(trip.at('hole'), 'data', { flag: 'r+' });
  symlinkSync('somewhere', trip.at('link'));
  linkSync(trip.at('file'), trip.at('folder/file too'));
  system.setXattrAt(sys.atFdCwd, trip.at('file'), 'user.x', Buffer.from('1'));
  system.setXattrAt(sys.atFdCwd, trip.source, 'user.own', Buffer.from('1'));
  system.mkfifoAt(sys.atFdCwd, trip.at('fifo'), 0o600);
  await trip.save();
  const { target } = await trip.bring({ verify: false });
  damage(target);
  const { repository, context } = trip;
  const { root } = await trip.newest();
  const place = await findPlace(repository, root, trip.source, context);
  const tree = place!.nodes.contents[place!.row]!.subarray(0, 32);
  const plan = await planTree(repository, tree, '', () => true, context);
  const rules = { owners: isRoot, devices: false };
  const own = attributesOf(place!.nodes, place!.row);
  const { differences } = await verifyPlan(plan, target, own, system, rules, repository, context);
  return differences.map(({ path, what }) => `${path} ${what}`);
}

/** Writes bytes somewhere and puts the time back. */
function overwrite(path: string, offset: number, data: Buffer): void {
  const { mtimeNs } = system.statAt(sys.atFdCwd, path);
  const file = openSync(path, 'r+');
  writeSync(file, data, 0, data.length, offset);
  closeSync(file);
  system.setTimesAt(sys.atFdCwd, path, mtimeNs);
}

/** Does something to a folder's entries and puts its time back. */
function quietly(folder: string, act: () => void): void {
  const { mtimeNs } = system.statAt(sys.atFdCwd, folder);
  act();
  system.setTimesAt(sys.atFdCwd, folder, mtimeNs);
}

test('an untouched tree has no differences', async () => {
  assert.deepEqual(await saidAfter(() => undefined), []);
});

for (const [what, { damage, said }] of Object.entries<{ damage(at: string): void; said: RegExp[] }>({
  'a changed byte': {
    damage: (at) => overwrite(join(at, 'large'), 2 * MiB, Buffer.from('!')),
    said: [/^large has other content$/],
  },
  'a byte in a hole': {
    damage: (at) => overwrite(join(at, 'hole'), 3 * MiB, Buffer.from('!')),
    said: [/^hole has other content$/],
  },
  'the last byte of a hole': {
    damage: (at) => overwrite(join(at, 'hole'), 4 * MiB - 1, Buffer.from('!')),
    said: [/^hole has other content$/],
  },
  'a shorter file': {
    damage(at) {
      const { mtimeNs } = system.statAt(sys.atFdCwd, join(at, 'large'));
      truncateSync(join(at, 'large'), MiB);
      system.setTimesAt(sys.atFdCwd, join(at, 'large'), mtimeNs);
    },
    said: [/^large has 1048576 bytes, not 3145728$/],
  },
  'a longer file': {
    damage: (at) => overwrite(join(at, 'empty'), 0, Buffer.from('!')),
    said: [/^empty has 1 bytes, not 0$/],
  },
  'the folder itself': {
    damage(at) {
      chmodSync(at, 0o711);
      utimesSync(at, 1, 1);
      system.setXattrAt(sys.atFdCwd, at, 'user.own', Buffer.from('2'));
    },
    said: [
      /^\. has mode 711, not/,
      /^\. was changed at 1000000000 ns, not/,
      /^\. has another attribute "user.own"$/,
    ],
  },
  'another mode': {
    damage(at) {
      chmodSync(join(at, 'folder'), 0o711);
      chmodSync(join(at, 'fifo'), 0o622);
    },
    said: [/^folder has mode 711, not/, /^fifo has mode 622, not/],
  },
  'another time': {
    damage: (at) => system.setTimesAt(sys.atFdCwd, join(at, 'link'), 7n),
    said: [/^link was changed at 7 ns, not/],
  },
  'another attribute': {
    damage: (at) => system.setXattrAt(sys.atFdCwd, join(at, 'file'), 'user.x', Buffer.from('2')),
    said: [/^file has another attribute "user.x"$/],
  },
  'a lost attribute': {
    damage: (at) => system.removeXattrAt(sys.atFdCwd, join(at, 'file'), 'user.x'),
    said: [/^file lacks the attribute "user.x"$/],
  },
  'a name that is no longer the same file': {
    damage: (at) =>
      quietly(join(at, 'folder'), () => {
        copyFileSync(join(at, 'file'), join(at, 'folder/copy'));
        renameSync(join(at, 'folder/copy'), join(at, 'folder/file too'));
      }),
    said: [/^folder\/file too is not the same file as "file"$/],
  },
  'a symlink to elsewhere': {
    damage: (at) =>
      quietly(at, () => {
        const { mtimeNs } = system.statAt(sys.atFdCwd, join(at, 'link'));
        rmSync(join(at, 'link'));
        symlinkSync('elsewhere', join(at, 'link'));
        system.setTimesAt(sys.atFdCwd, join(at, 'link'), mtimeNs);
      }),
    said: [/^link points elsewhere$/],
  },
  'missing entries': {
    damage: (at) =>
      quietly(at, () => {
        rmSync(join(at, 'folder'), { recursive: true });
        rmSync(join(at, 'large'));
        rmSync(join(at, 'fifo'));
      }),
    said: [
      /^folder is missing$/,
      /^large is missing$/,
      /^folder\/inside is missing$/,
      /^folder\/file too is missing$/,
      /^fifo is missing$/,
    ],
  },
  'a folder that became a file': {
    damage: (at) =>
      quietly(at, () => {
        rmSync(join(at, 'folder'), { recursive: true });
        writeFileSync(join(at, 'folder'), '');
      }),
    said: [/^folder is of kind 0, not 1$/, /^folder\/inside is missing$/, /^folder\/file too is missing$/],
  },
  'a target that is gone': {
    damage: (at) => rmSync(at, { recursive: true }),
    said: [/^\. is missing$/, /^[\w /]+ is missing$/],
  },
  'other kinds of entries': {
    damage: (at) =>
      quietly(at, () => {
        // Opening a FIFO waits for ever.
        rmSync(join(at, 'empty'));
        system.mkfifoAt(sys.atFdCwd, join(at, 'empty'), 0o600);
        rmSync(join(at, 'fifo'));
        symlinkSync('x', join(at, 'fifo'));
        rmSync(join(at, 'file'));
        system.mkfifoAt(sys.atFdCwd, join(at, 'file'), 0o600);
        rmSync(join(at, 'link'));
        mkdirSync(join(at, 'link'));
      }),
    said: [
      /^empty is of kind 3, not 0$/,
      /^file is of kind 3, not 0$/,
      /^folder\/file too is not the same file as "file"$/,
      /^link is of kind 1, not 2$/,
      /^fifo is of kind 2, not 3$/,
    ],
  },
})) {
  test(`verifying finds ${what}, and only that`, async (t) => {
    if (!hasProgram(t, 'setfattr', 'attr')) return;
    const found = await saidAfter(damage);
    const unsaid = said.filter((pattern) => !found.some((line) => pattern.test(line)));
    const unwanted = found.filter((line) => !said.some((pattern) => pattern.test(line)));
    assert.deepEqual([unsaid, unwanted], [[], []]);
  });
}

test('verifying finds other owners', async (t) => {
  if (!asRoot(t)) return;
  const found = await saidAfter((at) => say('chown', '-h', '1:2', join(at, 'link'), join(at, 'empty')));
  assert.deepEqual(found.sort(), ['empty belongs to 1:2, not 0:0', 'link belongs to 1:2, not 0:0']);
});
