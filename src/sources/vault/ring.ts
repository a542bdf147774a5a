// Bytes from one thread to another through shared memory, both sides synchronous: who reads a source may not wait for an event loop, and who
// asks a server must have one. Neither side holds more than the ring.

import { Failure, type FailureKind, isFailure } from '../../base/failure.ts';

const ringBytes = 8 * 1024 * 1024;
const noteBytes = 16 * 1024;
const controlBytes = 64;
/** Positions in the control words. */
const at = { filled: 0, state: 1, noteLength: 2, toReader: 3, toWriter: 4 } as const;
const states = { running: 0, ended: 1, failed: 2 } as const;
/** A thread that says nothing so long is lost; silence of the server is told long before. */
const waitsMax = 180;

export type SharedRing = SharedArrayBuffer;

export function makeRing(): SharedRing {
  return new SharedArrayBuffer(controlBytes + noteBytes + ringBytes);
}

interface Views {
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly note: Uint8Array;
  readonly bytes: Uint8Array;
}

function viewsOf(ring: SharedRing): Views {
  return {
    control: new Int32Array(ring, 0, controlBytes / 4),
    note: new Uint8Array(ring, controlBytes, noteBytes),
    bytes: new Uint8Array(ring, controlBytes + noteBytes, ringBytes),
  };
}

export class RingWriter {
  readonly #views: Views;
  #position = 0;

  constructor(ring: SharedRing) {
    this.#views = viewsOf(ring);
  }

  /** Blocks its thread while the ring is full. */
  write(piece: Uint8Array): void {
    const { control, bytes } = this.#views;
    for (let done = 0; done < piece.length; ) {
      const turn = Atomics.load(control, at.toWriter);
      const room = ringBytes - Atomics.load(control, at.filled);
      if (room === 0) {
        Atomics.wait(control, at.toWriter, turn);
        continue;
      }
      const length = Math.min(room, piece.length - done, ringBytes - this.#position);
      bytes.set(piece.subarray(done, done + length), this.#position);
      this.#position = (this.#position + length) % ringBytes;
      done += length;
      Atomics.add(control, at.filled, length);
      tell(control, at.toReader);
    }
  }

  end(): void {
    Atomics.store(this.#views.control, at.state, states.ended);
    tell(this.#views.control, at.toReader);
  }

  fail(error: unknown): void {
    const { control, note } = this.#views;
    const text = Buffer.from(JSON.stringify(noteOf(error)), 'utf8');
    // A note too long would be half a note.
    const fitting = text.length <= noteBytes ? text : Buffer.from(JSON.stringify(noteOf(undefined)));
    note.set(fitting);
    Atomics.store(control, at.noteLength, fitting.length);
    Atomics.store(control, at.state, states.failed);
    tell(control, at.toReader);
  }
}

function tell(control: Int32Array<SharedArrayBuffer>, index: number): void {
  Atomics.add(control, index, 1);
  Atomics.notify(control, index);
}

interface FailureNote {
  readonly kind: FailureKind;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly facts: Failure['facts'];
}

/** Anything but a Failure may quote what it should not. */
function noteOf(error: unknown): FailureNote {
  const failure = isFailure(error)
    ? error
    : new Failure(
        'bug',
        'STREAM_THREAD_FAILED',
        `the thread that reads a service ended with "${error instanceof Error ? error.name : typeof error}"`,
      );
  const { kind, code, message, hint, facts } = failure;
  return { kind, code, message, facts, ...(hint === undefined ? {} : { hint }) };
}

export class RingReader {
  readonly #views: Views;
  #position = 0;

  constructor(ring: SharedRing) {
    this.#views = viewsOf(ring);
  }

  /** The next bytes, as many as are there; 0 at an end that was told as one. Blocks its thread; throws what the writer failed with. */
  read(buffer: Uint8Array): number {
    const { control, bytes } = this.#views;
    for (let waits = 0; waits < waitsMax; ) {
      const turn = Atomics.load(control, at.toReader);
      const state = Atomics.load(control, at.state);
      const filled = Atomics.load(control, at.filled);
      // What comes before a failure is worth nothing.
      if (state === states.failed) throw this.#failure();
      if (filled > 0) {
        const length = Math.min(filled, buffer.length, ringBytes - this.#position);
        buffer.set(bytes.subarray(this.#position, this.#position + length));
        this.#position = (this.#position + length) % ringBytes;
        Atomics.sub(control, at.filled, length);
        tell(control, at.toWriter);
        return length;
      }
      if (state === states.ended) return 0;
      if (Atomics.wait(control, at.toReader, turn, 1000) === 'timed-out') waits += 1;
    }
    throw new Failure(
      'unavailable',
      'STREAM_SILENT',
      'the thread that reads a service says nothing any more',
      {
        hint: 'Start again.',
      },
    );
  }

  #failure(): Failure {
    const { control, note } = this.#views;
    const text = Buffer.from(note.subarray(0, Atomics.load(control, at.noteLength))).toString('utf8');
    const { kind, code, message, hint, facts } = JSON.parse(text) as FailureNote;
    return new Failure(kind, code, message, { facts, ...(hint === undefined ? {} : { hint }) });
  }
}
