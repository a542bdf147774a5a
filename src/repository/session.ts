// A writer's session: the whole protocol of FORMAT.md §12, writer's side. Presence, upload, borrow, re-check, publish.
// Whoever changes the order of steps here changes the model in test/simulation first.

import { createHash, randomBytes } from 'node:crypto';
import { equalBytes, hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { boxTypes } from './box.ts';
import { loadChain, nextInChain, refuseIfRolledBack } from './chain.ts';
import { type Compression, FrameBuilder, type NewFrame } from './frame-builder.ts';
import { putIndex, sealIndexClass } from './indexing.ts';
import { decodeDirectory, openDirectory, packHeadLength, readPackHead } from './pack.ts';
import type { PackRecord } from './pack-catalog.ts';
import { PackWriter } from './pack-writer.ts';
import { keepsRefs, putRef } from './refs.ts';
import type { Repository } from './repository.ts';
import { putSessionKey } from './sealed-writer.ts';
import { endSession, type ListedSession, listSessions } from './sessions.ts';
import { type SnapshotDraft, type SnapshotObject, sealSnapshot } from './snapshot.ts';

/** An index is written at the latest when so many bytes of directories have gathered. */
const indexBytesTarget = 8 * 1024 * 1024;
/** … or so many packs: what a killed run leaves without an index must be found by reading packs. */
const indexPacksTarget = 32;
const borrowNamesMax = 16_384;

export class Session implements AsyncDisposable {
  readonly repository: Repository;
  readonly id: Uint8Array;
  readonly packs: PackWriter;
  readonly #context: Context;
  readonly #unindexed: PackRecord[] = [];
  readonly #own = new Set<string>();
  readonly #borrowNames: string[] = [];
  #borrowed: readonly PackRecord[] = [];
  #ended = false;
  #key: Promise<void> | undefined;

  private constructor(repository: Repository, id: Uint8Array, context: Context) {
    this.repository = repository;
    this.id = id;
    this.#context = context;
    this.packs = new PackWriter(
      {
        ring: repository.ring,
        storage: repository.storage,
        // Loading the index anew replaces both.
        index: () => repository.index,
        catalog: () => repository.catalog,
        sessionId: id,
      },
      context,
    );
  }

  /** Steps 1 and 2. Also ends this machine's dead sessions and takes over the packs they left without an index. */
  static async open(repository: Repository, context: Context): Promise<Session> {
    const { session } = await Session.openBeside(repository, context, async () => undefined);
    return session;
  }

  /** As `open`; what else has to be read once the presence is stored is read at the same time, for every answer may take long. */
  static async openBeside<Found>(
    repository: Repository,
    context: Context,
    read: () => Promise<Found>,
  ): Promise<{ readonly session: Session; readonly found: Found }> {
    const { ring, writer } = repository;
    // Nobody would believe what a host signs that has not joined.
    if (!ring.isMaintenance && !ring.bundle.signers.some((signer) => equalBytes(signer.keyId, writer.keyId)))
      throw new Failure('bug', 'ASSERTION_FAILED', 'a repository opened for reading is written to');
    const id = randomBytes(16);
    await putPresence(repository, id, context);
    const session = new Session(repository, id, context);
    try {
      const [found, sessions] = await allOf([
        read(),
        // What it would index nobody would believe; so dead sessions are left to others.
        ring.isMaintenance ? [] : listSessions(repository, context, session.name),
        repository.loadIndex(context),
      ]);
      await session.#adoptFrom(sessions);
      return { session, found };
    } catch (error) {
      await session.abort();
      throw error;
    }
  }

  get name(): string {
    return hex(this.id);
  }

  /** Packs of others that the snapshot needs, as the last borrow() found them. */
  get borrowed(): readonly PackRecord[] {
    return this.#borrowed;
  }

  /** A builder for this thread; its frames must be handed to store(). */
  builder(compression: Compression, emit: (frame: NewFrame) => void): FrameBuilder {
    return new FrameBuilder(this.repository.ring, this.repository.index, compression, emit);
  }

  /** Step 3: takes a sealed frame over. */
  async store(frame: NewFrame): Promise<void> {
    await this.#keyStored();
    await this.packs.add(frame);
    await this.#indexStored(false);
  }

  /** Makes all that was stored so far durable and indexed. */
  async flush(): Promise<void> {
    await this.packs.flush();
    await this.#indexStored(true);
  }

  /**
   * Steps 4 and 5: announces every borrowed pack, then looks whether one was condemned or is gone meanwhile. Returns false
   * when so: the caller must bring the lost blobs again (they now count as absent) and call once more.
   */
  async borrow(): Promise<boolean> {
    const { repository } = this;
    const borrowed = this.#borrowedPacks();
    const names = [...borrowed.keys()];
    this.#borrowed = [...borrowed.values()];
    for (let start = 0; start < names.length; start += borrowNamesMax) {
      const part = names.slice(start, start + borrowNamesMax);
      const name = `sessions/${this.name}.borrow.${this.#borrowNames.length}`;
      await repository.storage.put(
        name,
        this.#seal(
          boxTypes.borrow,
          new Map([[1, Buffer.concat(part.map((one) => Buffer.from(one, 'hex')))]]),
        ),
        { ifAbsent: true, signal: this.#context.signal },
      );
      this.#borrowNames.push(name);
    }
    if (names.length === 0) return true;
    // All of them after the borrow is stored, in any order among themselves.
    const present = new Set<string>();
    const [condemned] = await Promise.all([
      repository.listCondemned(this.#context),
      ...['packs/', 'meta/'].map(async (prefix) => {
        for await (const { name } of repository.storage.list(prefix, { signal: this.#context.signal })) {
          present.add(name.slice(name.lastIndexOf('/') + 1));
        }
      }),
    ]);
    const lost = names.filter((name) => condemned.has(name) || !present.has(name));
    if (lost.length === 0) return true;
    this.#context.log.warn('borrowed packs are gone, their blobs are stored again', { packs: lost.length });
    repository.noteCondemned(lost);
    return false;
  }

  /** Steps 6 to 8. The snapshot exists when this resolves, and only then. */
  async publish(draft: SnapshotDraft): Promise<SnapshotObject & { readonly name: string }> {
    const { repository } = this;
    const context = this.#context;
    // All of it may have been stored before: a snapshot that nobody can read must not come about by that.
    repository.ring.requireData();
    const chain = await loadChain(repository, context);
    refuseIfRolledBack(chain);
    const snapshot: SnapshotObject = {
      ...draft,
      ...nextInChain(chain, repository.writer.writerId),
      writerId: repository.writer.writerId,
      id: hex(randomBytes(16)),
      sessionId: this.name,
    };
    await this.#keyStored();
    const object = sealSnapshot(repository.ring, snapshot, repository.writer);
    const name = hex(createHash('sha256').update(object).digest());
    const { signal } = context;
    const ref = keepsRefs(repository)
      ? await putRef(repository, { ...snapshot, snapshot: name }, context)
      : undefined;
    await repository.storage.put(`snapshots/${name}`, object, { ifAbsent: true, signal });
    if (!(await this.#isProtected())) {
      await this.#tidy(() => repository.storage.delete(`snapshots/${name}`, { signal }));
      if (ref !== undefined) await this.#tidy(() => repository.storage.delete(ref, { signal }));
      // Marks that are left would hold packs for ever, and this run needs none of them any more.
      await this.#tidy(() => this.end());
      throw new Failure('conflict', 'SESSION_REVOKED', `session "${this.name}" was revoked while it ran`, {
        hint: 'Somebody declared this run dead. Start it again.',
      });
    }
    repository.state.noteHeads(
      { ...chain.heads, [repository.writer.writerId]: { seq: snapshot.seq, names: [name] } },
      context,
    );
    await this.#tidy(() => this.end());
    return { ...snapshot, name };
  }

  /** Step 8: borrows first, then the session. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { signal } = this.#uncanceled();
    for (const name of this.#borrowNames) await this.repository.storage.delete(name, { signal });
    await this.repository.storage.delete(`sessions/${this.name}`, { signal });
  }

  /** A writer that may not delete has done its work all the same: prune ends sessions whose snapshot is there. */
  async #tidy(remove: () => Promise<void>): Promise<void> {
    try {
      await remove();
    } catch (error) {
      if (!isFailure(error, 'denied')) throw error;
      this.#context.log.warn('marks of this run stay, because deleting is not allowed here', {
        code: error.code,
      });
    }
  }

  /** Ends without a snapshot; the packs that are complete stay, indexed, for the next run. */
  async abort(): Promise<void> {
    if (this.#ended) return;
    // What is still on its way must not arrive when nobody indexes it any more.
    await this.packs.settled();
    await this.#indexStored(true, this.#uncanceled()).catch((error: unknown) => {
      if (!isFailure(error)) throw error;
      this.#context.log.warn('the packs of this run could not be indexed', { code: error.code });
    });
    await this.end().catch((error: unknown) => {
      if (!isFailure(error)) throw error;
      this.#context.log.warn('the session could not be ended', { code: error.code });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }

  /** A canceled run must still be able to tidy up after itself. */
  #uncanceled(): Context {
    return { ...this.#context, signal: new AbortController().signal };
  }

  // Revoked, or its marks are gone, by whatever hand: then a pruner may have deleted what the snapshot needs.
  async #isProtected(): Promise<boolean> {
    const { storage } = this.repository;
    const { signal } = this.#context;
    const marks = [`sessions/${this.name}`, ...this.#borrowNames];
    const [revoked, ...found] = await Promise.all(
      [`sessions/${this.name}.revoked`, ...marks].map((name) => storage.stat(name, { signal })),
    );
    return revoked === undefined && found.every((stat) => stat !== undefined);
  }

  // What nobody could open must not be stored; and who stores nothing leaves no key.
  #keyStored(): Promise<void> | undefined {
    const { sealed } = this.repository;
    if (sealed === undefined) return undefined;
    this.#key ??= putSessionKey(this.repository, sealed, this.id, this.#context);
    return this.#key;
  }

  #borrowedPacks(): Map<string, PackRecord> {
    const { index, catalog } = this.repository;
    const used = new Uint8Array(catalog.packs.length);
    const borrowed = new Map<string, PackRecord>();
    const numbers = new Map(catalog.packs.map((pack, number) => [pack, number]));
    const packOfFrame = new Uint32Array(catalog.frameCount);
    for (const [pack, number] of numbers)
      packOfFrame.fill(number, pack.firstFrame, pack.firstFrame + pack.frameCount);
    for (let row = 0; row < index.size; row += 1) {
      if (!index.isUsed(row) || index.isCondemned(row)) continue;
      const frame = index.frameOf(row);
      if (frame < packOfFrame.length) used[packOfFrame[frame]!] = 1;
    }
    catalog.packs.forEach((pack, number) => {
      if (used[number] === 1 && !this.#own.has(pack.name)) borrowed.set(pack.name, pack);
    });
    return borrowed;
  }

  async #indexStored(everything: boolean, context = this.#context): Promise<void> {
    for (const pack of this.packs.takeStored()) {
      this.#own.add(pack.name);
      this.#unindexed.push(pack);
    }
    let bytes = 0;
    for (const pack of this.#unindexed) bytes += pack.directory.length;
    if (this.#unindexed.length === 0) return;
    if (!everything && bytes < indexBytesTarget && this.#unindexed.length < indexPacksTarget) return;
    const packs = this.#unindexed.splice(0);
    try {
      await putIndex(this.repository, this.id, packs, [], context);
    } catch (error) {
      // Still to be named: by the ending of this run, if by nothing else.
      this.#unindexed.unshift(...packs);
      throw error;
    }
  }

  // A killed run leaves packs that no index names. When its process is provably gone, its packs are read, indexed by
  // us and borrowed like any others, and its session ends: nothing is uploaded twice, and nobody has to type a command.
  async #adoptFrom(sessions: readonly ListedSession[]): Promise<void> {
    const { repository } = this;
    const dead = sessions.filter(({ node, incarnation }) => repository.owner.isDead(node, incarnation));
    if (dead.length === 0) return;
    const adopted: PackRecord[] = [];
    for (const prefix of ['packs/', 'meta/']) {
      for await (const { name, sizeBytes } of repository.storage.list(prefix, {
        signal: this.#context.signal,
      })) {
        const short = name.slice(name.lastIndexOf('/') + 1);
        if (repository.catalog.byName(short) !== undefined || sizeBytes === 0) continue;
        const pack = await this.#readUnindexed(name, sizeBytes);
        if (pack !== undefined && dead.some((one) => one.id === pack.sessionId)) {
          adopted.push(
            repository.catalog.add(
              {
                ...pack,
                condemned: repository.condemned.has(short),
                trusted: !repository.ring.needsVouching,
              },
              decodeDirectory(pack.directoryBytes, name),
              repository.index,
            ),
          );
        }
      }
    }
    if (adopted.length > 0) await putIndex(repository, this.id, adopted, [], this.#context);
    for (const session of dead) {
      await endSession(repository, session.id, this.#context);
      this.#context.log.info('ended the session of a run that was killed', {
        session: session.id,
        packs: adopted.length,
      });
    }
  }

  async #readUnindexed(name: string, sizeBytes: number) {
    const { repository } = this;
    try {
      const front = await repository.storage.get(name, {
        range: { offset: 0, length: packHeadLength },
        signal: this.#context.signal,
      });
      const head = readPackHead(repository.ring, front, name);
      const box = await repository.storage.get(name, {
        range: { offset: packHeadLength, length: head.directoryBoxLength },
        signal: this.#context.signal,
      });
      return {
        name: Buffer.from(name.slice(name.lastIndexOf('/') + 1), 'hex'),
        sizeBytes,
        isMetadata: head.isMetadata,
        sessionId: hex(head.sessionId),
        directoryBytes: openDirectory(repository.ring, head, box, name),
      };
    } catch (error) {
      const isFrozen = isFailure(error, 'conflict', 'OBJECT_FROZEN');
      if (!isFrozen && !isFailure(error, 'corrupt') && !isFailure(error, 'missing')) throw error;
      this.#context.log.warn('a pack without index is not readable', { pack: name });
      return undefined;
    }
  }

  #seal(type: number, item: Map<number, unknown>): Uint8Array {
    return sealIndexClass(this.repository, type, item);
  }
}

async function putPresence(repository: Repository, id: Uint8Array, context: Context): Promise<void> {
  const object = sealIndexClass(
    repository,
    boxTypes.session,
    new Map<number, unknown>([
      [1, 1],
      [2, id],
      [3, Buffer.from(repository.writer.writerId, 'hex')],
      [4, repository.owner.node],
      [5, repository.owner.incarnation],
      [6, context.clock.now()],
    ]),
  );
  await repository.storage.put(`sessions/${hex(id)}`, object, { ifAbsent: true, signal: context.signal });
}

/** As Promise.all, but what failed is thrown only when none of them is under way any more. */
async function allOf<Results extends readonly unknown[]>(
  running: {
    readonly [Index in keyof Results]: Results[Index] | Promise<Results[Index]>;
  },
): Promise<Results> {
  await Promise.allSettled(running);
  return (await Promise.all(running)) as unknown as Results;
}
