// An insider with the real keys writes what no backup would: trees with forbidden names, links that lead away, groups of hard links over
// several kinds, devices, special bits, sizes that lie. Everything follows from a seed.

import { createHash } from 'node:crypto';
import { boxTypes } from '../../src/repository/box.ts';
import type { FrameBuilder, NewFrame } from '../../src/repository/frame-builder.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { Session } from '../../src/repository/session.ts';
import { encodeSkeleton, encodeTree, encodeTreeParts, nodeKinds } from '../../src/repository/tree.ts';
import type { TestContext } from '../world.ts';

export interface HostileNode {
  readonly name: string;
  readonly kind: number;
  readonly mode?: number;
  /** Of a file: its bytes; of a symlink: its target. */
  readonly content?: string;
  /** Of a directory. */
  readonly children?: readonly HostileNode[];
  readonly link?: string;
  readonly uid?: number;
  /** A size that is not that of the content. */
  readonly size?: number;
  readonly runs?: readonly (readonly [bigint, bigint])[];
  readonly xattrs?: readonly (readonly [string, string])[];
}

/** A directory of several parts, each a list of nodes: the only way to write two nodes of one name beside each other. */
export interface HostileDirectory {
  readonly parts: readonly (readonly HostileNode[])[];
}

/** Stores the tree and publishes a snapshot of `/`, signed and sealed as a backup does it. */
export async function publishHostile(
  tree: readonly HostileNode[] | HostileDirectory,
  paths: readonly string[],
  repository: Repository,
  context: TestContext,
): Promise<void> {
  await using session = await Session.open(repository, context);
  const frames: NewFrame[] = [];
  const builder = session.builder({ comp: 1, level: 1 }, (frame) => frames.push(frame));
  const root = 'parts' in tree ? storeParts(builder, tree) : storeTree(builder, tree);
  const skeleton = idOf(
    builder,
    boxTypes.skeleton,
    encodeSkeleton({ children: new Uint8Array(0), data: new Uint8Array(0), tree: root }),
  );
  builder.flush();
  for (const frame of frames) await session.store(frame);
  await session.flush();
  await session.borrow();
  await session.publish({
    host: 'test',
    user: 'tester',
    paths,
    tags: [],
    time: context.clock.now(),
    durationMs: 1,
    outcome: 'succeeded',
    stats: { entries: 1, bytes: 1, problems: 0, newBlobs: 1, storedBytes: 1 },
    root,
    skeleton,
    owners: { users: new Map(), groups: new Map() },
    sourceKind: 'files',
    tool: 'hostile',
  });
}

function idOf(builder: FrameBuilder, type: number, plain: Uint8Array): Buffer {
  const id = Buffer.alloc(32);
  builder.add(type, plain, id, 0);
  return id;
}

function storeParts(builder: FrameBuilder, { parts }: HostileDirectory): Buffer {
  return idOf(
    builder,
    boxTypes.tree,
    encodeTreeParts(Buffer.concat(parts.map((nodes) => storeTree(builder, nodes)))),
  );
}

function storeTree(builder: FrameBuilder, nodes: readonly HostileNode[]): Buffer {
  const sparse = <Value>(of: (node: HostileNode) => Value | undefined): Map<number, Value> =>
    new Map(
      nodes.flatMap((node, row) => {
        const value = of(node);
        return value === undefined ? [] : [[row, value] as const];
      }),
    );
  const columns = {
    names: nodes.map((node) => node.name),
    kinds: Uint8Array.from(nodes, (node) => node.kind),
    modes: Uint16Array.from(nodes, (node) => node.mode ?? 0o755),
    uids: Uint32Array.from(nodes, (node) => node.uid ?? 0),
    gids: Uint32Array.from(nodes, (node) => node.uid ?? 0),
    mtimes: BigInt64Array.from(nodes, () => 1_000_000_007n),
    ctimes: BigInt64Array.from(nodes, () => 0n),
    inodes: BigUint64Array.from(nodes, (_node, row) => BigInt(row)),
    sizes: Float64Array.from(nodes, (node) => node.size ?? sizeOf(node)),
    contents: nodes.map((node) => contentOf(builder, node)),
    xattrs: sparse((node) =>
      node.xattrs?.map(([name, value]) => [Buffer.from(name, 'latin1'), Buffer.from(value)] as const),
    ),
    runs: sparse((node) => {
      if (node.runs === undefined) return undefined;
      return new Uint8Array(BigUint64Array.from(node.runs.flat()).buffer);
    }),
    links: sparse((node) => (node.link === undefined ? undefined : Buffer.from(node.link))),
    indirect: new Set<number>(),
  };
  return idOf(builder, boxTypes.tree, encodeTree(columns));
}

function sizeOf(node: HostileNode): number {
  return node.kind === nodeKinds.file ? Buffer.byteLength(node.content ?? '') : 0;
}

function contentOf(builder: FrameBuilder, node: HostileNode): Uint8Array {
  switch (node.kind) {
    case nodeKinds.file: {
      const bytes = Buffer.from(node.content ?? '');
      return bytes.length === 0 ? bytes : idOf(builder, boxTypes.data, bytes);
    }
    case nodeKinds.directory:
    case nodeKinds.implied:
      return Buffer.concat([storeTree(builder, node.children ?? []), Buffer.alloc(32)]);
    case nodeKinds.symlink:
      return Buffer.from(node.content ?? '', 'latin1');
    case nodeKinds.characterDevice:
    case nodeKinds.blockDevice:
      // /dev/null in the numbers of Linux: opening it by mistake harms nobody.
      return Buffer.from([1, 0, 0, 0, 3, 0, 0, 0]);
    default:
      return new Uint8Array(0);
  }
}

/** Numbers below `limit` that follow from the seed. */
export function diceOf(seed: string): (limit: number) => number {
  let throws = 0;
  return (limit) => {
    throws += 1;
    return createHash('sha256').update(`${seed}:${throws}`).digest().readUInt32LE(0) % limit;
  };
}

const forbidden = [
  '',
  '.',
  '..',
  '/',
  '/etc/holdfast',
  '../out.txt',
  'a/../../out.txt',
  'a/b',
  'a\0b',
  'x'.repeat(1025),
];
const allowed = [
  'a',
  'b',
  'c',
  'd',
  'A',
  '...',
  '.. ',
  '~',
  '-rf',
  'con',
  'nul.txt',
  'c:',
  '\\',
  '..\\out.txt',
  '\n',
  '\x1b[2J',
  'caf\xc3\xa9',
  'cafe\xcc\x81',
  '\xff\xfe',
  '.tmp-a',
  '.holdfast',
  'n'.repeat(255),
  'n'.repeat(256),
];

/** Nodes of a directory; one in `rarity` directories has a forbidden name, none when it is 0. */
export function hostileNodes(
  dice: (limit: number) => number,
  outside: string,
  rarity: number,
  depth = 0,
): HostileNode[] {
  const names = new Set<string>();
  for (let count = 2 + dice(6); names.size < count; ) names.add(allowed[dice(allowed.length)]!);
  if (rarity > 0 && dice(rarity) === 0) names.add(forbidden[dice(forbidden.length)]!);
  const targets = [
    outside,
    `${outside}/kept.txt`,
    `${outside}/folder`,
    '..',
    '../..',
    '../../outside/kept.txt',
    'a',
    'b',
    '.',
    '/',
  ];
  const kinds = [0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7];
  // By bytes, as trees must be sorted: the strings hold one byte in each character.
  return [...names]
    .sort((one, other) => (one < other ? -1 : 1))
    .map((name) => {
      const kind = kinds[dice(kinds.length)]!;
      const isDirectory = kind === nodeKinds.directory || kind === nodeKinds.implied;
      const size = dice(12) === 0 ? [0, 1, 4096, 2 ** 40, Number.MAX_SAFE_INTEGER][dice(5)]! : undefined;
      return {
        name,
        kind,
        mode: [0o755, 0o4755, 0o2777, 0o7777, 0, 0o1777][dice(6)]!,
        uid: [0, 1000, 0xffff_fffe][dice(3)]!,
        ...(isDirectory
          ? { children: depth > 3 ? [] : hostileNodes(dice, outside, rarity, depth + 1) }
          : { content: kind === nodeKinds.symlink ? targets[dice(targets.length)]! : 'hostile' }),
        ...(dice(3) === 0 && !isDirectory ? { link: `group ${dice(3)}` } : {}),
        ...(kind === nodeKinds.file && size !== undefined ? { size } : {}),
        ...(dice(6) === 0
          ? { xattrs: [[['user.a', 'user.', 'x', 'trusted.a', 'user.a\0b'][dice(5)]!, 'v']] as const }
          : {}),
      };
    });
}
