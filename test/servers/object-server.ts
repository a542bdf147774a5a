// Object servers for tests: in this process, with accounts whose passwords are cheap to check, and certificates made by openssl.

import { spawnSync } from 'node:child_process';
import { createHash, scryptSync, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../src/base/context.ts';
import type { Facts } from '../../src/base/failure.ts';
import { noSecrets, openStorage, type SecretOf } from '../../src/storage/all.ts';
import { type Account, parseAccounts } from '../../src/storage/rest/accounts.ts';
import { type ObjectServer, type ObjectServerOptions, serveObjects } from '../../src/storage/rest/server.ts';
import rest from '../../src/storage/rest.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { testContext } from '../world.ts';
import { accepts, findProgram, type ServerProcess, startServer } from './process.ts';

export const password = 'horse-Pferd-ünsicher';
export const token = 'hf_0123456789abcdefghij';

/** Rounds that cost a millisecond: what is tested is not how hard guessing is. */
export function cheapHash(secret: string): string {
  const salt = Buffer.alloc(16, 7);
  const hash = scryptSync(secret.normalize('NFC'), salt, 32, { N: 2 ** 10, r: 1, p: 1 });
  return `scrypt$10$1$1$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

export const accountLines = [
  `alice:${cheapHash(password)}`,
  `bob:${cheapHash(password)}`,
  `writer:${cheapHash(password)}:append-only,folder=alice`,
  `second:${cheapHash(password)}:append-only,folder=alice`,
  `reader:${cheapHash(password)}:read-only,folder=alice`,
  `small:${cheapHash(password)}:quota=1M`,
  `robot:sha256$${createHash('sha256').update(token).digest('hex')}`,
].join('\n');

export const accounts: readonly Account[] = parseAccounts(accountLines);

export interface LoggingContext extends Context {
  readonly lines: { readonly message: string; readonly facts: Facts }[];
}

export function loggingContext(): LoggingContext {
  const lines: LoggingContext['lines'] = [];
  const log = (message: string, facts: Facts = {}) => void lines.push({ message, facts });
  return { ...testContext(), lines, log: { debug: log, info: log, warn: log, error: log } };
}

export function startObjects(
  folder: string,
  more: Partial<ObjectServerOptions> = {},
  context: Context = testContext(),
): Promise<ObjectServer> {
  return serveObjects({ folder, accounts, host: '127.0.0.1', port: 0, ...more }, context);
}

/** On the same data and port as before, after a kill. */
export async function startObjectProcess(folder: string, port: number): Promise<ServerProcess> {
  const accountsFile = join(folder, '.accounts');
  writeFileSync(accountsFile, accountLines);
  return startServer({
    program: process.execPath,
    arguments: [join(import.meta.dirname, 'object-server-process.ts'), folder, String(port), accountsFile],
    folder,
    isReady: () => accepts(port),
  });
}

export const withPassword: SecretOf = async (field) => (field === 'password' ? password : undefined);

export function urlFor(port: number, user = 'alice', name = 'repository'): string {
  return `rest://${user}@127.0.0.1:${port}/${name}`;
}

export function openAs(port: number, user = 'alice', name = 'repository'): Promise<Storage> {
  return openStorage(urlFor(port, user, name), withPassword, testContext());
}

export async function createAs(port: number, user = 'alice', name = 'repository'): Promise<Storage> {
  return rest.create(
    rest.config.parse({ ...rest.fromUrl(urlFor(port, user, name)), password }),
    testContext(),
  );
}

export const openWithoutSecrets = (url: string) => openStorage(url, noSecrets, testContext());

export interface Certificate {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly certificatePath: string;
  readonly sha256: string;
}

/** Self-signed, for the given name or address. */
export function makeCertificate(folder: string, name: string, alternative: string): Certificate {
  const keyPath = join(folder, `${name}.key`);
  const certificatePath = join(folder, `${name}.pem`);
  const { status, stderr } = spawnSync(
    findProgram('openssl') ?? 'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ].concat(
      ['-keyout', keyPath, '-out', certificatePath, '-subj', `/CN=${name}`],
      ['-addext', `subjectAltName=${alternative}`],
    ),
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  const certificate = readFileSync(certificatePath);
  const sha256 = new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
  return { certificate, key: readFileSync(keyPath), certificatePath, sha256 };
}
