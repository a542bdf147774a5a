// How a bucket of Google Cloud Storage is reached. Google's library for credentials makes and signs the calls; the JSON API is spoken
// directly, because the classes of Google's library for storage cannot cancel a call and let no call have its own connection limits.

import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { GoogleAuth, JWT } from 'google-auth-library';
import { z } from 'zod/mini';
import { Failure } from '../../base/failure.ts';
import { readAddress } from '../address.ts';
import { canceled, checkEndpoint } from '../network/cloud-failure.ts';
import { type Agent, patientAgent } from '../network/patient-agent.ts';

const example = 'gcs://bucket/folder';
export const gcsClasses = ['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'] as const;
const retentionModes = ['Unlocked', 'Locked'] as const;

export const gcsConfig = z.strictObject({
  bucket: z
    .string()
    .check(
      z.regex(
        /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/,
        'a bucket has lower-case letters, digits, dots, hyphens and underscores',
      ),
    ),
  prefix: z.optional(z.string().check(z.regex(/^[^\0\r\n]{1,800}$/, 'is too long or holds a line break'))),
  /** Of private connections and regions; absent: the public one. */
  endpoint: z.optional(z.string()),
  /** Owns a bucket that is made. */
  project: z.optional(z.string()),
  /** Where a bucket is made; absent: as the service chooses. */
  location: z.optional(z.string()),
  /** Of objects that are not told otherwise; absent: as the bucket has it. */
  storageClass: z.optional(z.enum(gcsClasses, `must be one of ${gcsClasses.join(', ')}`)),
  /** Whether who may administrate the bucket can lift what `retain` has set. */
  retention: z.optional(z.enum(retentionModes, `must be one of ${retentionModes.join(', ')}`)),
  /** The key of a service account; absent: what this machine offers. */
  keyFile: z.optional(z.string()),
  caFile: z.optional(z.string()),
});
export type GcsConfig = z.infer<typeof gcsConfig>;

const optionFields: Readonly<Record<string, keyof GcsConfig>> = {
  endpoint: 'endpoint',
  project: 'project',
  location: 'location',
  'storage-class': 'storageClass',
  retention: 'retention',
  'key-file': 'keyFile',
  'ca-file': 'caFile',
};

export function gcsFromUrl(url: string): Readonly<Record<string, unknown>> {
  const address = readAddress(url, Object.keys(optionFields), example);
  const options = Object.entries(address.options).map(([name, value]) => [optionFields[name], value]);
  return {
    bucket: address.hostAsWritten,
    ...(address.path.length === 0 ? {} : { prefix: address.path.join('/') }),
    ...Object.fromEntries(options),
  };
}

export interface GcsCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** After the endpoint, such as "/storage/v1/b/name"; or a whole URL that the service gave. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: object;
  readonly body?: Uint8Array;
  /** The answer as a stream, instead of as JSON. */
  readonly asStream?: boolean;
  readonly signal: AbortSignal;
}

export interface GcsReply {
  readonly status: number;
  readonly headers: Headers;
  readonly data: unknown;
}

export interface GcsConnection {
  readonly endpoint: string;
  readonly agent: Agent;
  call(call: GcsCall): Promise<GcsReply>;
}

export async function connectGcs(config: GcsConfig, connectionsMax: number): Promise<GcsConnection> {
  const endpoint = (config.endpoint ?? 'https://storage.googleapis.com').replace(/\/+$/, '');
  checkEndpoint(endpoint);
  const auth = await authOf(config);
  const agent = await patientAgent(endpoint, { connectionsMax, caFile: config.caFile });
  return {
    endpoint,
    agent,
    async call({ method, path, query, headers, json, body, asStream, signal }) {
      const url = new URL(/^https?:/.test(path) ? path : endpoint + path);
      for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
      const reply = await orCanceled(
        auth.request({
          url: url.href,
          method,
          agent,
          signal,
          retry: false,
          ...(headers === undefined ? {} : { headers: { ...headers } }),
          ...(json === undefined ? {} : { data: json }),
          ...(body === undefined ? {} : { data: body }),
          responseType: asStream === true ? 'stream' : 'json',
          validateStatus: (status: number) => (status >= 200 && status < 300) || status === 308,
        }),
        signal,
      );
      return { status: reply.status, headers: reply.headers, data: reply.data };
    },
  };
}

/** The fetching of a token knows no signal, so that it is left to itself. */
function orCanceled<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(canceled());
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

const scopes = 'https://www.googleapis.com/auth/devstorage.full_control';

/** Without a key file, the library reads the environment (GOOGLE_…) and the files of gcloud, and asks the machine that it runs on. */
async function authOf({ keyFile }: GcsConfig): Promise<GoogleAuth | JWT> {
  const key = keyFile === undefined ? undefined : await readKeyFile(keyFile);
  const library = await import('google-auth-library');
  const auth = key === undefined ? new library.GoogleAuth({ scopes }) : new library.JWT(signerOf(key));
  // The key of a service account signs its calls itself: no token has to be fetched first.
  auth.useJWTAccessWithScope = true;
  return auth;
}

function signerOf({ client_email: email, private_key: key, private_key_id: keyId }: ServiceAccount) {
  return { email, key, scopes, ...(keyId === undefined ? {} : { keyId }) };
}

const serviceAccount = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.optional(z.string()),
});
type ServiceAccount = z.infer<typeof serviceAccount>;

/** Only keys of service accounts: the other kinds of credential files name commands and addresses that the library would follow. */
async function readKeyFile(path: string): Promise<ServiceAccount> {
  const fail = (why: string) =>
    new Failure('usage', 'STORAGE_FILE_UNREADABLE', `the key file "${path}" ${why}`, {
      hint: 'The option key-file names the JSON file that Google gives for the key of a service account. Other kinds are named by GOOGLE_APPLICATION_CREDENTIALS.',
    });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fail(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  // The errors of the parsers would quote the file.
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fail('is no JSON');
  }
  const key = serviceAccount.safeParse(json);
  if (!key.success) throw fail('is no key of a service account');
  try {
    createPrivateKey(key.data.private_key);
  } catch {
    throw fail('holds a private key that cannot be used');
  }
  return key.data;
}
