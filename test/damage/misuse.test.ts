// T-11: the ways to misuse the cryptography, tried on every sealed thing of a real repository: shortened tags, salts and commitments of
// others, each field of the meaning changed, other repositories, types and generations, weaker key derivation. None opens.

import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { decodeJcs, encodeJcs, type JsonValue } from '../../src/base/jcs.ts';
import { createSlot, openSlot, verifySlot } from '../../src/keyslots/slot.ts';
import { boxOverheadOf, boxTypes, openEnvelope } from '../../src/repository/box.ts';
import { derive, KeyRing } from '../../src/repository/keys.ts';
import {
  decodeDirectory,
  type FrameEntry,
  openDirectory,
  type PackHead,
  packHeadLength,
  readPackDirectory,
  readPackHead,
} from '../../src/repository/pack.ts';
import { openFrame, type Repository } from '../../src/repository/repository.ts';
import { Session } from '../../src/repository/session.ts';
import { report } from '../campaign.ts';
import { open, password, scratch } from '../world.ts';
import {
  bytesOf,
  type DamageWorld,
  damageWorld,
  judge,
  objectsOf,
  typeOf,
  withObjects,
} from './damage-world.ts';

const tagLength = 16;
const saltEnd = 24;
const commitEnd = 56;
const envelopeHead = 20;

const folder = scratch();
let world: DamageWorld;
let repository: Repository;
let objects: Map<string, Uint8Array>;
let tried = 0;

before(async () => {
  world = await damageWorld(folder.path, 'misuse');
  repository = await open(world.memory, world.stateDirectory, 'reader', world.context);
  const copy = world.memory.clone();
  const writer = await open(copy, world.stateDirectory, 'writer', world.context);
  await Session.open(writer, world.context);
  objects = await bytesOf(copy, world.context);
});
after(() => {
  folder[Symbol.dispose]();
  report({ campaign: 'T-11', tried, lost: 0, wrong: 0, manual: 0 });
});

function refused(what: string, act: () => unknown): void {
  tried += 1;
  assert.throws(act, (error) => isFailure(error, 'corrupt'), what);
}

/** A box with the salt, the commitment or both of another box; and with tags that lack bytes at either end. */
function* forgedBoxes(box: Uint8Array, other: Uint8Array): Generator<[string, Uint8Array]> {
  const mixed = (from: number, to: number): Uint8Array => {
    const copy = Uint8Array.from(box);
    copy.set(other.subarray(from, to), from);
    return copy;
  };
  yield ['salt of another box', mixed(0, saltEnd)];
  yield ['commitment of another box', mixed(saltEnd, commitEnd)];
  yield ['salt and commitment of another box', mixed(0, commitEnd)];
  const swapped = Buffer.concat([box.subarray(32, commitEnd), box.subarray(0, 32), box.subarray(commitEnd)]);
  yield ['salt and commitment exchanged', swapped];
  const tag = Uint8Array.from(box);
  tag.set(other.subarray(other.length - tagLength), tag.length - tagLength);
  yield ['tag of another box', tag];
  for (let kept = 0; kept < tagLength; kept += 1) {
    yield [`tag of ${kept} bytes`, box.subarray(0, box.length - tagLength + kept)];
    // Complements, because a tag may end with zeros of its own.
    const filled = Uint8Array.from(box);
    for (let at = filled.length - tagLength + kept; at < filled.length; at += 1)
      filled[at] = filled[at]! ^ 0xff;
    yield [`tag of ${kept} bytes and others`, filled];
  }
}

test('no forged envelope opens, of any type', () => {
  const { ring, masterKey } = repository;
  const bundleKey = createSecretKey(derive(masterKey, 'bundle'));
  const kinds = {
    index: { type: boxTypes.index, keyOf: (generation: number) => ring.index(generation) },
    sessions: { type: boxTypes.session, keyOf: (generation: number) => ring.index(generation) },
    snapshots: { type: boxTypes.snapshot, keyOf: (generation: number) => ring.meta(generation) },
    tombstones: { type: boxTypes.tombstone, keyOf: (generation: number) => ring.meta(generation) },
    'keys/bundle': {
      type: boxTypes.bundle,
      keyOf: (generation: number) => (generation === 0 ? bundleKey : undefined),
    },
  };
  const envelopes = [...objects].filter(([name]) => Object.hasOwn(kinds, typeOf(name)));
  assert.equal(new Set(envelopes.map(([name]) => typeOf(name))).size, Object.keys(kinds).length);
  for (const [at, [name, bytes]] of envelopes.entries()) {
    const kind = kinds[typeOf(name) as keyof typeof kinds];
    const plainMax = 64 * 1024 * 1024;
    const opens = (object: Uint8Array, type: number = kind.type, repositoryId = ring.repositoryId): unknown =>
      // Under a name that is no hash: it is the cryptography that must refuse.
      openEnvelope(object, { repositoryId, type, plainMax }, kind.keyOf, 'object');
    assert.ok(opens(bytes) instanceof Map);
    const other = envelopes[(at + 1) % envelopes.length]![1].subarray(envelopeHead);
    for (const [what, box] of forgedBoxes(bytes.subarray(envelopeHead), other)) {
      const head = Buffer.from(bytes.subarray(0, envelopeHead));
      refused(`${name}: ${what}`, () => opens(Buffer.concat([head, box])));
      head.writeUInt32LE(
        box.length - boxOverheadOf(1) + (box.length < boxOverheadOf(1) ? boxOverheadOf(1) : 0),
        16,
      );
      if (box.length !== bytes.length - envelopeHead) {
        refused(`${name}: ${what}, length adapted`, () => opens(Buffer.concat([head, box])));
      }
    }
    const changed = (offset: number, value: number): Uint8Array => {
      const copy = Uint8Array.from(bytes);
      copy[offset] = value;
      return copy;
    };
    for (const suite of [0, 1, 2, 3, 4, 255]) {
      if (suite !== bytes[8]) refused(`${name}: suite ${suite}`, () => opens(changed(8, suite)));
    }
    for (let type = 0; type < 32; type += 1) {
      if (type === kind.type) continue;
      refused(`${name}: type ${type} in its head`, () => opens(changed(9, type)));
      refused(`${name}: type ${type} expected`, () => opens(bytes, type));
      refused(`${name}: type ${type} in its head and expected`, () => opens(changed(9, type), type));
    }
    refused(`${name}: compression`, () => opens(changed(10, 1)));
    for (const generation of [0, 1, 2, 3]) {
      if (generation !== bytes[12])
        refused(`${name}: generation ${generation}`, () => opens(changed(12, generation)));
    }
    refused(`${name}: other repository`, () => opens(bytes, kind.type, randomBytes(16)));
  }
});

test('no forged frame or pack opens', () => {
  const { ring } = repository;
  const { repositoryId, suite, bundle } = ring.export();
  const strange = new KeyRing(randomBytes(16), suite, bundle);
  const [domain] = bundle.domains;
  const moved = new KeyRing(repositoryId, suite, {
    ...bundle,
    domains: [{ ...domain!, id: randomBytes(16) }],
  });
  const packs = [...objects].filter(([name]) => name.startsWith('packs/') || name.startsWith('meta/'));
  const frames: { entry: FrameEntry; box: Uint8Array; pack: { name: string; suite: number } }[] = [];
  for (const [at, [name, bytes]] of packs.entries()) {
    const head = readPackHead(ring, bytes, name);
    const box = bytes.subarray(packHeadLength, packHeadLength + head.directoryBoxLength);
    const directory = decodeDirectory(readPackDirectory(ring, bytes, name), name);
    let offset = packHeadLength + box.length;
    for (const entry of directory.frames) {
      const pack = { name, suite: directory.suite };
      frames.push({ entry, box: bytes.subarray(offset, offset + entry.length), pack });
      offset += entry.length;
    }
    const other = packs[(at + 1) % packs.length]![1];
    for (let byte = 0; byte < 120; byte += 1) {
      const copy = Uint8Array.from(bytes);
      copy[byte]! ^= 1;
      refused(`${name}: byte ${byte} of its head`, () => readPackHead(ring, copy, name));
    }
    for (const [from, to] of [
      [64, 88],
      [88, 120],
    ] as const) {
      const copy = Uint8Array.from(bytes);
      copy.set(other.subarray(from, to), from);
      refused(`${name}: bytes ${from} to ${to} of another pack`, () => readPackHead(ring, copy, name));
    }
    refused(`${name}: other repository`, () => readPackHead(strange, bytes, name));
    const otherBox = other.subarray(
      packHeadLength,
      packHeadLength + readPackHead(ring, other, name).directoryBoxLength,
    );
    for (const [what, forged] of forgedBoxes(box, otherBox)) {
      refused(`${name}: directory with ${what}`, () => openDirectory(ring, head, forged, name));
    }
    const heads: readonly PackHead[] = [
      { ...head, generation: head.generation === 1 ? 2 : 1 },
      { ...head, suite: 2 },
    ];
    for (const one of heads)
      refused(`${name}: directory under another head`, () => openDirectory(ring, one, box, name));
    refused(`${name}: directory of another repository`, () => openDirectory(strange, head, box, name));
  }
  for (const [at, { entry, box, pack }] of frames.entries()) {
    const what = `a frame of type ${entry.type} in ${pack.name}`;
    const other = frames[(at + 1) % frames.length]!.box;
    for (const [forgery, forged] of forgedBoxes(box, other)) {
      refused(`${what}: ${forgery}`, () => openFrame(ring, { ...entry, pack }, forged));
    }
    const meanings: readonly Partial<FrameEntry>[] = [
      ...[1, 2, 3].filter((type) => type !== entry.type).map((type) => ({ type })),
      ...[0, 1, 2, 3, 4, 5].filter((comp) => comp !== entry.comp).map((comp) => ({ comp })),
      ...[0, 1, 2, 3].filter((one) => one !== entry.generation).map((generation) => ({ generation })),
      ...[0, entry.plainLength - 1, entry.plainLength + 1, 0xffffffff].map((plainLength) => ({
        plainLength,
      })),
    ];
    for (const meaning of meanings) {
      refused(`${what}: ${JSON.stringify(meaning)}`, () =>
        openFrame(ring, { ...entry, ...meaning, pack }, box),
      );
    }
    for (const other of [0, 2, 3]) {
      refused(`${what}: suite ${other}`, () =>
        openFrame(ring, { ...entry, pack: { ...pack, suite: other } }, box),
      );
    }
    refused(`${what}: other repository`, () => openFrame(strange, { ...entry, pack }, box));
    refused(`${what}: other domain`, () => openFrame(moved, { ...entry, pack }, box));
  }
});

test('no forged key slot gives a key, and check names each', async () => {
  const slots = [...objects].filter(([name]) => name.startsWith('keys/slot-'));
  assert.equal(slots.length, 2);
  const { repositoryId } = repository.ring;
  for (const [at, [name, bytes]] of slots.entries()) {
    const item = decodeJcs(bytes) as Record<string, JsonValue>;
    const other = decodeJcs(slots[1 - at]![1]) as Record<string, JsonValue>;
    const wrapped = Buffer.from(item['wrapped'] as string, 'base64url');
    const others = Buffer.from(other['wrapped'] as string, 'base64url');
    const forged: [string, Record<string, JsonValue>][] = [...forgedBoxes(wrapped, others)].map(
      ([what, box]) => [what, { ...item, wrapped: Buffer.from(box).toString('base64url') }],
    );
    for (const key of ['id', 'created', 'label', 'params', 'wrapped', 'mac']) {
      if (item[key] !== other[key])
        forged.push([`"${key}" of the other slot`, { ...item, [key]: other[key]! }]);
    }
    const params = item['params'] as Record<string, JsonValue>;
    for (const [key, value] of [
      ['rounds', 100_001],
      ['salt', randomBytes(32).toString('base64url')],
      ['added', 1],
    ] as const) {
      forged.push([`parameter "${key}"`, { ...item, params: { ...params, [key]: value } }]);
    }
    for (const [what, slot] of forged) {
      const object = encodeJcs(slot);
      tried += 1;
      // Undefined reads as: this secret does not fit.
      const key = await openSlot(object, repositoryId, password).catch((error: unknown) => {
        assert.ok(isFailure(error, 'corrupt'), `${name}: ${what}`);
        return undefined;
      });
      assert.equal(key, undefined, `${name}: ${what}`);
      refused(`${name}: ${what}`, () => verifySlot(object, repository.masterKey));
    }
    tried += 1;
    await assert.rejects(
      openSlot(bytes, randomBytes(16), password),
      (error) => isFailure(error, 'corrupt'),
      name,
    );
  }
});

test('a slot with weaker key derivation is refused, with and without a good one beside it', async () => {
  const { repositoryId } = repository.ring;
  const strong = await createSlot({
    repositoryId,
    masterKey: repository.masterKey,
    type: 'passphrase',
    secret: password,
    label: 'strong',
    createdAt: 0,
    params: { kdf: 'pbkdf2-sha256', rounds: 200_000 },
  });
  const item = decodeJcs(strong.bytes) as Record<string, JsonValue>;
  const salt = (item['params'] as Record<string, JsonValue>)['salt']!;
  const downgrades: readonly Record<string, JsonValue>[] = [
    { kdf: 'pbkdf2-sha256', rounds: 100_000, salt },
    { kdf: 'pbkdf2-sha256', rounds: 1, salt },
    { kdf: 'scrypt', cost: 2, blockSize: 1, lanes: 1, salt },
    { kdf: 'argon2id', memoryKiB: 8, passes: 1, lanes: 1, salt },
    { kdf: 'none', salt },
    { kdf: 'pbkdf2-sha256', rounds: 200_000, salt: '' },
  ];
  const own = await objectsOf(world);
  const slots = [...own.keys()].filter((name) => name.startsWith('keys/slot-'));
  for (const params of downgrades) {
    const what = JSON.stringify(params);
    const weak = [strong.name, encodeJcs({ ...item, params })] as const;
    const alone = withObjects(world.memory, [...slots.map((name) => [name, undefined] as const), weak]);
    assert.equal(await judge(alone, world, what), 'refused', what);
    assert.equal(await judge(withObjects(world.memory, [weak]), world, what), 'found', what);
    tried += 2;
  }
});
