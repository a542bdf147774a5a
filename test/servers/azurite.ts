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
  /** Azurite keeps its tables in memory and writes them every few seconds: resolves when this container is on the disk. */
  kept(container: string): Promise<void>;
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
  });
  return {
    port,
    endpoint: (at = port) => `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${at}/${account}`,
    process: server,
    async kept(container) {
      const tables = join(options.folder, '__azurite_db_blob__.json');
      while (!(existsSync(tables) && readFileSync(tables, 'utf8').includes(`"${container}"`)))
        await pause(50);
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
