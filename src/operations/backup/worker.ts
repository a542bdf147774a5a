// A backup worker: one thread, everything synchronous inside. It is given jobs (files to read, or pieces of a large file in shared
// memory), and sends back sealed frames and the ids of what it saw.

import { parentPort, workerData } from 'node:worker_threads';
import { boxTypes } from '../../repository/box.ts';
import { type ChunkerParameters, createChunker } from '../../repository/chunker/chunker.ts';
import { gearTable } from '../../repository/chunker/gear-table.ts';
import { type Compression, FrameBuilder, type NewFrame } from '../../repository/frame-builder.ts';
import { IndexTable, type SharedIndex } from '../../repository/index-table.ts';
import { KeyRing, type KeyRingExport } from '../../repository/keys.ts';
import type { SourceKindName } from '../../sources/all.ts';
import { sourceKinds } from '../../sources/all.ts';
import { systemContext } from '../worker-context.ts';
import { ContentReader, type FileJob, type FileResults } from './content-reader.ts';

export interface WorkerSetup {
  readonly ring: KeyRingExport;
  readonly index: SharedIndex;
  readonly compression: Compression;
  readonly source: { readonly kind: SourceKindName; readonly config: unknown };
  /** The main thread's chunker memory: pieces of large files lie in it. */
  readonly pieces: { readonly memory: SharedArrayBuffer; readonly offset: number; readonly length: number };
}

/** A piece of a large file, already cut. */
export interface PieceJob {
  readonly job: number;
  readonly offset: number;
  readonly lengths: Uint32Array;
}

export type ToWorker =
  | { readonly type: 'files'; readonly files: FileJob; readonly levels: readonly SharedArrayBuffer[] }
  | { readonly type: 'piece'; readonly piece: PieceJob; readonly levels: readonly SharedArrayBuffer[] }
  | { readonly type: 'level'; readonly level: number }
  | { readonly type: 'flush' };

export type FromWorker =
  | { readonly type: 'frame'; readonly frame: NewFrame }
  | { readonly type: 'files'; readonly results: FileResults }
  | { readonly type: 'piece'; readonly job: number; readonly ids: Uint8Array; readonly newBlobs: number }
  | { readonly type: 'flushed' };

const port = parentPort;
if (port !== null) await serve(port, workerData as WorkerSetup);

async function serve(port: NonNullable<typeof parentPort>, setup: WorkerSetup): Promise<void> {
  const ring = KeyRing.of(setup.ring);
  const index = new IndexTable(setup.index);
  const parameters: ChunkerParameters = ring.domain.chunker;
  const send = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const builder = new FrameBuilder(ring, index, setup.compression, (frame) =>
    send({ type: 'frame', frame }, [frame.box.buffer as ArrayBuffer]),
  );
  const context = systemContext();
  const kind = (await sourceKinds[setup.source.kind]()).default;
  const source = kind.open(setup.source.config as never, context);
  const chunker = createChunker(parameters, gearTable(ring.domain.chunkKey));
  const reader = new ContentReader(source, builder, chunker, parameters, context);
  const pieces = new Uint8Array(setup.pieces.memory, setup.pieces.offset, setup.pieces.length);

  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'files': {
        index.adoptLevels(message.levels);
        const results = reader.run(message.files);
        send({ type: 'files', results }, [results.ids.buffer]);
        return;
      }
      case 'piece': {
        index.adoptLevels(message.levels);
        const { job, offset, lengths } = message.piece;
        const ids = new Uint8Array(lengths.length * 32);
        let at = offset;
        let newBlobs = 0;
        lengths.forEach((length, chunk) => {
          if (builder.add(boxTypes.data, pieces.subarray(at, at + length), ids, chunk * 32)) newBlobs += 1;
          at += length;
        });
        send({ type: 'piece', job, ids, newBlobs }, [ids.buffer]);
        return;
      }
      case 'level':
        setup.compression.level = message.level;
        return;
      case 'flush':
        builder.flush();
        send({ type: 'flushed' });
    }
  });
}
