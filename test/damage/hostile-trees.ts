// Trees as somebody writes them who holds the real keys and means harm: the encoder of the program refuses nothing here, because its CBOR is
// built by hand. What comes out is authenticated like any other tree; only the reader and the restore stand between it and the disk.

import { encode } from '../../src/base/cbor.ts';
import type { Context } from '../../src/base/context.ts';
import { boxTypes } from '../../src/repository/box.ts';
import type { ListedSnapshot } from '../../src/repository/chain.ts';
import type { FrameBuilder, NewFrame } from '../../src/repository/frame-builder.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { Session } from '../../src/repository/session.ts';
import { encodeSkeleton, encodeTreeParts, nodeKinds } from '../../src/repository/tree.ts';
import { snapshotsOf } from '../world.ts';

export type NodeKind = keyof typeof nodeKinds;

export interface HostileNode {
  readonly name: string;
  readonly kind: NodeKind;
  /** A kind as it is written, where no kind has that number. */
  readonly rawKind?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtimeNs?: bigint;
  readonly size?: bigint;
  /** What the file holds; also what stands in its content unless `content` says otherwise. */
  readonly data?: string;
  /** The content column as it is written. */
  readonly content?: Uint8Array;
  /** Target of a symlink. */
  readonly target?: string;
  readonly device?: readonly [number, number];
  /** Entries of a directory: one list, or the parts of a split one. */
  readonly below?: readonly HostileNode[] | { readonly parts: readonly (readonly HostileNode[])[] };
  readonly group?: string;
  readonly runs?: readonly (readonly [bigint, bigint])[];
  readonly xattrs?: readonly (readonly [string, string])[];
  readonly isIndirect?: boolean;
}

/** Changes a tree's CBOR map before it is sealed. */
export type Twist = (item: Map<number, unknown>) => void;

/** Publishes a snapshot of `path` whose folder holds these entries, signed by a writer that the repository knows. */
export async function publishHostile(
  path: string,
  below: NonNullable<HostileNode['below']>,
  repository: Repository,
  context: Context,
  twist?: Twist,
): Promise<ListedSnapshot> {
  await using session = await Session.open(repository, context);
  const frames: NewFrame[] = [];
  const builder = session.builder({ comp: 1, level: 1 }, (frame) => frames.push(frame));
  let content = storeDirectory(below, builder, twist);
  const steps = path.split('/').filter((part) => part !== '');
  steps.reverse().forEach((name, number) => {
    const kind = number === 0 ? 'directory' : 'implied';
    content = storeTree([{ name, kind, content, mode: 0o755 }], builder);
  });
  builder.flush();
  for (const frame of frames) await session.store(frame);
  await session.flush();
  await session.borrow();
  const { id } = await session.publish({
    host: 'hostile',
    user: 'hostile',
    paths: [path],
    tags: [],
    time: context.clock.now(),
    durationMs: 1,
    outcome: 'succeeded',
    stats: { entries: 1, bytes: 1, problems: 0, newBlobs: 1, storedBytes: 1 },
    root: content.subarray(0, 32),
    skeleton: content.subarray(32),
    owners: { users: new Map(), groups: new Map() },
    sourceKind: 'files',
    tool: 'hostile',
  });
  return (await snapshotsOf(repository, context)).find((one) => one.id === id)!;
}

/** Returns tree id ‖ skeleton id. */
function storeDirectory(
  below: NonNullable<HostileNode['below']>,
  builder: FrameBuilder,
  twist?: Twist,
): Uint8Array {
  if (!('parts' in below)) return storeTree(below, builder, twist);
  const contents = below.parts.map((part) => storeTree(part, builder, twist));
  const joined = (from: number) => Buffer.concat(contents.map((one) => one.subarray(from, from + 32)));
  const content = new Uint8Array(64);
  builder.add(boxTypes.tree, encodeTreeParts(joined(0)), content, 0);
  const twin = { children: joined(32), data: new Uint8Array(0), tree: content.subarray(0, 32) };
  builder.add(boxTypes.skeleton, encodeSkeleton(twin), content, 32);
  return content;
}

function storeTree(nodes: readonly HostileNode[], builder: FrameBuilder, twist?: Twist): Uint8Array {
  const contents = nodes.map((node) => contentOf(node, builder));
  const column = (width: number, write: (bytes: Buffer, at: number, node: HostileNode) => void): Buffer => {
    const bytes = Buffer.alloc(nodes.length * width);
    nodes.forEach((node, row) => {
      write(bytes, row * width, node);
    });
    return bytes;
  };
  const item = new Map<number, unknown>([
    [1, nodes.map(({ name }) => Buffer.from(name, 'latin1'))],
    [2, column(1, (bytes, at, { kind, rawKind }) => bytes.writeUInt8(rawKind ?? nodeKinds[kind], at))],
    [3, column(2, (bytes, at, { mode }) => bytes.writeUInt16LE(mode ?? 0o644, at))],
    [4, column(4, (bytes, at, { uid }) => bytes.writeUInt32LE(uid ?? 0, at))],
    [5, column(4, (bytes, at, { gid }) => bytes.writeUInt32LE(gid ?? 0, at))],
    [6, column(8, (bytes, at, { mtimeNs }) => bytes.writeBigInt64LE(mtimeNs ?? 1_600_000_000n, at))],
    [7, column(8, () => undefined)],
    [8, column(8, () => undefined)],
    [9, column(8, (bytes, at, node) => bytes.writeBigUInt64LE(node.size ?? sizeOf(node), at))],
    [10, contents],
  ]);
  const sparse = (key: number, of: (node: HostileNode) => unknown): void => {
    const rows = nodes.flatMap((node, row): [number, unknown][] => {
      const value = of(node);
      return value === undefined ? [] : [[row, value]];
    });
    if (rows.length > 0) item.set(key, new Map(rows));
  };
  sparse(11, ({ xattrs }) =>
    xattrs?.map(([name, value]) => [Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1')]),
  );
  sparse(12, ({ runs }) => runs && Buffer.from(new BigUint64Array(runs.flat()).buffer));
  sparse(13, ({ group }) => group && Buffer.from(group));
  sparse(14, ({ isIndirect }) => (isIndirect === true ? 1 : undefined));
  twist?.(item);
  const content = new Uint8Array(64);
  builder.add(boxTypes.tree, encode(item), content, 0);
  const twin = { children: new Uint8Array(0), data: new Uint8Array(0), tree: content.subarray(0, 32) };
  builder.add(boxTypes.skeleton, encodeSkeleton(twin), content, 32);
  return content;
}

function sizeOf({ kind, data, runs }: HostileNode): bigint {
  const last = runs?.at(-1);
  if (last !== undefined) return last[0] + last[1];
  return kind === 'file' ? BigInt(data?.length ?? 0) : 0n;
}

function contentOf(node: HostileNode, builder: FrameBuilder): Uint8Array {
  if (node.content !== undefined) return node.content;
  if (node.kind === 'directory' || node.kind === 'implied') return storeDirectory(node.below ?? [], builder);
  if (node.kind === 'symlink') return Buffer.from(node.target ?? 'nowhere', 'latin1');
  if (node.kind === 'characterDevice' || node.kind === 'blockDevice') {
    return Buffer.from(new Uint32Array(node.device ?? [1, 3]).buffer);
  }
  if (node.kind !== 'file' || node.data === undefined) return new Uint8Array(0);
  const id = new Uint8Array(32);
  builder.add(boxTypes.data, Buffer.from(node.data, 'latin1'), id, 0);
  return id;
}
