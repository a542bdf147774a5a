// Repair: says what it will do, then writes new objects only. Damaged objects are set aside, never lost; whatever cannot be
// saved here is missing in name, so that the next backup of the source brings it again.

import { createHash } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import { boxTypes } from '../repository/box.ts';
import type { NewFrame } from '../repository/frame-builder.ts';
import { putIndex, sealIndexClass } from '../repository/indexing.ts';
import { decodeDirectory, readPackDirectory, readPackHead } from '../repository/pack.ts';
import { type PackRecord, packObjectName } from '../repository/pack-catalog.ts';
import type { Repository } from '../repository/repository.ts';
import { openFrame, verifyBlob } from '../repository/repository.ts';
import { Session } from '../repository/session.ts';
import { verifyPack } from '../repository/verify-pack.ts';
import { mendCopies } from './copies.ts';
import { dropLyingIndexes } from './repair/disputed.ts';
import { repairSnapshots, type SnapshotRepairOutcome } from './repair-snapshots.ts';

export interface RepairRequest {
  readonly kind: 'index' | 'packs' | 'snapshots' | 'all';
  readonly dryRun: boolean;
  /** A second repository to heal from: its packs of the same name, or its blobs when it has the same keys. */
  readonly from?: Repository;
  /** Damaged snapshots are forgotten once what is left of them was written again. */
  readonly forget?: boolean;
  /** Name and version of the program, for the snapshots that are written; absent, that of the damaged ones stays. */
  readonly tool?: string;
}

export interface RepairOutcome {
  /** What was, or would be, done: one sentence each. */
  readonly plan: readonly string[];
  readonly done: boolean;
  readonly quarantined: readonly string[];
  readonly rewritten: readonly { readonly old: string; readonly new: string }[];
  readonly forgotten: readonly string[];
  /** What no new snapshot has any more, by path. */
  readonly lost: SnapshotRepairOutcome['lost'];
  /** Blobs that were saved from damaged packs, brought from the other repository or made again. */
  readonly healed: number;
}

export async function repair(
  request: RepairRequest,
  repository: Repository,
  context: Context,
): Promise<RepairOutcome> {
  const plan: string[] = [];
  const quarantined: string[] = [];
  // First: what has a good copy needs no other repair.
  plan.push(...(await mendCopies(repository, request.dryRun, context)));
  const withIndex = request.kind === 'index' || request.kind === 'all';
  if (withIndex) await indexUnnamed(request, repository, plan, context);
  const packs =
    request.kind === 'index'
      ? { healed: 0, damaged: [] }
      : await repairPacks(request, repository, plan, quarantined, context);
  // Last: of a pack that no index names any more, nobody knows what to bring from the other repository.
  if (withIndex) await dropGone(request, repository, plan, context);
  const done = { plan, done: !request.dryRun, quarantined };
  if (request.kind === 'index' || request.kind === 'packs') {
    return { ...done, rewritten: [], forgotten: [], lost: [], healed: packs.healed };
  }
  const found = await repairSnapshots(
    { ...request, forget: request.forget ?? false, damagedPacks: packs.damaged },
    repository,
    context,
  );
  return {
    ...done,
    ...found,
    plan: [...plan, ...found.plan],
    healed: packs.healed + found.healed,
  };
}

/** Packs that no index names are read and indexed. */
async function indexUnnamed(
  request: RepairRequest,
  repository: Repository,
  plan: string[],
  context: Context,
): Promise<void> {
  await repository.loadIndex(context);
  await dropLyingIndexes(request.dryRun, repository, plan, context);
  const { catalog, storage, ring } = repository;
  const found: PackRecord[] = [];
  for await (const object of packObjects(repository, context)) {
    const name = nameOf(object);
    if (catalog.byName(name) !== undefined) continue;
    try {
      const bytes = await storage.get(object, { signal: context.signal });
      const head = readPackHead(ring, bytes, object);
      const directoryBytes = readPackDirectory(ring, bytes, object);
      plan.push(`index the pack "${name.slice(0, 12)}", which no index names`);
      found.push(
        catalog.add(
          {
            name: Buffer.from(name, 'hex'),
            sizeBytes: bytes.length,
            isMetadata: head.isMetadata,
            sessionId: hex(head.sessionId),
            condemned: repository.condemned.has(name),
            // Who vouched for it is not known any more.
            trusted: !ring.needsVouching,
            directoryBytes,
          },
          decodeDirectory(directoryBytes, object),
          repository.index,
        ),
      );
    } catch (error) {
      if (isFailure(error, 'conflict', 'OBJECT_FROZEN')) {
        tellFrozen(name, plan, context);
        continue;
      }
      if (!isFailure(error, 'corrupt') && !isFailure(error, 'missing')) throw error;
      plan.push(`leave the pack "${name.slice(0, 12)}" alone: neither of its directories opens`);
    }
  }
  if (request.dryRun || found.length === 0) return;
  await using session = await Session.open(repository, context);
  await putIndex(repository, session.id, found, [], context);
  await session.end();
  await repository.loadIndex(context);
}

/** Indexes that name packs that are gone are replaced. */
async function dropGone(
  request: RepairRequest,
  repository: Repository,
  plan: string[],
  context: Context,
): Promise<void> {
  await repository.loadIndex(context);
  const present = new Set<string>();
  for await (const object of packObjects(repository, context)) present.add(nameOf(object));
  const gone = repository.catalog.packs.filter((pack) => !present.has(pack.name));
  for (const pack of gone) plan.push(`drop the pack "${pack.name.slice(0, 12)}" from the index: it is gone`);
  if (request.dryRun || gone.length === 0) return;
  await using session = await Session.open(repository, context);
  const dropped = new Set(gone.map((pack) => pack.name));
  const kept = repository.catalog.packs.filter((pack) => !dropped.has(pack.name));
  await putIndex(repository, session.id, kept, [...repository.indexNames], context);
  await session.end();
  await repository.loadIndex(context);
}

async function* packObjects({ storage }: Repository, { signal }: Context): AsyncGenerator<string> {
  for (const prefix of ['packs/', 'meta/']) {
    for await (const { name } of storage.list(prefix, { signal })) yield name;
  }
}

function nameOf(object: string): string {
  return object.slice(object.lastIndexOf('/') + 1);
}

/**
 * Damaged packs: what is readable moves to new packs, the object is copied to quarantine/, its name is condemned. For snapshots alone only
 * metadata is read, and of data packs only those that are gone or have a wrong size.
 */
async function repairPacks(
  request: RepairRequest,
  repository: Repository,
  plan: string[],
  quarantined: string[],
  context: Context,
): Promise<{ healed: number; damaged: readonly string[] }> {
  await using session = await Session.open(repository, context);
  const damaged: { pack: PackRecord; bytes: Uint8Array }[] = [];
  context.monitor.total('objects', repository.catalog.packs.length);
  for (const pack of repository.catalog.packs) {
    context.signal.throwIfAborted();
    context.monitor.count('objects', 1);
    if (pack.condemned) continue;
    if (request.kind === 'snapshots' && !pack.isMetadata && (await isInPlace(repository, pack, context)))
      continue;
    const bytes = await readOrNothing(repository, pack, context);
    if (bytes === 'frozen') {
      tellFrozen(pack.name, plan, context);
      continue;
    }
    const target = { name: pack.name, suite: pack.suite, directory: pack.directory };
    if (verifyPack(repository.ring, target, bytes).length > 0) damaged.push({ pack, bytes });
  }
  const names = damaged.map(({ pack }) => pack.name);
  const replaced: typeof damaged = [];
  for (const one of damaged) {
    const short = one.pack.name.slice(0, 12);
    const isThere = one.bytes.length > 0;
    if (isThere)
      plan.push(`save what is readable of the damaged pack "${short}", set it aside and stop using it`);
    else if (await isIn(request.from, one.pack, context))
      plan.push(`bring the pack "${short}", which is gone, from the other repository`);
    // It may still be put back under its name, so it is only dropped from the index.
    else if (request.kind === 'all') continue;
    else plan.push(`stop using the pack "${short}": it is gone`);
    replaced.push(one);
  }
  if (request.dryRun || replaced.length === 0) {
    await session.end();
    return { healed: 0, damaged: names };
  }
  repository.noteCondemned(replaced.map(({ pack }) => pack.name));
  const frames: NewFrame[] = [];
  const builder = session.builder({ comp: 1, level: 3 }, (frame) => frames.push(frame));
  let healed = 0;
  for (const { pack, bytes } of replaced) {
    for (const [type, id, blob] of await blobsOf(repository, request.from, pack, bytes, context)) {
      builder.add(type, blob, Buffer.from(id), 0);
      healed += 1;
    }
    for (const frame of frames.splice(0)) await session.store(frame);
  }
  builder.flush();
  for (const frame of frames.splice(0)) await session.store(frame);
  await session.flush();
  const { signal } = context;
  for (const { pack, bytes } of replaced) {
    const aside = `quarantine/${packObjectName(pack).replaceAll('/', '-')}`;
    if (bytes.length > 0 && (await repository.storage.stat(aside, { signal })) === undefined) {
      await repository.storage.put(aside, bytes, { signal });
      quarantined.push(aside);
    }
  }
  const joined = Buffer.concat(
    replaced.map(({ pack }) => Buffer.from(pack.name, 'hex')).sort(Buffer.compare),
  );
  const object = sealIndexClass(
    repository,
    boxTypes.condemned,
    new Map<number, unknown>([
      [1, joined],
      [2, context.clock.now()],
    ]),
  );
  const condemned = createHash('sha256').update(object).digest('hex');
  await repository.storage.put(`condemned/${condemned}`, object, { signal });
  await session.end();
  return { healed, damaged: names };
}

async function isInPlace(repository: Repository, pack: PackRecord, context: Context): Promise<boolean> {
  const stat = await repository.storage.stat(packObjectName(pack), { signal: context.signal });
  return stat?.sizeBytes === pack.sizeBytes;
}

/** Every blob of a damaged pack that can be proven, from its own bytes or from the other repository. */
async function blobsOf(
  repository: Repository,
  other: Repository | undefined,
  pack: PackRecord,
  bytes: Uint8Array,
  context: Context,
): Promise<[number, Uint8Array, Uint8Array][]> {
  const { ring, catalog } = repository;
  const { frames } = decodeDirectory(pack.directory, pack.name);
  const blobs: [number, Uint8Array, Uint8Array][] = [];
  const copy = other === undefined ? undefined : await copyIn(other, pack, context);
  for (let position = 0; position < pack.frameCount; position += 1) {
    const record = catalog.frame(pack.firstFrame + position);
    const entry = frames[position]!;
    for (const source of copy === undefined ? [bytes] : [bytes, copy]) {
      try {
        const plain = openFrame(ring, record, source.subarray(record.offset, record.offset + record.length));
        const lengths = Buffer.from(entry.lengths);
        let at = 0;
        const proven: [number, Uint8Array, Uint8Array][] = [];
        for (let blob = 0; blob * 32 < entry.ids.length; blob += 1) {
          const length = lengths.readUInt32LE(blob * 4);
          const id = entry.ids.slice(blob * 32, blob * 32 + 32);
          const content = plain.slice(at, at + length);
          verifyBlob(ring, record.type, id, content, record);
          proven.push([record.type, id, content]);
          at += length;
        }
        blobs.push(...proven);
        break;
      } catch (error) {
        if (!isFailure(error, 'corrupt')) throw error;
      }
    }
  }
  return blobs;
}

async function isIn(other: Repository | undefined, pack: PackRecord, { signal }: Context): Promise<boolean> {
  return (await other?.storage.stat(packObjectName(pack), { signal })) !== undefined;
}

async function copyIn(
  other: Repository,
  pack: PackRecord,
  context: Context,
): Promise<Uint8Array | undefined> {
  try {
    return await other.storage.get(packObjectName(pack), { signal: context.signal });
  } catch (error) {
    // Its blobs are brought one by one from elsewhere, or are missing in name.
    if (isFailure(error, 'missing') || isFailure(error, 'conflict', 'OBJECT_FROZEN')) return undefined;
    throw error;
  }
}

/** What cannot be read now is not damaged for that; a thaw takes hours and money, so it is left to the person. */
function tellFrozen(name: string, plan: string[], context: Context): void {
  const message = `pack "${name.slice(0, 12)}" is frozen, so it was not looked at`;
  plan.push(`leave the pack "${name.slice(0, 12)}" alone: it is frozen and cannot be read before a thaw`);
  context.monitor.problem({ path: name, code: 'PACKS_FROZEN', message });
}

async function readOrNothing(
  repository: Repository,
  pack: PackRecord,
  context: Context,
): Promise<Uint8Array | 'frozen'> {
  try {
    return await repository.storage.get(packObjectName(pack), { signal: context.signal });
  } catch (error) {
    if (isFailure(error, 'conflict', 'OBJECT_FROZEN')) return 'frozen';
    if (isFailure(error, 'missing') || isFailure(error, 'corrupt')) return new Uint8Array(0);
    throw error;
  }
}
