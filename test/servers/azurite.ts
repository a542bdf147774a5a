// Azurite, Microsoft's own emulator of Azure Blob Storage, as a process. It has no versions, no immutability policies and no soft delete.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { accepts, freePort, type ServerProcess, startServer } from './process.ts';

export const account = 'acct';
export const accountKey = Buffer.from('a key of the tests, long enough to be one').toString('base64');

export interface Azurite extends AsyncDisposable {
  readonly port: number;
  /** What the option "endpoint" takes; `port` may be that of a proxy. */
  endpoint(port?: number): string;
  readonly process: ServerProcess;
  /**
   * Azurite keeps its tables in memory and writes them every few seconds, one after the other: resolves when these blobs, and where their
   * bytes are, stand on the disk. Whoever may have to kill it waits for what may not be lost.
   */
  kept(container: string, names: readonly string[]): Promise<void>;
}

export interface AzuriteOptions {
  readonly folder: string;
  /** To start again where it was. */
  readonly port?: number;
  /** With it, tokens of an identity are accepted as well; of these Azurite checks all but the signature. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const port = options.port ?? (await freePort());
  const { tls } = options;
  const server = await startServer({
    program: process.execPath,
    arguments: [
      join(import.meta.dirname, '../../node_modules/azurite/dist/src/blob/main.js'),
      ...['--silent', '--disableTelemetry', '--skipApiVersionCheck', '--location', options.folder],
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ...(tls === undefined ? [] : ['--cert', tls.certificate, '--key', tls.key, '--oauth', 'basic']),
    ],
    environment: { AZURITE_ACCOUNTS: `${account}:${accountKey}` },
    folder: options.folder,
    isReady: () => accepts(port),
    // It writes its tables when it is asked to leave: killed before, it has lost them.
    leaveMs: 60_000,
  });
  return {
    port,
    endpoint: (at = port) => `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${at}/${account}`,
    process: server,
    async kept(container, names) {
      while (!areKept(options.folder, container, names)) await pause(50);
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

interface BlobRow {
  readonly containerName: string;
  readonly name: string;
  readonly persistency?: { readonly id: string; readonly offset: number; readonly count: number };
}

function areKept(folder: string, container: string, names: readonly string[]): boolean {
  const blobs = rowsOf<BlobRow>(join(folder, '__azurite_db_blob__.json'), '$BLOBS_COLLECTION$');
  const extents = rowsOf<{ readonly id: string; readonly size: number }>(
    join(folder, '__azurite_db_blob_extent__.json'),
    '$EXTENTS_COLLECTION$',
  );
  const sizes = new Map(extents.map(({ id, size }) => [id, size]));
  const kept = new Set(
    blobs
      .filter(({ persistency: at }) => at !== undefined && (sizes.get(at.id) ?? 0) >= at.offset + at.count)
      .filter(({ containerName }) => containerName === container)
      .map(({ name }) => name),
  );
  return names.every((name) => kept.has(name));
}

/** The file is replaced by renaming, so it is never half written. */
function rowsOf<Row>(path: string, collection: string): readonly Row[] {
  if (!existsSync(path)) return [];
  const { collections } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly collections: readonly { readonly name: string; readonly data: readonly Row[] }[];
  };
  return collections.find(({ name }) => name === collection)?.data ?? [];
}
