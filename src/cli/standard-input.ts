// `backup --stdin`: standard input as a source that holds one file directly below "/".

import { readSync } from 'node:fs';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Content, Listing, OpenContent, Source, WalkEvent } from '../sources/source.ts';

/** Until it was read the length is unknown; above this, contents are taken piece by piece. */
const claimedBytes = 8 * 1024 * 1024 + 1;

/** `name` is a byte string without a slash. Read only once, from file descriptor 0. */
export function openStandardInput(name: string, owner: { uid: number; gid: number }): Source {
  return {
    location: 'standard input',
    probe: () => ({ missing: [] }),
    *walk(context: Context): Generator<WalkEvent, void, undefined> {
      const nowNs = BigInt(Math.round(context.clock.now())) * 1_000_000n;
      yield { type: 'directory', listing: listingOf(name, owner, nowNs), depth: 0, state: 'implied' };
      yield { type: 'leave', path: '/', depth: 0 };
    },
    open: (_path, _expected, context) => readAll(owner, context),
    link: () => undefined,
    attributes: () => [],
    owners: () => ({ users: new Map(), groups: new Map() }),
    [Symbol.dispose]: () => {},
  };
}

function listingOf(name: string, owner: { uid: number; gid: number }, nowNs: bigint): Listing {
  return {
    path: '/',
    count: 1,
    names: [name],
    kinds: Uint8Array.of(0),
    modes: Uint16Array.of(0o600),
    uids: Uint32Array.of(owner.uid),
    gids: Uint32Array.of(owner.gid),
    sizes: Float64Array.of(claimedBytes),
    mtimes: BigInt64Array.of(nowNs),
    ctimes: BigInt64Array.of(nowNs),
    inodes: BigUint64Array.of(0n),
    devices: Float64Array.of(0),
    links: Uint32Array.of(1),
    rdevs: Float64Array.of(0),
    blocks: Float64Array.of(claimedBytes / 512),
  };
}

function readAll(owner: { uid: number; gid: number }, context: Context): OpenContent {
  let bytesRead = 0;
  return {
    read(buffer) {
      const length = readSome(buffer, context);
      bytesRead += length;
      return length;
    },
    finish: () => contentOf(bytesRead, owner, context),
    close: () => {},
  };
}

/** A producer that ends early looks like the end: only its own exit code tells, which the shell's `pipefail` shows. */
function readSome(buffer: Uint8Array, context: Context): number {
  let filled = 0;
  while (filled < buffer.length) {
    if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the backup was canceled');
    try {
      const length = readSync(0, buffer, filled, buffer.length - filled, null);
      if (length === 0) break;
      filled += length;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') break;
      if (code !== 'EAGAIN') throw error;
      // Somebody made the pipe non-blocking: look again in a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return filled;
}

function contentOf(bytesRead: number, owner: { uid: number; gid: number }, context: Context): Content {
  const nowNs = BigInt(Math.round(context.clock.now())) * 1_000_000n;
  return {
    sizeBytes: bytesRead,
    bytesRead,
    // The size and times that hold are those after reading.
    changed: true,
    after: { mode: 0o600, ...owner, inode: 0n, device: 0, links: 1, mtimeNs: nowNs, ctimeNs: nowNs },
    xattrs: [],
  };
}
