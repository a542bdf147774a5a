// A folder on a share that another machine exports and this one has mounted: NFS, SMB, and file systems in user space. It is the local
// storage over calls made safe for such mounts (nfs-files.ts). Class B: a sync is the server's word, which an export with "async" breaks.

import { resolve } from 'node:path';
import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { readAddress } from './address.ts';
import { localFailure } from './local/failure.ts';
import { reservePartBytes } from './local/reserve.ts';
import { makeRoot, requireDirectory } from './local/root.ts';
import { openLocal } from './local.ts';
import { calling, type NetworkFiles, nodeNetworkFiles, overNetwork, probe } from './nfs/files.ts';
import {
  isEncrypted,
  isReadOnly,
  type Mount,
  mountOf,
  parseMountInfo,
  requireNetworkMount,
} from './nfs/mount.ts';
import type { CallOptions, PostureFinding, Storage, StorageKind } from './storage.ts';
import { forwarding } from './with/forwarding.ts';

/** A hard mount waits for ever; nobody should wait for ever to be told so. */
const openMs = 30_000;
/** Clients keep folders in memory for up to a minute (acdirmax). */
const listLagMs = 60_000;

const config = z.object({
  /** Absolute. */
  path: z.string().check(z.startsWith('/')),
  /** A type of file system that is not known to be of the network, to be taken all the same. */
  allowType: z.optional(z.string().check(z.minLength(1))),
});
export type NfsConfig = z.infer<typeof config>;

const nfs: StorageKind<NfsConfig> = {
  scheme: 'nfs',
  title: 'Mounted network share (NFS, SMB)',
  config,
  secretFields: [],
  fromUrl(url) {
    const example = 'nfs:///mnt/nas/repository';
    const { host, path, options, user, port } = readAddress(url, ['allow-type'], example);
    if (host !== '' || user !== undefined || port !== undefined) {
      throw new Failure(
        'usage',
        'STORAGE_URL_INVALID',
        'the URL of a mounted share names a path, no server',
        {
          hint: `Mount the share first, then write its path: ${example}`,
        },
      );
    }
    const allowType = options['allow-type'];
    return { path: `/${path.join('/')}`, ...(allowType !== undefined && { allowType }) };
  },
  open: (given, context) => openNfs(given, nodeNetworkFiles, context),
  create: (given, context) => createNfs(given, nodeNetworkFiles, context),
};
export default nfs;

/** For tests, too: over any NetworkFiles. */
export async function openNfs(given: NfsConfig, files: NetworkFiles, context: Context): Promise<Storage> {
  return inTime(given.path, context, async () => {
    const root = resolve(given.path);
    const { mount, device } = await requireMount(given, files, root);
    if (isReadOnly(mount)) context.log.warn('the share is mounted read-only', { path: root });
    const safe = overNetwork(files, root, device);
    const inner = await openLocal(root, safe, reservePartBytes);
    // An automounter unmounts what nobody holds open, and the next mount is another device.
    const hold = await calling(root, () => files.openDirectory(root));
    return nfsFolder(mount, inner, () => hold.close().catch(() => undefined));
  });
}

export async function createNfs(given: NfsConfig, files: NetworkFiles, context: Context): Promise<Storage> {
  const root = resolve(given.path);
  await inTime(root, context, async () => {
    const above = await existingAncestor(files, root);
    const { mount, device } = await requireMount(given, files, above);
    if (isReadOnly(mount)) {
      throw new Failure('denied', 'STORAGE_DENIED', `the share at "${mount.point}" is mounted read-only`, {
        hint: 'Mount it with the option "rw", and check that the server exports it for writing.',
      });
    }
    await makeRoot(overNetwork(files, above, device), root);
    await probe(overNetwork(files, root, device), root);
  });
  return openNfs(given, files, context);
}

/** The path must be there. It is opened first: that is what makes an automounter mount. */
async function requireMount(
  { allowType }: NfsConfig,
  files: NetworkFiles,
  path: string,
): Promise<{ readonly mount: Mount; readonly device: number }> {
  try {
    return await calling(path, async () => {
      await requireDirectory(files, path);
      const directory = await files.openDirectory(path);
      try {
        const mounts = parseMountInfo(await files.mountInfo());
        const bytePath = Buffer.from(await files.realPath(path)).toString('latin1');
        const mount = requireNetworkMount(mountOf(mounts, bytePath), path, allowType);
        // Asks the server itself: a stale handle is known before anything is read or written.
        await files.freeBytes(path);
        return { mount, device: (await files.stat(path)).device };
      } finally {
        await directory.close().catch(() => undefined);
      }
    });
  } catch (error) {
    throw localFailure(path, error);
  }
}

async function existingAncestor(files: NetworkFiles, path: string): Promise<string> {
  try {
    await calling(path, () => requireDirectory(files, path));
    return path;
  } catch (error) {
    if (!isFailure(error, 'missing') || path === '/') throw error;
    return existingAncestor(files, resolve(path, '..'));
  }
}

/** A call to a server that is away cannot be taken back, only left: it ends when the server returns. */
function nfsFolder(mount: Mount, inner: Storage, release: () => Promise<void>): Storage {
  const { fillReserve, freeReserve, room, sweep } = inner;
  return forwarding(inner, {
    features: { exclusivePut: true, parallelCallsMax: 4, isLocal: false, durability: 'B', listLagMs },
    put: (name, bytes, options) => leaving(options, () => inner.put(name, bytes, options)),
    get: (name, options) => leaving(options, () => inner.get(name, options)),
    stat: (name, options) => leaving(options, () => inner.stat(name, options)),
    async *list(prefix, options) {
      const objects = inner.list(prefix, options)[Symbol.asyncIterator]();
      for (;;) {
        const next = await leaving(options, () => objects.next());
        if (next.done === true) return;
        yield next.value;
      }
    },
    delete: (name, options) => leaving(options, () => inner.delete(name, options)),
    ...(fillReserve && {
      fillReserve: (options) => leaving(options, () => fillReserve.call(inner, options)),
    }),
    ...(freeReserve && {
      freeReserve: (options) => leaving(options, () => freeReserve.call(inner, options)),
    }),
    ...(sweep && { sweep: (before, options) => leaving(options, () => sweep.call(inner, before, options)) }),
    ...(room && { room: (options) => leaving(options, () => room.call(inner, options)) }),
    posture: async () => posture(mount),
    async [Symbol.asyncDispose]() {
      await inner[Symbol.asyncDispose]();
      await release();
    },
  });
}

function posture(mount: Mount): PostureFinding[] {
  const encrypted = isEncrypted(mount);
  return [
    {
      about: 'durability',
      verdict: 'unknown',
      detail: `Whether "${mount.source}" is exported with "sync" cannot be seen from here; with "async" a crash of the server loses what it had acknowledged.`,
    },
    {
      about: 'transport',
      verdict: encrypted === 'yes' ? 'good' : encrypted === 'no' ? 'warning' : 'unknown',
      detail: `Encryption on the way to "${mount.source}" (${mount.type}): ${encrypted}. Objects are sealed either way.`,
    },
  ];
}

async function leaving<Result>(options: CallOptions, run: () => Promise<Result>): Promise<Result> {
  const { signal } = options;
  if (signal.aborted) throw canceled();
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(canceled());
  signal.addEventListener('abort', leave, { once: true });
  const running = run();
  try {
    return await Promise.race([running, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    // Nobody waits any more for a call that was left.
    running.catch(() => undefined);
  }
}

async function inTime<Result>(path: string, context: Context, run: () => Promise<Result>): Promise<Result> {
  const late = AbortSignal.timeout(openMs);
  try {
    return await leaving({ signal: AbortSignal.any([context.signal, late]) }, run);
  } catch (error) {
    if (!isFailure(error, 'canceled') || context.signal.aborted) throw error;
    throw new Failure(
      'unavailable',
      'STORAGE_UNAVAILABLE',
      `the share of "${path}" did not answer in ${openMs / 1000} seconds`,
      { hint: 'Check the server and the network.' },
    );
  }
}

function canceled(): Failure {
  return new Failure('canceled', 'CANCELED', 'the call was canceled');
}
