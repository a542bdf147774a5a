// HashiCorp Vault or OpenBao with integrated storage as a source: a raft snapshot over the HTTP API, read as a stream and proven by the sums
// inside it before its end counts. It is encrypted by Vault's own barrier: the unseal keys are no part of it, and of no backup of ours.

import { Worker } from 'node:worker_threads';
import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { Gathering, gatheredSource, gatheredTree, type Stream } from './gathered.ts';
import type { SourceKind } from './source.ts';
import type { VaultConnection } from './vault/client.ts';
import type { ReaderSetup } from './vault/reader-thread.ts';
import { makeRing, RingReader } from './vault/ring.ts';
import { type AppRole, checkRight, checkVault, logIn, logOut } from './vault/session.ts';

const config = z.object({
  /** Absent where nothing is asked: worker threads read only what was gathered. */
  connection: z.optional(
    z.object({
      address: z.string(),
      /** Secret. */
      token: z.string(),
      namespace: z.optional(z.string()),
      ca: z.optional(z.string()),
    }),
  ),
  folder: z.string(),
  tree: gatheredTree,
});
export type VaultConfig = z.infer<typeof config>;

export interface VaultRequest {
  readonly address: string;
  readonly namespace?: string;
  readonly ca?: string;
  /** Secret: a token, or what is exchanged for one. */
  readonly access: { readonly token: string } | { readonly appRole: AppRole };
}

const vault: SourceKind<VaultConfig> = {
  name: 'vault',
  title: 'HashiCorp Vault or OpenBao',
  config: { parse: (input) => config.parse(input) as VaultConfig },
  open: ({ connection, folder, tree }) =>
    gatheredSource({
      location: folder,
      tree,
      stream() {
        if (connection !== undefined) return openSnapshot(connection as VaultConnection);
        throw new Failure('bug', 'ASSERTION_FAILED', 'a worker thread asks Vault');
      },
    }),
};
export default vault;

const note =
  'The snapshot is encrypted by this cluster. Whoever restores it needs the unseal keys, or the key of its auto-unseal, that were valid when it was made.';

export interface VaultVisit {
  readonly config: VaultConfig;
  /** Ends what was begun with Vault. */
  leave(): Promise<void>;
}

/** Asks whether a snapshot can be made, and for nothing more. */
export async function visitVault(request: VaultRequest, context: Context): Promise<VaultVisit> {
  const { address, namespace, ca, access } = request;
  const { signal, clock } = context;
  const pause = (durationMs: number) => clock.sleep(durationMs, signal);
  const place = {
    address,
    ...(namespace === undefined ? {} : { namespace }),
    ...(ca === undefined ? {} : { ca }),
  };
  const { about } = await checkVault(place, pause, signal);
  const token = 'token' in access ? access.token : await logIn(place, access.appRole, pause, signal);
  const connection = { ...place, token };
  const leave = async () => {
    if ('token' in access || (await logOut(connection, pause))) return;
    context.log.warn('the token that Vault gave for this backup could not be revoked; it expires by itself');
  };
  try {
    await checkRight(connection, pause, signal);
  } catch (error) {
    await leave();
    throw error;
  }
  const folder = `/vault/${about.host.replace(/[^A-Za-z0-9.-]/g, '_')}`;
  const now = clock.now();
  const gathering = new Gathering();
  gathering.addJson(`${folder}/about.json`, { ...about, note }, now);
  gathering.addStream(`${folder}/raft.snap`, now);
  return { config: { connection, folder, tree: gathering.end(now) }, leave };
}

function openSnapshot(connection: VaultConnection): Stream {
  const ring = makeRing();
  const file = import.meta.url.endsWith('.ts') ? './vault/reader-thread.ts' : './vault/reader-thread.js';
  const setup: ReaderSetup = { ring, connection };
  const thread = new Worker(new URL(file, import.meta.url), { workerData: setup });
  // What stops the thread is told through the ring.
  thread.on('error', () => undefined);
  const reader = new RingReader(ring);
  return {
    read: (buffer) => reader.read(buffer),
    close() {
      thread.unref();
      thread.terminate().catch(() => undefined);
      new Uint8Array(ring).fill(0);
    },
  };
}
