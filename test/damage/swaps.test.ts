// T-12: objects of one type exchange their content, and so do frames inside and between packs. T-13: an object is replaced by an older
// one or by one of another repository. Each such storage is refused with a code or found by check, and nothing wrong is ever restored.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeDirectory,
  packHeadLength,
  readPackDirectory,
  readPackHead,
} from '../../src/repository/pack.ts';
import { budgetOf, report } from '../campaign.ts';
import { open, scratch } from '../world.ts';
import {
  bytesOf,
  type DamageWorld,
  damageWorld,
  judge,
  objectsOf,
  typeOf,
  withObjects,
} from './damage-world.ts';

const budget = budgetOf('SWAPS', 60);

test('objects and frames that exchange content are never taken for each other', async (t) => {
  using folder = scratch();
  const world = await damageWorld(folder.path, 'swaps');
  const objects = await objectsOf(world);
  const pairs: [string, string][] = [];
  for (const one of objects.keys()) {
    for (const other of objects.keys())
      if (one < other && typeOf(one) === typeOf(other)) pairs.push([one, other]);
  }
  const types = new Set(pairs.map(([one]) => typeOf(one)));
  assert.deepEqual(
    [...types].sort(),
    ['index', 'keys/bundle', 'keys/slot', 'meta', 'packs', 'snapshots'],
    'the world no longer has two objects of every type',
  );
  let tried = 0;
  for (const [one, other] of sampled(pairs, budget)) {
    const damaged = withObjects(world.memory, [
      [one, objects.get(other)!],
      [other, objects.get(one)!],
    ]);
    const verdict = await judge(damaged, world, `${one} and ${other} exchanged`);
    // A slot says itself which one it is: under another name it opens what it always opened.
    if (typeOf(one) !== 'keys/slot') assert.notEqual(verdict, 'harmless', `${one} and ${other} exchanged`);
    tried += 1;
  }
  const frames = await framesOf(world, objects);
  const framePairs = frames.flatMap((one, at) => frames.slice(at + 1).map((other) => [one, other] as const));
  assert.ok(framePairs.length > 10);
  for (const [one, other] of sampled(framePairs, budget)) {
    const length = Math.min(one.length, other.length);
    const first = Uint8Array.from(objects.get(one.pack)!);
    const second = one.pack === other.pack ? first : Uint8Array.from(objects.get(other.pack)!);
    first.set(objects.get(other.pack)!.subarray(other.offset, other.offset + length), one.offset);
    second.set(objects.get(one.pack)!.subarray(one.offset, one.offset + length), other.offset);
    const what = `frames at ${one.pack}:${one.offset} and ${other.pack}:${other.offset} exchanged`;
    const damaged = withObjects(world.memory, [
      [one.pack, first],
      [other.pack, second],
    ]);
    assert.equal(await judge(damaged, world, what), 'found', what);
    tried += 1;
  }
  t.diagnostic(`${tried} exchanges, ${pairs.length} pairs of objects, ${framePairs.length} pairs of frames`);
  report({ campaign: 'T-12', tried, lost: 0, wrong: 0, manual: 0 });
});

test('an object replaced by an older one or by one of another repository is never believed', async (t) => {
  using folder = scratch();
  const world = await damageWorld(folder.path, 'replay');
  const stranger = await damageWorld(folder.path, 'stranger');
  const objects = await objectsOf(world);
  const foreign = [...(await objectsOf(stranger))];
  const replays: { name: string; bytes: Uint8Array; what: string; slot: boolean }[] = [];
  for (const [name, own] of objects) {
    const type = typeOf(name);
    for (const [donor, bytes] of [...objects, ...foreign]) {
      if (typeOf(donor) !== type || Buffer.compare(own, bytes) === 0) continue;
      const whose = objects.get(donor) === bytes ? '' : 'the other repository’s ';
      const slot = type === 'keys/slot';
      replays.push({ name, bytes, what: `${name} replaced by ${whose}${donor}`, slot });
    }
  }
  let tried = 0;
  for (const { name, bytes, what, slot } of sampled(replays, budget)) {
    const verdict = await judge(withObjects(world.memory, [[name, bytes]]), world, what);
    // Another slot is left that opens, and check names the strange one; a double of an own slot harms nobody.
    if (!slot) assert.notEqual(verdict, 'harmless', what);
    tried += 1;
  }
  for (const prefix of ['config/', 'keys/bundle-', 'keys/', 'index/', 'meta/', 'packs/', 'snapshots/']) {
    const taken = [...objects.keys()].filter((name) => name.startsWith(prefix));
    const given = foreign.filter(([name]) => name.startsWith(prefix));
    const damaged = withObjects(world.memory, [...taken.map((name) => [name, undefined] as const), ...given]);
    const what = `all of ${prefix} replaced by the other repository’s`;
    assert.notEqual(await judge(damaged, world, what), 'harmless', what);
    tried += 1;
  }
  for (const [age, moment] of world.moments.slice(0, -1).entries()) {
    const old = await bytesOf(moment, world.context);
    for (const prefix of ['index/', 'snapshots/', 'packs/', 'meta/', 'keys/bundle-']) {
      const gone = [...objects.keys()].filter((name) => name.startsWith(prefix));
      const given = [...old].filter(([name]) => name.startsWith(prefix));
      const damaged = withObjects(world.memory, [
        ...gone.map((name) => [name, undefined] as const),
        ...given,
      ]);
      const what = `all of ${prefix} as it was after backup ${age + 1}`;
      const verdict = await judge(damaged, world, what);
      const isSame = gone.length === given.length && given.every(([name]) => objects.has(name));
      if (!isSame) assert.notEqual(verdict, 'harmless', what);
      tried += 1;
    }
  }
  t.diagnostic(`${tried} replays of ${replays.length} possible ones and of whole folders`);
  report({ campaign: 'T-13', tried, lost: 0, wrong: 0, manual: 0 });
});

/** Evenly chosen, so that every type comes to its turn. */
function sampled<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count);
  const chosen: Item[] = [];
  for (let at = 0; at < items.length; at += step) chosen.push(items[Math.floor(at)]!);
  return chosen;
}

async function framesOf(
  world: DamageWorld,
  objects: ReadonlyMap<string, Uint8Array>,
): Promise<{ readonly pack: string; readonly offset: number; readonly length: number }[]> {
  const { ring } = await open(world.memory, world.stateDirectory, 'reader', world.context);
  return [...objects]
    .filter(([name]) => name.startsWith('packs/') || name.startsWith('meta/'))
    .flatMap(([pack, bytes]) => {
      let offset = packHeadLength + readPackHead(ring, bytes, pack).directoryBoxLength;
      return decodeDirectory(readPackDirectory(ring, bytes, pack), pack).frames.map(({ length }) => {
        const frame = { pack, offset, length };
        offset += length;
        return frame;
      });
    });
}
