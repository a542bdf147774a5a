// T-31: small inputs that would become large: zstd that unpacks to gigabytes inside a correctly sealed frame, counts that nothing fills,
// documents of millions of tiny values, trees without a bottom. Each is refused with a code, within bounded memory and processor time.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decode, encode } from '../../src/base/cbor.ts';
import { isFailure } from '../../src/base/failure.ts';
import { decodeJcs } from '../../src/base/jcs.ts';
import zstd from '../../src/codecs/zstd.ts';
import { diff, find, ls } from '../../src/operations/browse.ts';
import { check } from '../../src/operations/check.ts';
import { restore } from '../../src/operations/restore.ts';
import { stats } from '../../src/operations/stats.ts';
import { boxTypes, openEnvelope, sealBox, sealEnvelope } from '../../src/repository/box.ts';
import type { NewFrame } from '../../src/repository/frame-builder.ts';
import { decodeDirectory } from '../../src/repository/pack.ts';
import { openFrame, openIndex } from '../../src/repository/repository.ts';
import { Session } from '../../src/repository/session.ts';
import {
  decodeTree,
  encodeSkeleton,
  encodeTree,
  skeletonOf,
  type TreeColumns,
} from '../../src/repository/tree.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { report } from '../campaign.ts';
import { create, open, scratch, snapshotsOf, testContext } from '../world.ts';
import { ring } from './parsers.ts';

const mebi = 1024 * 1024;
let tried = 0;
after(() => report({ campaign: 'T-31', tried, lost: 0, wrong: 0, manual: 0 }));

/** The most memory that this process had at once. */
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

function defuses(bytes: number, attempt: () => unknown, code: string | RegExp): void {
  const before = Math.max(process.memoryUsage.rss(), peakBytes());
  const cpu = process.cpuUsage();
  assert.throws(
    attempt,
    (error) => isFailure(error, 'corrupt') && (code === error.code || error.code.match(code) !== null),
  );
  tried += 1;
  const { user, system } = process.cpuUsage(cpu);
  assert.ok(peakBytes() - before < bytes, `it took ${Math.round((peakBytes() - before) / mebi)} MiB`);
  assert.ok(user + system < 20_000_000, `it took ${(user + system) / 1000} ms of processor time`);
}

/** A zstd frame of `blocks` blocks of 128 KiB zeros each, four bytes a block; the head claims `claimed` bytes or nothing. */
function zstdOfZeros(blocks: number, windowLog: number, claimed?: bigint): Buffer {
  const head =
    claimed === undefined
      ? Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (windowLog - 10) << 3])
      : Buffer.alloc(14);
  if (claimed !== undefined) {
    head.set([0x28, 0xb5, 0x2f, 0xfd, 0xc0, (windowLog - 10) << 3]);
    head.writeBigUInt64LE(claimed, 6);
  }
  const body = Buffer.alloc(blocks * 4);
  for (let block = 0; block < blocks; block += 1) {
    const isLast = block === blocks - 1 ? 1 : 0;
    body.writeUIntLE(((mebi / 8) * 8) | (1 << 1) | isLast, block * 4, 3);
  }
  return Buffer.concat([head, body]);
}

function sealedFrame(payload: Uint8Array, plainLength: number): () => Uint8Array {
  const frame = { type: 1, comp: 1, plainLength, generation: 1, pack: { name: 'bomb', suite: 1 } };
  const { repositoryId, domain } = ring;
  const box = sealBox(ring.data(1)!, { ...frame, repositoryId, domainId: domain.id, suite: 1 }, payload);
  return () => openFrame(ring, frame, box);
}

test('the zeros of a bomb are zstd: a small one unpacks', () => {
  assert.deepEqual(Buffer.from(sealedFrame(zstdOfZeros(2, 17), mebi / 4)()), Buffer.alloc(mebi / 4));
});

test('zstd that unpacks to more than its frame says is stopped at what the frame says', () => {
  for (const plainLength of [0, 1, 300, 8 * mebi]) {
    for (const windowLog of [17, 27]) {
      // 4 GiB from 128 KiB.
      const bomb = zstdOfZeros(32_768, windowLog);
      defuses(192 * mebi, sealedFrame(bomb, plainLength), 'CODEC_OVERRUN');
    }
  }
});

test('zstd whose head claims other sizes, or a window beyond all memory, is refused', () => {
  for (const claimed of [0n, 1n, 2n ** 40n, 2n ** 64n - 1n]) {
    defuses(192 * mebi, sealedFrame(zstdOfZeros(64, 17, claimed), 300), /^CODEC_/);
    defuses(192 * mebi, sealedFrame(zstdOfZeros(32_768, 27, claimed), 8 * mebi), /^CODEC_/);
  }
  defuses(192 * mebi, sealedFrame(zstdOfZeros(64, 41), 8 * mebi), /^CODEC_/);
});

test('zstd frames one behind another, and zstd within zstd, give no more than the frame says', () => {
  const inner = zstdOfZeros(8192, 17);
  defuses(192 * mebi, sealedFrame(Buffer.concat(new Array(64).fill(inner)), 300), 'CODEC_OVERRUN');
  const nested = zstd.compress(inner, 3);
  assert.equal(sealedFrame(nested, inner.length)().length, inner.length);
  defuses(64 * mebi, sealedFrame(nested, inner.length - 1), 'CODEC_OVERRUN');
});

/** `count` values of one byte each in an array. */
function many(byte: number, count: number): Uint8Array {
  const bytes = new Uint8Array(5 + count).fill(byte);
  bytes.set([0x9a, count >>> 24, (count >>> 16) & 255, (count >>> 8) & 255, count & 255]);
  return bytes;
}

test('millions of empty maps, arrays and texts in a few megabytes are refused, or cost little', () => {
  for (const [byte, count] of [
    [0xa0, 4_000_000],
    [0x80, 4_000_000],
    [0x80, 1_048_577],
    [0xa0, 65_537],
    [0x00, 8_000_000],
    [0x60, 8_000_000],
  ] as const) {
    defuses(256 * mebi, () => decode(many(byte, count)), 'CBOR_INVALID');
    defuses(256 * mebi, () => decodeTree(many(byte, count), 'tree'), 'CBOR_INVALID');
    defuses(256 * mebi, () => decodeDirectory(many(byte, count), 'directory'), 'CBOR_INVALID');
  }
});

test('counts that nothing fills are refused before room is made for them', () => {
  for (const major of [0x40, 0x60, 0x80, 0xa0]) {
    for (const count of [2n ** 16n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 64n - 1n]) {
      const bytes = Buffer.alloc(2000);
      bytes[0] = major | 27;
      bytes.writeBigUInt64BE(count, 1);
      defuses(32 * mebi, () => decode(bytes), 'CBOR_INVALID');
    }
  }
});

test('an object whose head claims another length than it has is refused unread', () => {
  const { repositoryId } = ring;
  const meaning = { repositoryId, generation: 1, suite: 1, type: boxTypes.index };
  for (const claimed of [0, 255, 64 * mebi, 2 ** 32 - 1]) {
    const bytes = Buffer.from(sealEnvelope(ring.index(1)!, meaning, new Map()));
    bytes.writeUInt32LE(claimed, 16);
    defuses(32 * mebi, () => openIndex(ring, bytes, 'index/bomb'), 'BOX_BROKEN');
  }
  const large = sealEnvelope(ring.index(1)!, meaning, new Uint8Array(2 * mebi));
  const limit = { repositoryId, type: boxTypes.index, plainMax: mebi };
  defuses(32 * mebi, () => openEnvelope(large, limit, () => ring.index(1), 'large'), 'BOX_BROKEN');
});

test('documents nested a million deep are refused by either decoder', () => {
  const text = (open: string, close: string, count: number) =>
    Buffer.from(open.repeat(count) + close.repeat(count));
  for (const count of [17, 1000, 1_000_000]) {
    defuses(64 * mebi, () => decode(new Uint8Array(count + 1).fill(0x81)), 'CBOR_INVALID');
    const maps = Buffer.concat([Buffer.from('a100'.repeat(count), 'hex'), Buffer.of(0)]);
    defuses(64 * mebi, () => decode(maps), 'CBOR_INVALID');
  }
  for (const count of [18, 8000]) {
    defuses(64 * mebi, () => decodeJcs(text('[', ']', count)), 'JSON_INVALID');
    defuses(64 * mebi, () => decodeJcs(text('{"a":', '}', count)), 'JSON_INVALID');
  }
});

function folderOf(child: Buffer): TreeColumns {
  return {
    names: ['d'],
    kinds: Uint8Array.of(1),
    modes: Uint16Array.of(0o755),
    uids: Uint32Array.of(0),
    gids: Uint32Array.of(0),
    mtimes: BigInt64Array.of(0n),
    ctimes: BigInt64Array.of(0n),
    inodes: BigUint64Array.of(0n),
    sizes: Float64Array.of(0),
    contents: [child],
    xattrs: new Map(),
    runs: new Map(),
    links: new Map(),
    indirect: new Set(),
  };
}

async function allOf(entries: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of entries) count += 1;
  return count;
}

test('a snapshot of endless folders inside each other is refused by restore, ls, find and diff', async () => {
  using folder = scratch();
  const context = testContext();
  const memory = new MemoryStorage();
  await create(memory, folder.path, context);
  const repository = await open(memory, folder.path, 'hostile', context);
  const frames: NewFrame[] = [];
  await using session = await Session.open(repository, context);
  const builder = session.builder({ comp: 1, level: 1 }, (frame) => frames.push(frame));
  const noColumn = { names: [], kinds: new Uint8Array(0), contents: [] };
  const empty = encodeTree({
    ...folderOf(Buffer.alloc(64)),
    ...noColumn,
    ...{
      modes: new Uint16Array(0),
      uids: new Uint32Array(0),
      gids: new Uint32Array(0),
      sizes: new Float64Array(0),
    },
    ...{ mtimes: new BigInt64Array(0), ctimes: new BigInt64Array(0), inodes: new BigUint64Array(0) },
  });
  const ids = Buffer.alloc(64);
  const add = (nodes: TreeColumns | undefined) => {
    builder.add(boxTypes.tree, nodes === undefined ? empty : encodeTree(nodes), ids, 0);
    const tree = ids.subarray(0, 32);
    const twin =
      nodes === undefined
        ? { children: new Uint8Array(0), data: new Uint8Array(0), tree }
        : skeletonOf(nodes, tree);
    builder.add(boxTypes.skeleton, encodeSkeleton(twin), ids, 32);
  };
  add(undefined);
  for (let level = 0; level < 6000; level += 1) add(folderOf(Buffer.from(ids)));
  builder.flush();
  for (const frame of frames) await session.store(frame);
  await session.flush();
  await session.borrow();
  await session.publish({
    host: 'h',
    user: 'u',
    paths: ['/'],
    tags: [],
    time: 0,
    durationMs: 0,
    outcome: 'succeeded',
    stats: { entries: 1, bytes: 0, problems: 0, newBlobs: 0, storedBytes: 0 },
    root: Uint8Array.from(ids.subarray(0, 32)),
    skeleton: Uint8Array.from(ids.subarray(32)),
    owners: { users: new Map(), groups: new Map() },
    sourceKind: 'files',
    tool: 'hostile',
  });
  await repository.loadIndex(context);
  const [snapshot] = await snapshotsOf(repository, context);
  assert.ok(snapshot !== undefined);
  const isRefused = (error: unknown) => isFailure(error, 'corrupt', 'TREE_TOO_DEEP');
  const common = {
    snapshot,
    select: () => true,
    verify: false,
    dryRun: false,
    devices: false,
    owners: false,
  };
  const target = join(folder.path, 'out');
  await assert.rejects(restore({ ...common, target, workers: 0 }, repository, context), isRefused);
  await assert.rejects(allOf(ls({ snapshot, recursive: true }, repository, context)), isRefused);
  await assert.rejects(
    allOf(find({ snapshots: [snapshot], matches: () => true }, repository, context)),
    isRefused,
  );
  const right = { ...snapshot, root: Uint8Array.from((await firstChild(snapshot.root)).subarray(0, 32)) };
  await assert.rejects(
    allOf(diff({ left: snapshot, right, metadata: true }, repository, context)),
    isRefused,
  );
  assert.equal((await stats({ snapshots: [snapshot] }, repository, context)).uniqueBlobs, 12_002);
  const found = await check({ level: 2 }, repository, context);
  assert.deepEqual(
    found.findings.map(({ code, snapshots }) => [code, snapshots]),
    [['TREE_TOO_DEEP', [snapshot.id]]],
  );
  tried += 6;

  async function firstChild(id: Uint8Array): Promise<Uint8Array> {
    const tree = decodeTree(await repository.readBlob(boxTypes.tree, id, context), 'tree');
    return tree.type === 'nodes' ? Uint8Array.from(tree.nodes.contents[0]!) : assert.fail('no folder');
  }
});

test('what is bounded for a reader is bounded for the writer: it never seals what it could not open', () => {
  for (const value of [new Array(65_537).fill(new Map()), new Array(1_048_577).fill([])]) {
    assert.throws(
      () => encode(value),
      (error) => isFailure(error, 'bug', 'CBOR_UNENCODABLE'),
    );
  }
});
