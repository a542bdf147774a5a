// Every parser that meets bytes or words from outside, with valid inputs to spoil. A sealed object appears twice: as its bytes, as a
// storage could change them, and as what its key holder could have sealed in its place (`reseal`).

import { createHash, createHmac, createSecretKey, generateKeyPairSync, sign } from 'node:crypto';
import { decode, decodeFirst, encode } from '../../src/base/cbor.ts';
import { decodeJcs, encodeJcs } from '../../src/base/jcs.ts';
import { Secret } from '../../src/base/secret.ts';
import { createSlot, describeSlot, openSlot } from '../../src/keyslots/slot.ts';
import { formatInstantUtc } from '../../src/model/time.ts';
import {
  boxTypes,
  commit8Of,
  openBox,
  openEnvelope,
  sealBox,
  sealEnvelope,
} from '../../src/repository/box.ts';
import { createBundle, openBundle, sealBundle, signerKeyId } from '../../src/repository/bundle.ts';
import { encodeConfig, peekConfig, verifyConfig } from '../../src/repository/config.ts';
import { asBytes, asMap, splitIds } from '../../src/repository/fields.ts';
import { derive, KeyRing } from '../../src/repository/keys.ts';
import {
  assemblePack,
  decodeDirectory,
  encodeDirectory,
  packLength,
  readPackDirectory,
  readPackHead,
  type SealedFrame,
} from '../../src/repository/pack.ts';
import { openFrame, openIndex } from '../../src/repository/repository.ts';
import { withShredKey } from '../../src/repository/shred.ts';
import {
  openSnapshot,
  openTombstone,
  type Signature,
  sealSnapshot,
  sealTombstone,
} from '../../src/repository/snapshot.ts';
import {
  decodeSkeleton,
  decodeTree,
  encodeSkeleton,
  encodeTree,
  encodeTreeParts,
} from '../../src/repository/tree.ts';
import { verifyPack } from '../../src/repository/verify-pack.ts';
import { noise } from '../world.ts';

export interface ByteParser {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  /** What a reader does with these bytes; the value is only looked at for being one. */
  parse(bytes: Uint8Array): unknown;
  /** Bytes around another content, sealed and signed as its owner would; absent where nothing is sealed. */
  reseal?(item: unknown): Uint8Array;
  /** The content of the samples, for reseal. */
  readonly items?: readonly unknown[];
}

const repositoryId = noise('repository', 16);
export const masterKey: Uint8Array = noise('master', 32);
const writerId = noise('writer', 16);
export const writerName: string = writerId.toString('hex');
const chunker = { minBytes: 1, normalBytes: 2, maxBytes: 3, strictMask: 7n, looseMask: 3n };
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const rawPublicKey = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
export const signature: Signature = { keyId: signerKeyId(rawPublicKey), privateKey };
const bundle = {
  ...createBundle(chunker, 1000),
  signers: [
    {
      keyId: signature.keyId,
      publicKey: rawPublicKey,
      roles: ['writer', 'forgetter'] as const,
      name: 'test',
      from: 0,
      until: 5,
      writerId,
    },
  ],
};
export const ring: KeyRing = new KeyRing(repositoryId, 1, bundle);
const hexOf = (seed: string, length: number): string => noise(seed, length).toString('hex');

const tree = encodeTree({
  names: ['a', 'b', 'c', 'd'],
  kinds: Uint8Array.of(0, 1, 2, 5),
  modes: Uint16Array.of(1, 2, 3, 4),
  uids: Uint32Array.of(1, 2, 3, 4),
  gids: Uint32Array.of(1, 2, 3, 4),
  mtimes: BigInt64Array.of(-1n, 2n, 3n, 4n),
  ctimes: BigInt64Array.of(1n, 2n, 3n, 4n),
  inodes: BigUint64Array.of(1n, 2n, 3n, 4n),
  sizes: Float64Array.of(100, 0, 3, 0),
  contents: [noise('ids', 64), noise('child', 64), Buffer.from('target'), noise('device', 8)],
  xattrs: new Map([[0, [[Buffer.from('user.a'), Buffer.from('value')] as const]]]),
  runs: new Map([[0, Uint8Array.from([...u64(0), ...u64(10), ...u64(20), ...u64(80)])]]),
  links: new Map([[0, noise('link', 16)]]),
  indirect: new Set([0]),
});
const skeleton = encodeSkeleton({ children: noise('c', 64), data: noise('d', 96), tree: noise('t', 32) });

function u64(value: number): number[] {
  return [value, 0, 0, 0, 0, 0, 0, 0];
}

function frameOf(plain: Buffer): SealedFrame {
  const meaning = { repositoryId, domainId: ring.domain.id, generation: 1, suite: 1, type: 1, comp: 0 };
  const box = sealBox(ring.data(1)!, { ...meaning, plainLength: plain.length }, plain);
  const lengths = Buffer.alloc(4);
  lengths.writeUInt32LE(plain.length);
  return {
    length: box.length,
    type: 1,
    comp: 0,
    plainLength: plain.length,
    generation: 1,
    commit8: commit8Of(box),
    ids: ring.blobId(1, plain),
    lengths,
    box,
  };
}

const frames = [frameOf(noise('one', 300)), frameOf(noise('two', 900))];
const directory = encodeDirectory(frames, 1);
const pack = (() => {
  const length = frames.reduce((sum, one) => sum + one.length, 0);
  const framesAt = 64 * 1024;
  const slab = Buffer.alloc(framesAt + packLength(length, directory.length, ring.suite));
  let at = framesAt;
  for (const one of frames) {
    slab.set(one.box, at);
    at += one.length;
  }
  const meaning = { sessionId: noise('session', 16), isMetadata: false };
  return Uint8Array.from(assemblePack(ring, frames, meaning, { slab, framesAt }).bytes);
})();
const packName = createHash('sha256').update(pack).digest('hex');

const indexItem = new Map<number, unknown>([
  [1, [[noise('pack', 32), pack.length, false, directory]]],
  [2, [noise('old', 32)]],
  [3, noise('session', 16)],
]);
const snapshot = sealSnapshot(
  ring,
  {
    host: 'host',
    user: 'user',
    paths: ['/home/\xff'],
    tags: ['gold'],
    time: 1_700_000_000_000,
    durationMs: 5,
    outcome: 'succeeded',
    stats: { entries: 1, bytes: 2, problems: 3, newBlobs: 4, storedBytes: 5 },
    root: noise('root', 32),
    skeleton: noise('skeleton', 32),
    owners: { users: new Map([[0, 'root']]), groups: new Map([[0, 'wheel']]) },
    sourceKind: 'files',
    tool: 'test',
    parent: hexOf('parent', 16),
    original: hexOf('original', 16),
    replaces: hexOf('replaces', 16),
    retainUntil: 1_800_000_000_000,
    writerId: writerId.toString('hex'),
    seq: 2,
    prev: [hexOf('prev', 32)],
    id: hexOf('id', 16),
    sessionId: hexOf('session', 16),
  },
  signature,
);
const tombstone = sealTombstone(
  ring,
  {
    writerId: writerId.toString('hex'),
    seq: 3,
    prev: [hexOf('prev', 32)],
    time: 1_700_000_000_000,
    run: 'forget',
    forgotten: [
      { name: hexOf('n', 32), id: hexOf('i', 16), writerId: hexOf('w', 16), seq: 1, rule: 'last 1' },
    ],
    erasures: [
      {
        salt: hexOf('salt', 16),
        until: 1_700_000_000_000,
        hashes: [hexOf('hash', 32)],
        snapshots: [hexOf('i', 16)],
        reason: 'request 1',
      },
    ],
  },
  signature,
);
const bundleBytes = sealBundle(masterKey, repositoryId, 1, bundle);
const shredBundleBytes = sealBundle(
  masterKey,
  repositoryId,
  1,
  withShredKey(bundle, repositoryId, noise('shred', 32), [{ host: 'here', path: '/safe/key' }]),
);
const config = encodeConfig(masterKey, {
  format: 1,
  repoId: repositoryId.toString('hex'),
  profile: 'default',
  features: { read: [], write: [] },
});
const secret = new Secret(Buffer.from(noise('key file', 32).toString('base64url')));
const slot = await createSlot({
  repositoryId,
  masterKey,
  type: 'key-file',
  secret,
  label: 'test',
  createdAt: 0,
});

const indexKey = (generation: number) => ring.index(generation);
const bundleKey = createSecretKey(derive(masterKey, 'bundle'));
const opened = (bytes: Uint8Array, type: number, keyOf = indexKey): unknown =>
  openEnvelope(bytes, { repositoryId, type, plainMax: 1 << 20 }, keyOf, 'object');
const sealed = (type: number, item: unknown): Uint8Array =>
  sealEnvelope(ring.index(1)!, { repositoryId, generation: 1, suite: 1, type }, item);
const bundleItem = opened(bundleBytes, boxTypes.bundle, () => bundleKey);
const documentItem = new Map<number, unknown>([
  [1, [['a', 300, noise('x', 40)], -70_000, 2n ** 63n, new Map([['k', null]])]],
]);
const condemnedItem = new Map([[1, noise('packs', 64)]]);

/** Signed by the writer it names, whatever it says. */
function signed(type: number, item: unknown): Uint8Array {
  let content = item;
  if (item instanceof Map) {
    const unsigned = new Map(item);
    unsigned.delete(99);
    const digest = createHash('sha256').update(encode(unsigned)).digest();
    const one = new Map<number, unknown>([
      [1, 1],
      [2, signature.keyId],
      [3, sign(null, digest, privateKey)],
    ]);
    content = new Map([...unsigned, [99, [one]]]);
  }
  return sealEnvelope(ring.meta(1)!, { repositoryId, generation: 1, suite: 1, type }, content);
}

/** A config whose code is right, whatever it says. */
function configOf(item: unknown): Uint8Array {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return encodeJcs(item);
  const { mac: _mac, ...body } = item as Record<string, unknown>;
  const mac = createHmac('sha256', derive(masterKey, 'config')).update(encodeJcs(body)).digest('hex');
  return encodeJcs({ ...body, mac });
}

export const byteParsers: readonly ByteParser[] = [
  {
    name: 'CBOR',
    samples: [encode(documentItem)],
    parse: (bytes) => decode(bytes),
    reseal: encode,
    items: [documentItem],
  },
  { name: 'the first item of CBOR', samples: [encode(documentItem)], parse: (bytes) => decodeFirst(bytes) },
  { name: 'canonical JSON', samples: [config, slot.bytes], parse: decodeJcs },
  {
    name: 'an envelope',
    samples: [sealed(boxTypes.condemned, condemnedItem)],
    parse: (bytes) =>
      splitIds(asBytes(asMap(opened(bytes, boxTypes.condemned), 'list').get(1), 'list'), 'list'),
    reseal: (item) => sealed(boxTypes.condemned, item),
    items: [condemnedItem],
  },
  {
    name: 'a sealed box',
    samples: frames.map(({ box }) => box),
    parse: (bytes) =>
      openBox(
        ring.data(1)!,
        {
          repositoryId,
          domainId: ring.domain.id,
          generation: 1,
          suite: 1,
          type: 1,
          comp: 0,
          plainLength: 300,
        },
        bytes,
        'frame',
      ),
  },
  {
    name: 'a frame',
    samples: frames.map(({ box }) => box),
    parse: (bytes) => openFrame(ring, { ...frames[0]!, pack: { name: packName, suite: 1 } }, bytes),
  },
  {
    name: 'the head of a pack',
    samples: [pack.subarray(0, 124)],
    parse: (bytes) => readPackHead(ring, bytes, 'pack'),
  },
  {
    name: 'both directories of a pack',
    samples: [pack.subarray(0, 5000), pack],
    parse: (bytes) => readPackDirectory(ring, bytes, 'pack'),
  },
  {
    name: 'a whole pack',
    samples: [pack],
    parse: (bytes) => verifyPack(ring, { name: packName, suite: 1, directory }, bytes),
  },
  {
    name: 'the directory of a pack',
    samples: [directory],
    parse: (bytes) => decodeDirectory(bytes, 'directory'),
    reseal: encode,
    items: [decode(directory)],
  },
  {
    name: 'a whole pack under another directory',
    samples: [directory],
    parse: (bytes) => verifyPack(ring, { name: packName, suite: 1, directory: bytes }, pack),
    reseal: encode,
    items: [decode(directory)],
  },
  {
    name: 'a tree',
    samples: [tree, encodeTreeParts(noise('parts', 64))],
    parse: (bytes) => decodeTree(bytes, 'tree'),
    reseal: encode,
    items: [decode(tree), decode(encodeTreeParts(noise('parts', 64)))],
  },
  {
    name: 'a skeleton',
    samples: [skeleton],
    parse: (bytes) => decodeSkeleton(bytes, 'skeleton'),
    reseal: encode,
    items: [decode(skeleton)],
  },
  {
    name: 'a snapshot',
    samples: [snapshot],
    parse(bytes) {
      const { time, retainUntil = 0 } = openSnapshot(ring, bytes, 'snapshots/x');
      return [time, retainUntil].map(formatInstantUtc);
    },
    reseal: (item) => signed(boxTypes.snapshot, item),
    items: [opened(snapshot, boxTypes.snapshot, (generation) => ring.meta(generation))],
  },
  {
    name: 'a tombstone',
    samples: [tombstone],
    parse: (bytes) => formatInstantUtc(openTombstone(ring, bytes, 'tombstones/x').time),
    reseal: (item) => signed(boxTypes.tombstone, item),
    items: [opened(tombstone, boxTypes.tombstone, (generation) => ring.meta(generation))],
  },
  {
    name: 'an index',
    samples: [sealed(boxTypes.index, indexItem)],
    parse: (bytes) =>
      openIndex(ring, bytes, 'index/x').packs.map((one) => decodeDirectory(one.directoryBytes, 'index/x')),
    reseal: (item) => sealed(boxTypes.index, item),
    items: [indexItem],
  },
  {
    name: 'a key bundle',
    samples: [bundleBytes, shredBundleBytes],
    parse: (bytes) =>
      new KeyRing(repositoryId, 1, openBundle(masterKey, repositoryId, bytes, 'keys/bundle-1').bundle),
    reseal: (item) =>
      sealEnvelope(bundleKey, { repositoryId, generation: 0, suite: 1, type: boxTypes.bundle }, item),
    items: [bundleItem],
  },
  {
    name: 'a config',
    samples: [config],
    parse: (bytes) => verifyConfig(masterKey, bytes, 'config/1', 'write'),
  },
  { name: 'a config before unlocking', samples: [config], parse: (bytes) => peekConfig(bytes, 'config/1') },
  { name: 'the description of a key slot', samples: [slot.bytes], parse: describeSlot },
  { name: 'a key slot', samples: [slot.bytes], parse: (bytes) => openSlot(bytes, repositoryId, secret) },
];

/** Documents in JSON, with the function that seals them again. */
export const jsonParsers: readonly {
  readonly name: string;
  readonly item: unknown;
  reseal(item: unknown): Uint8Array;
  parse(bytes: Uint8Array): unknown;
}[] = [
  {
    name: 'a config',
    item: JSON.parse(Buffer.from(config).toString()),
    reseal: configOf,
    parse: (bytes) => verifyConfig(masterKey, bytes, 'config/1', 'write'),
  },
  {
    name: 'a key slot',
    item: JSON.parse(Buffer.from(slot.bytes).toString()),
    reseal: encodeJcs,
    parse: (bytes) => openSlot(bytes, repositoryId, secret),
  },
  ...(
    [
      { kdf: 'argon2id', memoryKiB: 8192, passes: 1, lanes: 1 },
      { kdf: 'scrypt', cost: 16_384, blockSize: 1, lanes: 1 },
      { kdf: 'pbkdf2-sha256', rounds: 100_000 },
    ] as const
  ).map((params) => ({
    name: `a passphrase stretched by ${params.kdf}`,
    item: {
      ...JSON.parse(Buffer.from(slot.bytes).toString()),
      type: 'passphrase',
      params: { ...params, salt: noise('salt', 32).toString('base64url') },
    } as unknown,
    reseal: encodeJcs,
    parse: (bytes: Uint8Array) => openSlot(bytes, repositoryId, secret),
  })),
];
