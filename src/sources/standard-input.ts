// Standard input as a source: one file directly below "/", which can be read only once.

import { readSync } from 'node:fs';
import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Content, Listing, OpenContent, Source, SourceKind, WalkEvent } from './source.ts';

/** Until it was read the length is unknown; above this, contents are taken piece by piece. */
const claimedBytes = 8 * 1024 * 1024 + 1;

const config = z.object({
  /** A byte string without a slash: what the one file is called. */
  name: z.string(),
  uid: z.number(),
  gid: z.number(),
});
export type StandardInputConfig = z.infer<typeof config>;
type Owner = Pick<StandardInputConfig, 'uid' | 'gid'>;

const standardInput: SourceKind<StandardInputConfig> = {
  name: 'standard-input',
  title: 'Standard input',
  config: { parse: (input) => config.parse(input) },
  open({ name, uid, gid }: StandardInputConfig, _context: Context): Source {
    const owner: Owner = { uid, gid };
    let wasRead = false;
    return {
      location: 'standard input',
      probe: () => ({ missing: [] }),
      *walk(context: Context): Generator<WalkEvent, void, undefined> {
        const nowNs = BigInt(Math.round(context.clock.now())) * 1_000_000n;
        yield { type: 'directory', listing: listingOf(name, owner, nowNs), depth: 0, state: 'implied' };
        yield { type: 'leave', path: '/', depth: 0 };
      },
      open(_path, _expected, context) {
        // What comes now would be the rest: an empty file in place of what was piped in.
        if (wasRead) throw readTwice();
        wasRead = true;
        return readAll(owner, context);
      },
      link: () => undefined,
      attributes: () => [],
      owners: () => ({ users: new Map(), groups: new Map() }),
      [Symbol.dispose]: () => {},
    };
  },
};
export default standardInput;

function readTwice(): Failure {
  return new Failure('conflict', 'STDIN_READ_TWICE', 'standard input would have to be read a second time', {
    hint: 'Another process deleted packs meanwhile: let it finish, then start the backup again.',
  });
}

function listingOf(name: string, owner: Owner, nowNs: bigint): Listing {
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

function readAll(owner: Owner, context: Context): OpenContent {
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

function contentOf(bytesRead: number, owner: Owner, context: Context): Content {
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
