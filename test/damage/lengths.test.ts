// T-14: an insider who holds the real keys sets every length and number of every sealed thing to {0, 1, x-1, x+1, 2^31, 2^32-1, 2^53} and
// seals it again. Each is refused with a code or does no harm, nothing wrong is restored, and no length makes us take memory for it.

import assert from 'node:assert/strict';
import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { after, before, test } from 'node:test';
import { padme } from '../../src/base/bytes.ts';
import { decode, encode } from '../../src/base/cbor.ts';
import { isFailure } from '../../src/base/failure.ts';
import { boxTypes, noDomain, openEnvelope, sealBox } from '../../src/repository/box.ts';
import { openBundle } from '../../src/repository/bundle.ts';
import { derive } from '../../src/repository/keys.ts';
import { decodeDirectory, readPackDirectory } from '../../src/repository/pack.ts';
import { openFrame, openIndex, type Repository } from '../../src/repository/repository.ts';
import { openSnapshot, openTombstone } from '../../src/repository/snapshot.ts';
import { decodeSkeleton, decodeTree } from '../../src/repository/tree.ts';
import { budgetOf, report } from '../campaign.ts';
import { open, scratch } from '../world.ts';
import { type DamageWorld, damageWorld, judge, objectsOf, typeOf, withObjects } from './damage-world.ts';

const budget = budgetOf('LENGTHS', 80);
/** What a run may take beyond what it took when all parsers had run once. Believing one length of 2^31 takes 2 GiB. */
const memoryMaxBytes = 128 * 1024 * 1024;

const folder = scratch();
let world: DamageWorld;
let repository: Repository;
let objects: Map<string, Uint8Array>;
let tried = 0;

before(async () => {
  world = await damageWorld(folder.path, 'lengths');
  repository = await open(world.memory, world.stateDirectory, 'reader', world.context);
  objects = await objectsOf(world);
});
after(() => {
  folder[Symbol.dispose]();
  report({ campaign: 'T-14', tried, lost: 0, wrong: 0, manual: 0 });
});

function valuesFor(length: number): bigint[] {
  const x = BigInt(length);
  const values = [0n, 1n, x - 1n, x + 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n];
  return [...new Set(values)].filter((value) => value >= 0n && value !== x);
}

/** Every head of canonical CBOR that carries a number or a length, with other values in its place. */
function* mutants(bytes: Uint8Array): Generator<{ readonly what: string; readonly bytes: Uint8Array }> {
  const view = Buffer.from(bytes);
  for (let at = 0; at < view.length; ) {
    const major = view[at]! >> 5;
    const info = view[at]! & 0x1f;
    const width = info < 24 ? 0 : 2 ** (info - 24);
    if (major === 7) {
      at += 1;
      continue;
    }
    const argument =
      width === 0
        ? info
        : width === 8
          ? Number(view.readBigUInt64BE(at + 1))
          : view.readUIntBE(at + 1, width);
    const end = at + 1 + width;
    for (const value of valuesFor(argument)) {
      yield {
        what: `${argument} of major type ${major} at byte ${at} becomes ${value}`,
        bytes: Buffer.concat([view.subarray(0, at), headOf(major, value), view.subarray(end)]),
      };
    }
    at = major === 2 || major === 3 ? end + argument : end;
  }
}

function headOf(major: number, value: bigint): Buffer {
  const digits = value < 24n ? 0 : value < 256n ? 1 : value < 65_536n ? 2 : value < 2n ** 32n ? 4 : 8;
  if (digits === 0) return Buffer.of((major << 5) | Number(value));
  const head = Buffer.alloc(1 + digits);
  head[0] = (major << 5) | (24 + Math.log2(digits));
  if (digits === 8) head.writeBigUInt64BE(value, 1);
  else head.writeUIntBE(Number(value), 1, digits);
  return head;
}

/** Refused with a code, or believed; anything else fails the test. True when it was refused. */
function isRefused(what: string, act: () => unknown): boolean {
  tried += 1;
  try {
    act();
    return false;
  } catch (error) {
    assert.ok(isFailure(error) && error.kind !== 'bug', `${what}: ${error}`);
    return true;
  }
}

interface Envelope {
  readonly name: string;
  readonly type: number;
  readonly generation: number;
  readonly key: KeyObject;
  readonly item: Uint8Array;
  readonly reopen: (bytes: Uint8Array) => unknown;
}

function envelopes(): Envelope[] {
  const { ring, masterKey } = repository;
  const bundleKey = createSecretKey(derive(masterKey, 'bundle'));
  const kinds: Record<string, [number, (g: number) => KeyObject, (b: Uint8Array, n: string) => unknown]> = {
    index: [boxTypes.index, (g) => ring.index(g)!, (bytes) => openIndex(ring, bytes, 'index')],
    snapshots: [boxTypes.snapshot, (g) => ring.meta(g)!, (bytes) => openSnapshot(ring, bytes, 'snapshot')],
    tombstones: [
      boxTypes.tombstone,
      (g) => ring.meta(g)!,
      (bytes) => openTombstone(ring, bytes, 'tombstone'),
    ],
    'keys/bundle': [
      boxTypes.bundle,
      () => bundleKey,
      (bytes, name) => openBundle(masterKey, ring.repositoryId, bytes, name),
    ],
  };
  return [...objects].flatMap(([name, bytes]) => {
    const kind = kinds[typeOf(name)];
    if (kind === undefined) return [];
    const [type, keyOf, reopen] = kind;
    const generation = Buffer.from(bytes).readUInt32LE(12);
    const expected = { repositoryId: ring.repositoryId, type, plainMax: 2 ** 26 };
    const item = encode(openEnvelope(bytes, expected, keyOf, name));
    return { name, type, generation, key: keyOf(generation), item, reopen: (object) => reopen(object, name) };
  });
}

/** As sealEnvelope, for bytes that no encoder would write, under a length that may be another. */
function seal(
  envelope: Pick<Envelope, 'type' | 'generation' | 'key'>,
  item: Uint8Array,
  claimed?: number,
): Buffer {
  const plain = Buffer.alloc(Math.max(256, padme(item.length)));
  plain.set(item);
  const { type, generation, key } = envelope;
  const plainLength = claimed ?? plain.length;
  const head = Buffer.alloc(20);
  head.write('BKPOBJ1\0', 'latin1');
  head[8] = 1;
  head[9] = type;
  head.writeUInt32LE(generation, 12);
  head.writeUInt32LE(plainLength, 16);
  const { repositoryId } = repository.ring;
  const meaning = { repositoryId, domainId: noDomain, generation, suite: 1, type, comp: 0, plainLength };
  return Buffer.concat([head, sealBox(key, meaning, plain)]);
}

test('no length or number in an object of one box is believed beyond the object', (t) => {
  let refused = 0;
  const all = envelopes();
  assert.equal(new Set(all.map((one) => one.type)).size, 4);
  for (const envelope of all) envelope.reopen(seal(envelope, envelope.item));
  const memoryBefore = process.resourceUsage().maxRSS;
  for (const envelope of all) {
    const plainLength = Math.max(256, padme(envelope.item.length));
    for (const value of valuesFor(plainLength)) {
      const what = `${envelope.name}: length ${value}`;
      if (value >= 2n ** 32n) continue;
      const object = seal(envelope, envelope.item, Number(value));
      assert.ok(
        isRefused(what, () => envelope.reopen(object)),
        what,
      );
    }
    for (const { what, bytes } of mutants(envelope.item)) {
      const object = seal(envelope, bytes);
      if (isRefused(`${envelope.name}: ${what}`, () => envelope.reopen(object))) refused += 1;
    }
  }
  for (const [what, bytes, parse] of blobs()) {
    parse(bytes);
    for (const mutant of mutants(bytes)) {
      if (isRefused(`${what}: ${mutant.what}`, () => parse(mutant.bytes))) refused += 1;
    }
  }
  const grownBytes = (process.resourceUsage().maxRSS - memoryBefore) * 1024;
  assert.ok(grownBytes < memoryMaxBytes, `memory grew by ${grownBytes} bytes`);
  assert.ok(refused > 1000);
  t.diagnostic(`${tried} parsed, ${refused} refused, memory grew by ${Math.round(grownBytes / 2 ** 20)} MiB`);
});

/** Directories of packs, and all trees and skeletons in them, with what reads them. */
function* blobs(): Generator<[string, Uint8Array, (bytes: Uint8Array) => unknown]> {
  const { ring } = repository;
  for (const [name, bytes] of packs()) {
    const raw = readPackDirectory(ring, bytes, name);
    yield [`directory of ${name}`, raw, (mutant) => decodeDirectory(mutant, name)];
    const { frames, suite } = decodeDirectory(raw, name);
    let offset = 124 + raw.length + 72;
    for (const frame of frames) {
      const box = bytes.subarray(offset, offset + frame.length);
      offset += frame.length;
      if (frame.type === boxTypes.data) continue;
      const plain = openFrame(ring, { ...frame, pack: { name, suite } }, box);
      const lengths = Buffer.from(frame.lengths);
      for (let blob = 0, at = 0; blob * 4 < lengths.length; blob += 1) {
        const length = lengths.readUInt32LE(blob * 4);
        const parse =
          frame.type === boxTypes.tree
            ? (mutant: Uint8Array) => decodeTree(mutant, 'tree')
            : (mutant: Uint8Array) => decodeSkeleton(mutant, 'skeleton');
        yield [`blob ${blob} of ${name}`, plain.subarray(at, at + length), parse];
        at += length;
      }
    }
  }
}

function packs(): [string, Uint8Array][] {
  return [...objects].filter(([name]) => name.startsWith('packs/') || name.startsWith('meta/'));
}

/** The storage as it is when an index says something else of a pack, and perhaps the pack has other bytes and another name. */
function withPack(
  name: string,
  change: { bytes?: Uint8Array; directory?: Uint8Array; size?: bigint },
): Iterable<readonly [string, Uint8Array | undefined]> {
  const own = Buffer.from(name.slice(name.lastIndexOf('/') + 1), 'hex');
  const bytes = change.bytes ?? objects.get(name)!;
  const hash = change.bytes === undefined ? own : createHash('sha256').update(bytes).digest();
  const changes: [string, Uint8Array | undefined][] = [[name, undefined]];
  changes.push([
    `${name.slice(0, name.indexOf('/'))}/${hash.toString('hex', 0, 1)}/${hash.toString('hex')}`,
    bytes,
  ]);
  for (const envelope of envelopes().filter((one) => one.type === boxTypes.index)) {
    const item = decode(envelope.item) as Map<number, unknown>;
    const rows = (item.get(1) as unknown[][]).map((row) =>
      own.equals(row[0] as Uint8Array)
        ? [hash, change.size ?? bytes.length, row[2], change.directory ?? row[3]]
        : row,
    );
    const object = seal(envelope, encode(new Map(item).set(1, rows)));
    changes.push([envelope.name, undefined]);
    changes.push([`index/${createHash('sha256').update(object).digest('hex')}`, object]);
  }
  return changes;
}

test('a pack whose lengths lie is refused or does no harm, and nothing wrong is restored', async (t) => {
  const cases: { what: string; apply: () => Iterable<readonly [string, Uint8Array | undefined]> }[] = [];
  for (const [name, bytes] of packs()) {
    const view = Buffer.from(bytes);
    for (const at of [120, view.length - 12]) {
      for (const value of valuesFor(view.readUInt32LE(at)).filter((one) => one < 2n ** 32n)) {
        const changed = Buffer.from(bytes);
        changed.writeUInt32LE(Number(value), at);
        const what = `${name}: length of the directory at ${at} becomes ${value}`;
        cases.push({ what, apply: () => withPack(name, { bytes: changed }) });
      }
    }
    for (const size of valuesFor(bytes.length)) {
      const what = `${name}: ${size} bytes long says its index`;
      cases.push({ what, apply: () => withPack(name, { size }) });
    }
    const directory = readPackDirectory(repository.ring, bytes, name);
    for (const mutant of mutants(directory)) {
      const what = `${name}: in the directory of its index ${mutant.what}`;
      cases.push({ what, apply: () => withPack(name, { directory: mutant.bytes }) });
    }
    for (const [position, value] of lengthsOf(directory)) {
      const changed = Buffer.from(directory);
      changed.writeUInt32LE(Number(value), position);
      const what = `${name}: in the directory of its index the length of a blob becomes ${value}`;
      cases.push({ what, apply: () => withPack(name, { directory: changed }) });
    }
  }
  const plain = withObjects(world.memory, withPack(packs()[0]![0], {}));
  assert.equal(await judge(plain, world, 'an index that was only sealed again'), 'harmless');
  const step = Math.max(1, cases.length / budget);
  let done = 0;
  for (let at = 0; at < cases.length; at += step) {
    const { what, apply } = cases[Math.floor(at)]!;
    await judge(withObjects(world.memory, apply()), world, what);
    done += 1;
  }
  tried += done;
  t.diagnostic(`${done} of ${cases.length} lying packs`);
});

/** Places of the plain lengths of blobs (u32 each, packed into byte strings) in an encoded directory, with other values. */
function* lengthsOf(directory: Uint8Array): Generator<[number, bigint]> {
  for (const { lengths } of decodeDirectory(directory, 'directory').frames) {
    const start = lengths.byteOffset - directory.byteOffset;
    for (let at = 0; at < lengths.length; at += 4) {
      const length = Buffer.from(lengths).readUInt32LE(at);
      for (const value of valuesFor(length)) if (value < 2n ** 32n) yield [start + at, value];
    }
  }
}
