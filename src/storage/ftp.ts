// A folder on an FTP server, by explicit TLS unless the user accepts to do without: what can be configured, and how it is opened.

import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { readAddress } from './address.ts';
import { FtpStorage } from './ftp/storage.ts';
import { fingerprintPattern, readTrust } from './network/certificates.ts';
import { requireEmpty } from './network/folder-root.ts';
import type { Storage, StorageKind } from './storage.ts';

const plainText = z.string().check(z.regex(/^[^\x00-\x1f\x7f]*$/, 'control characters are not allowed'));

export const ftpConfig = z.strictObject({
  host: plainText.check(z.minLength(1, 'the URL names no server')),
  port: z.optional(z.int().check(z.minimum(1), z.maximum(65535))),
  user: z._default(plainText, 'anonymous'),
  password: z.optional(plainText),
  /** Below the folder of the login; from the root of the server with a slash in front. */
  path: z._default(plainText, ''),
  /** No encryption at all. */
  allowPlaintext: z._default(z.boolean(), false),
  /** Authorities in place of the system's, in PEM. */
  caFile: z.optional(z.string()),
  /** SHA-256 of the server's certificate, which alone is then trusted. */
  fingerprint: z.optional(z.string().check(z.regex(fingerprintPattern, 'SHA-256, 64 hexadecimal digits'))),
});
export type FtpConfig = z.infer<typeof ftpConfig>;

const ftp: StorageKind<FtpConfig> = {
  scheme: 'ftp',
  title: 'FTP server, explicit TLS',
  config: ftpConfig,
  secretFields: ['password'],
  fromUrl: (url) => ftpFromUrl(url, ['ca-file', 'fingerprint', 'allow-plaintext']),
  open: (config, context) => openFtp('ftp', config, context),
  create: (config, context) => createFtp('ftp', config, context),
};
export default ftp;

export function ftpFromUrl(url: string, options: readonly string[]): Readonly<Record<string, unknown>> {
  const address = readAddress(url, options, 'ftp://user@host/folder');
  const { 'ca-file': caFile, fingerprint, 'allow-plaintext': allowPlaintext } = address.options;
  return {
    host: address.host,
    ...(address.port === undefined ? {} : { port: address.port }),
    ...(address.user === undefined ? {} : { user: address.user }),
    path: `${address.isFromRoot ? '/' : ''}${address.path.join('/')}`,
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

export async function openFtp(scheme: 'ftp' | 'ftps', config: FtpConfig, context: Context): Promise<Storage> {
  const storage = await connect(scheme, config, context);
  return orClose(storage, () => storage.requireRoot(context.signal));
}

export async function createFtp(
  scheme: 'ftp' | 'ftps',
  config: FtpConfig,
  context: Context,
): Promise<Storage> {
  const storage = await connect(scheme, config, context);
  return orClose(storage, async () => {
    await storage.makeRoot(context.signal);
    await requireEmpty(storage.location, (prefix) => storage.list(prefix, { signal: context.signal }));
  });
}

async function connect(scheme: 'ftp' | 'ftps', config: FtpConfig, context: Context): Promise<FtpStorage> {
  const { host, user, path, allowPlaintext } = config;
  const tls = scheme === 'ftps' ? 'implicit' : allowPlaintext ? 'none' : 'explicit';
  const server = {
    host,
    port: config.port ?? (tls === 'implicit' ? 990 : 21),
    user,
    password: config.password ?? (user === 'anonymous' ? 'guest' : ''),
    tls,
    trust: await readTrust(config.caFile, config.fingerprint),
  } as const;
  const root = path.replace(/\/+$/, '') || (path.startsWith('/') ? '/' : '');
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const shownPort = config.port === undefined ? '' : `:${config.port}`;
  const location = `${scheme}://${encodeURIComponent(user)}@${shownHost}${shownPort}/${encodeURI(root)}`;
  if (tls === 'none') {
    context.log.warn(
      'this FTP connection is not encrypted: the password, the names and sizes of all objects and the times of all backups can be read on the way; what the objects hold stays sealed',
      { location },
    );
  }
  return new FtpStorage(location, root, server);
}

async function orClose(storage: FtpStorage, run: () => Promise<void>): Promise<Storage> {
  try {
    await run();
    return storage;
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}
