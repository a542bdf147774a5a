// The double of Google Cloud Storage for one test file, and accounts on it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GcsConfig } from '../../src/storage/gcs/client.ts';
import gcs from '../../src/storage/gcs.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { Json } from '../servers/gcs-buckets.ts';
import {
  type GcsDouble,
  type GcsState,
  newAccount,
  newGcsState,
  type Permission,
  startGcsDouble,
} from '../servers/gcs-double.ts';
import { serverFolder } from '../servers/process.ts';
import { stillContext } from './storage-world.ts';

export const context = stillContext();
/** What no failure may show. */
export const secrets: readonly string[] = ['PRIVATE KEY', 'Bearer ', 'eyJ'];

type Fields = Readonly<Record<string, unknown>>;

export interface GcsWorld extends AsyncDisposable {
  readonly state: GcsState;
  readonly server: GcsDouble;
  readonly folder: string;
  /** Of an account that may do everything. */
  readonly key: Json;
  /** The path of the key file of a new account with these rights. */
  account(name: string, may?: readonly Permission[]): string;
  config(bucket: string, more?: Fields): GcsConfig;
  /** Makes the bucket, too. */
  create(bucket: string, more?: Fields): Promise<Storage>;
  open(bucket: string, more?: Fields): Promise<Storage>;
}

export async function startGcsWorld(): Promise<GcsWorld> {
  const folder = serverFolder();
  const state = newGcsState();
  const server = await startGcsDouble(state);
  const write = (name: string, key: Json) => {
    const path = join(folder.path, `${name}.json`);
    writeFileSync(path, JSON.stringify(key), { mode: 0o600 });
    return path;
  };
  const key = newAccount(state, 'everything');
  const keyFile = write('everything', key);
  const config = (bucket: string, more: Fields = {}) =>
    gcs.config.parse({ bucket, endpoint: server.endpoint, project: 'project', keyFile, ...more });
  return {
    state,
    server,
    folder: folder.path,
    key,
    account: (name, may) => write(name, newAccount(state, name, may)),
    config,
    create: (bucket, more) => gcs.create(config(bucket, more), context),
    open: (bucket, more) => gcs.open(config(bucket, more), context),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
