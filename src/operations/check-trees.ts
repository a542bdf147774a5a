// Level 2 of check: every tree is walked beside its nameless twin, and every blob that a snapshot needs must lie in some pack.

import { setImmediate } from 'node:timers/promises';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { treeDepthMax } from '../base/limits.ts';
import { boxTypes } from '../repository/box.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import { missingBlob, type Repository } from '../repository/repository.ts';
import { decodeSkeleton, decodeTree, nodeKinds, type Skeleton, skeletonOf } from '../repository/tree.ts';
import { WholeBlobs } from './whole-blobs.ts';

const pairsBetweenPauses = 16;

/** A tree and its skeleton. */
type Pair = readonly [Uint8Array, Uint8Array];

interface Below {
  readonly pairs: readonly Pair[];
  /** They are the parts of one directory. */
  readonly isSplit: boolean;
}

interface TreeFinding {
  readonly code: string;
  readonly message: string;
  readonly snapshots: readonly string[];
}

export async function checkTrees(
  repository: Repository,
  snapshots: readonly ListedSnapshot[],
  context: Context,
): Promise<TreeFinding[]> {
  const whole = new WholeBlobs(repository, undefined, context);
  const sound = new Set<string>();
  /** Levels of folders from a tree down to its lowest, itself included: of trees that lie at many paths, too. */
  const levels = new Map<string, number>();
  // Pairs that are right themselves, with something broken below: what is below them must be found again for every snapshot.
  const unsound = new Map<string, Below>();
  const broken = new Map<string, { code: string; message: string; snapshots: string[] }>();
  const tooDeep: string[] = [];
  let walked = 0;
  let seen = new Set<string>();
  const visit = async (snapshot: ListedSnapshot, [tree, skeleton]: Pair): Promise<boolean> => {
    const key = keyOf([tree, skeleton]);
    if (sound.has(key)) return true;
    if (seen.has(key)) return false;
    if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the check was canceled');
    walked += 1;
    // Most blobs lie in memory already, and awaiting those lets nothing else run: packs are read at the same time.
    if (walked % pairsBetweenPauses === 0) await setImmediate();
    let below = unsound.get(key) ?? { pairs: [], isSplit: false };
    let known = broken.get(key);
    if (known === undefined && !unsound.has(key)) {
      try {
        below = await checkPair(repository, whole, tree, skeleton, context);
      } catch (error) {
        if (!isFailure(error, 'corrupt') && !isFailure(error, 'missing')) throw error;
        known = { code: error.code, message: error.message, snapshots: [] };
        broken.set(key, known);
      }
    }
    known?.snapshots.push(snapshot.id);
    let isSound = known === undefined;
    let height = 0;
    for (const pair of below.pairs) {
      if (!(await visit(snapshot, pair))) isSound = false;
      height = Math.max(height, levels.get(keyOf(pair)) ?? 0);
    }
    levels.set(key, below.isSplit ? height : height + 1);
    if (isSound) {
      sound.add(key);
      return true;
    }
    seen.add(key);
    if (known === undefined) unsound.set(key, below);
    return false;
  };
  context.monitor.total('objects', snapshots.length);
  for (const snapshot of snapshots) {
    seen = new Set();
    const root: Pair = [snapshot.root, snapshot.skeleton];
    await visit(snapshot, root);
    if ((levels.get(keyOf(root)) ?? 0) > treeDepthMax + 1) tooDeep.push(snapshot.id);
    context.monitor.count('objects', 1);
  }
  if (tooDeep.length === 0) return [...broken.values()];
  const message = `folders lie deeper than ${treeDepthMax} levels`;
  return [...broken.values(), { code: 'TREE_TOO_DEEP', message, snapshots: tooDeep }];
}

function keyOf([tree, skeleton]: Pair): string {
  return hex(tree) + hex(skeleton);
}

/** Checks one tree with its twin; returns the pairs below. */
async function checkPair(
  repository: Repository,
  whole: WholeBlobs,
  treeId: Uint8Array,
  skeletonId: Uint8Array,
  context: Context,
): Promise<Below> {
  const tree = decodeTree(Uint8Array.from(await repository.readBlob(boxTypes.tree, treeId, context)), 'tree');
  const twin = decodeSkeleton(
    Uint8Array.from(await repository.readBlob(boxTypes.skeleton, skeletonId, context)),
    'skeleton',
  );
  if (twin.tree === undefined || Buffer.compare(twin.tree, treeId) !== 0) throw twinDiffers(treeId);
  if (tree.type === 'parts') {
    if (tree.ids.length !== twin.children.length || twin.data.length > 0) throw twinDiffers(treeId);
    return { pairs: pairs(tree.ids, twin.children), isSplit: true };
  }
  const expected: Skeleton = skeletonOf(tree.nodes, treeId);
  if (
    Buffer.compare(expected.children, twin.children) !== 0 ||
    Buffer.compare(expected.data, twin.data) !== 0
  ) {
    throw twinDiffers(treeId);
  }
  await requireAll(whole, twin.data);
  const below: Pair[] = [];
  for (let row = 0; row < tree.nodes.names.length; row += 1) {
    const content = tree.nodes.contents[row]!;
    const kind = tree.nodes.kinds[row]!;
    if (kind === nodeKinds.directory || kind === nodeKinds.implied) {
      below.push([content.slice(0, 32), content.slice(32, 64)]);
    } else if (tree.nodes.indirect.has(row)) {
      for (let at = 0; at < content.length; at += 32) {
        const id = content.slice(at, at + 32);
        const list = decodeSkeleton(
          Uint8Array.from(await repository.readBlob(boxTypes.skeleton, id, context)),
          'list of ids',
        );
        await requireAll(whole, list.data);
      }
    }
  }
  return { pairs: below, isSplit: false };
}

/** Which snapshots need a blob of these packs: pack name to snapshot ids. Walks twins; what cannot be read counts as affected. */
export async function affectedBy(
  repository: Repository,
  snapshots: readonly ListedSnapshot[],
  damaged: ReadonlySet<string>,
  context: Context,
): Promise<Map<string, string[]>> {
  const affected = new Map<string, string[]>([...damaged].map((name) => [name, []]));
  const memory = new Map<string, ReadonlySet<string>>();
  const needs = async (skeletonId: Uint8Array): Promise<ReadonlySet<string>> => {
    const key = hex(skeletonId);
    const known = memory.get(key);
    if (known !== undefined) return known;
    const packs = new Set<string>();
    const add = (id: Uint8Array, at = 0) => {
      const pack = repository.locate(id, at)?.frame.pack.name;
      if (pack !== undefined && damaged.has(pack)) packs.add(pack);
    };
    memory.set(key, packs);
    add(skeletonId);
    try {
      const twin = decodeSkeleton(
        Uint8Array.from(await repository.readBlob(boxTypes.skeleton, skeletonId, context)),
        'skeleton',
      );
      if (twin.tree !== undefined) add(twin.tree);
      for (let at = 0; at < twin.data.length; at += 32) add(twin.data, at);
      for (let at = 0; at < twin.children.length; at += 32) {
        for (const pack of await needs(twin.children.slice(at, at + 32))) packs.add(pack);
      }
    } catch (error) {
      if (!isFailure(error)) throw error;
    }
    return packs;
  };
  for (const snapshot of snapshots) {
    for (const pack of await needs(snapshot.skeleton)) affected.get(pack)!.push(snapshot.id);
  }
  return affected;
}

async function requireAll(whole: WholeBlobs, ids: Uint8Array): Promise<void> {
  for (let at = 0; at < ids.length; at += 32) {
    if (!whole.isIndexed(ids, at) && !(await whole.has(ids, at)))
      throw missingBlob(ids.subarray(at, at + 32));
  }
}

function pairs(left: Uint8Array, right: Uint8Array): Pair[] {
  return Array.from({ length: left.length / 32 }, (_, index) => [
    left.slice(index * 32, index * 32 + 32),
    right.slice(index * 32, index * 32 + 32),
  ]);
}

function twinDiffers(treeId: Uint8Array): Failure {
  return new Failure(
    'corrupt',
    'SKELETON_DIFFERS',
    `tree "${hex(treeId.subarray(0, 8))}…" and its skeleton disagree`,
    {
      hint: 'The writer of this snapshot was broken or hostile; keep older snapshots until it is clear which.',
    },
  );
}
