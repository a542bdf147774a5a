// A folder on a WebDAV server: what can be configured, and how it is opened.

import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { readAddress } from './address.ts';
import { fingerprintPattern, readTrust } from './network/certificates.ts';
import { requireEmpty } from './network/folder-root.ts';
import type { Storage, StorageKind } from './storage.ts';
import { encodePath, WebdavStorage } from './webdav/storage.ts';

export const webdavConfig = z.strictObject({
  host: z.string().check(z.regex(/^[^\s/@]+$/, 'the URL names no server')),
  port: z.optional(z.int().check(z.minimum(1), z.maximum(65535))),
  path: z._default(z.string(), ''),
  user: z.optional(z.string().check(z.regex(/^[^:\r\n]*$/, 'a user name has no colon'))),
  password: z.optional(z.string()),
  /** A bearer token, in place of user and password. */
  token: z.optional(z.string().check(z.regex(/^[\x21-\x7e]+$/, 'a token is one word'))),
  /** No encryption at all, beyond this machine. */
  allowPlaintext: z._default(z.boolean(), false),
  /** Authorities in place of the system's, in PEM. */
  caFile: z.optional(z.string()),
  /** SHA-256 of the server's certificate, which alone is then trusted. */
  fingerprint: z.optional(z.string().check(z.regex(fingerprintPattern, 'SHA-256, 64 hexadecimal digits'))),
});
export type WebdavConfig = z.infer<typeof webdavConfig>;
type Scheme = 'webdav' | 'webdavs';

const webdav: StorageKind<WebdavConfig> = {
  scheme: 'webdav',
  title: 'WebDAV server, not encrypted',
  config: webdavConfig,
  secretFields: ['password', 'token'],
  fromUrl: (url) => webdavFromUrl(url, ['allow-plaintext']),
  open: (config, context) => openWebdav('webdav', config, context),
  create: (config, context) => createWebdav('webdav', config, context),
};
export default webdav;

export function webdavFromUrl(url: string, options: readonly string[]): Readonly<Record<string, unknown>> {
  const address = readAddress(url, options, 'webdavs://user@host/folder');
  const { 'ca-file': caFile, fingerprint, 'allow-plaintext': allowPlaintext } = address.options;
  return {
    host: address.host,
    ...(address.port === undefined ? {} : { port: address.port }),
    ...(address.user === undefined ? {} : { user: address.user }),
    path: address.path.join('/'),
    ...(caFile === undefined ? {} : { caFile }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    // Anything but the two words is left to the schema to refuse.
    ...(allowPlaintext === undefined
      ? {}
      : {
          allowPlaintext:
            ({ true: true, false: false } as Record<string, boolean>)[allowPlaintext] ?? allowPlaintext,
        }),
  };
}

export async function openWebdav(scheme: Scheme, config: WebdavConfig, context: Context): Promise<Storage> {
  const storage = await connect(scheme, config, context);
  return orClose(storage, () => storage.requireRoot(context.signal));
}

export async function createWebdav(scheme: Scheme, config: WebdavConfig, context: Context): Promise<Storage> {
  const storage = await connect(scheme, config, context);
  return orClose(storage, async () => {
    await storage.makeRoot(context.signal);
    await requireEmpty(storage.location, (prefix) => storage.list(prefix, { signal: context.signal }));
  });
}

async function connect(scheme: Scheme, config: WebdavConfig, context: Context): Promise<WebdavStorage> {
  const { host, user, password, token, allowPlaintext } = config;
  const isEncrypted = scheme === 'webdavs';
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const shownPort = config.port === undefined ? '' : `:${config.port}`;
  const shownUser = user === undefined ? '' : `${encodeURIComponent(user)}@`;
  const root = `/${config.path
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
  const location = `${scheme}://${shownUser}${shownHost}${shownPort}${encodePath(root)}`;
  if (!isEncrypted && !isLoopback(host)) {
    if (!allowPlaintext) {
      throw new Failure('usage', 'STORAGE_PLAINTEXT', `"${location}" is not encrypted on the way`, {
        hint: 'Use "webdavs:". If the server has no TLS and the network is trusted, accept that password and names can be read with allow-plaintext=true.',
      });
    }
    context.log.warn(
      'this WebDAV connection is not encrypted: the password, the names and sizes of all objects and the times of all backups can be read on the way; what the objects hold stays sealed',
      { location },
    );
  }
  const port = config.port ?? (isEncrypted ? 443 : 80);
  const trust = await readTrust(config.caFile, config.fingerprint);
  const credentials = { user, password, token };
  return new WebdavStorage(location, root, { host, port, isEncrypted, trust, credentials });
}

async function orClose(storage: WebdavStorage, run: () => Promise<void>): Promise<Storage> {
  try {
    await run();
    return storage;
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
