// T-18: a compressor or a cipher that returns wrong bytes now and then, as faulty memory does. What cannot be brought back is caught before
// it is stored: the backup fails with a code and publishes nothing, and the next one on a sound machine is whole.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { cipherOf } from '../../src/ciphers/all.ts';
import zstd from '../../src/codecs/zstd.ts';
import { check } from '../../src/operations/check.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { budgetOf, report } from '../campaign.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

const budget = budgetOf('SABOTAGES', 36);

/** Bytes that are not what should have been returned. `dice` is 32 random bytes that depend on the try alone. */
type Sabotage = (result: Uint8Array, dice: Buffer) => Uint8Array;

const sabotages: Readonly<Record<string, Sabotage>> = {
  'one bit flipped': (result, dice) => {
    const copy = Uint8Array.from(result);
    copy[dice.readUInt32LE(0) % copy.length]! ^= 1 << (dice[4]! & 7);
    return copy;
  },
  'a part zeroed': (result, dice) => {
    const start = dice.readUInt32LE(0) % result.length;
    return Uint8Array.from(result).fill(0, start, start + 1 + (dice[4]! & 63));
  },
  'the end missing': (result, dice) => result.slice(0, result.length - 1 - (dice[0]! % result.length)),
  'bytes behind the end': (result, dice) => Buffer.concat([result, dice]),
  'something else of this length': (result) => noise('else', result.length),
  'another well-formed result': () => zstd.compress(Buffer.from('sound, but not what was asked for'), 1),
};

/** A cipher works in place: its faults change bytes, but never how many there are. */
const ofSameLength: readonly string[] = ['one bit flipped', 'a part zeroed', 'something else of this length'];

const parts = {
  compressor: { owner: zstd as unknown as Record<string, unknown>, method: 'compress' },
  cipher: { owner: cipherOf(1) as unknown as Record<string, unknown>, method: 'seal' },
} as const;

/** Lets one call of a part return something wrong; everything is sound again at the end of the scope. */
function sabotaged(
  part: keyof typeof parts,
  sabotage: Sabotage,
  call: number,
  dice: Buffer,
): { readonly done: () => boolean } & Disposable {
  const { owner, method } = parts[part];
  const sound = owner[method] as (...args: unknown[]) => Uint8Array;
  let calls = 0;
  let isDone = false;
  owner[method] = (...args: unknown[]) => {
    const result = sound.apply(owner, args);
    calls += 1;
    if (calls - 1 !== call) return result;
    isDone = true;
    // The sabotage may compress by itself.
    owner[method] = sound;
    return sabotage(result, dice);
  };
  return {
    done: () => isDone,
    [Symbol.dispose]: () => {
      owner[method] = sound;
    },
  };
}

test('wrong bytes of a compressor or cipher are caught before anything is published', async (t) => {
  using folder = scratch();
  const context = testContext();
  const source = join(folder.path, 'source');
  const state = join(folder.path, 'state');
  const empty = new MemoryStorage();
  await create(empty, state, context);
  const cases = Object.keys(parts).flatMap((part) =>
    Object.keys(sabotages)
      .filter((kind) => part === 'compressor' || ofSameLength.includes(kind))
      .map((kind) => [part as keyof typeof parts, kind] as const),
  );
  let caught = 0;
  let tried = 0;
  for (let round = 0; tried < budget; round += 1) {
    const [part, kind] = cases[round % cases.length]!;
    const dice = createHash('sha256').update(`sabotage ${round}`).digest();
    writeTree(source, {
      'text.txt': noise(`text ${round}`, 30_000).toString('hex'),
      'sub/words.txt': `words of round ${round} `.repeat(500),
    });
    const expected = treeDigest(source);
    const storage = empty.clone();
    const own = join(folder.path, `state-${round}`);
    const what = `${part}, ${kind}, round ${round}`;
    let isCaught = false;
    {
      // Data, trees and skeletons are frames of their own, and the envelopes of a session come before and after them.
      using broken = sabotaged(part, sabotages[kind]!, dice[8]! % (part === 'cipher' ? 6 : 3), dice);
      const error = await open(storage, own, 'faulty', context)
        .then((repository) => backupFolder(source, repository, context))
        .then(
          () => undefined,
          (failure: unknown) => failure,
        );
      if (!broken.done()) continue;
      tried += 1;
      if (error !== undefined) {
        assert.ok(isFailure(error) && error.kind !== 'bug', `${what}: ${error}`);
        assert.ok(!storage.names().some((name) => name.startsWith('snapshots/')), `${what}: published`);
        isCaught = true;
      }
    }
    const repository = await open(storage, own, 'sound', context);
    if (isCaught) {
      caught += 1;
      await backupFolder(source, repository, context);
    }
    const found = await check({ level: 3 }, repository, context);
    assert.equal(found.outcome, 'succeeded', `${what}: ${found.findings.map((one) => one.message)}`);
    const snapshots = await snapshotsOf(repository, context);
    assert.ok(snapshots.length > 0, what);
    for (const snapshot of snapshots) {
      assert.equal(await restoredDigest(snapshot, repository, context), expected, what);
    }
  }
  t.diagnostic(`${tried} wrong results, ${caught} caught before publishing, the others did no harm`);
  assert.ok(caught > 0);
  report({ campaign: 'T-18', tried, lost: 0, wrong: 0, manual: 0 });
});
