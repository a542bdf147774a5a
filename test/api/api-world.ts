// A server of the API on a catalog of its own, with people of each role, and a caller that speaks plain HTTP as programs do.

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { addressOf } from '../../src/api/contract/operation.ts';
import { type Api, type ApiWish, startApi } from '../../src/api/server.ts';
import type { Context } from '../../src/base/context.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { insertGrant } from '../../src/catalog/grants.ts';
import { insertLoginSession } from '../../src/catalog/login-sessions.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { insertToken } from '../../src/catalog/tokens.ts';
import { insertUser } from '../../src/catalog/users.ts';
import { makeOpaque } from '../../src/identity/opaque.ts';
import { apiSchema } from '../../src/model/configuration/watching.ts';
import { type Permission, permissions, type Role } from '../../src/model/permission.ts';
import { scratch, testContext } from '../world.ts';

export interface ApiWorld extends AsyncDisposable {
  readonly catalog: Catalog;
  readonly context: Context & { readonly logged: string[] };
  readonly api: Api;
  /** A person of this role, with a token for everything the role may do; also for acts that ask for a fresh proof. */
  token(role: Role, wish?: TokenWish): Promise<string>;
  /** A person of this role, with a session. */
  session(role: Role, wish?: { readonly freshMs?: number }): Promise<string>;
  call(method: string, path: string, wish?: CallWish): Promise<Answer>;
}

export interface TokenWish {
  readonly isSensitive?: boolean;
  readonly scopes?: readonly Permission[];
  readonly grant?: {
    readonly role: Role;
    readonly policy?: string;
    readonly repository?: string;
    readonly folder?: string;
  };
}

export interface CallWish {
  readonly token?: string;
  readonly session?: string;
  readonly body?: unknown;
  /** As it is, instead of `body`. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of all shapes.
  readonly json: any;
}

export async function apiWorld(
  rules: Record<string, unknown> = {},
  more: Partial<ApiWish> = {},
  /** In place of the real time, for what is counted by the minute. */
  now: () => number = () => Date.now(),
): Promise<ApiWorld> {
  const folder = scratch();
  const logged: string[] = [];
  const base = testContext();
  const tell = (message: string, facts?: object) =>
    void logged.push(`${message} ${JSON.stringify(facts ?? {})}`);
  const context = {
    ...base,
    logged,
    log: { debug: tell, info: tell, warn: tell, error: tell },
    clock: {
      now,
      elapsed: () => performance.now(),
      sleep: (durationMs: number, signal: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          const timer = setTimeout(resolve, durationMs);
          const stop = () => {
            clearTimeout(timer);
            reject(signal.reason);
          };
          if (signal.aborted) stop();
          else signal.addEventListener('abort', stop, { once: true });
        }),
    },
  };
  const catalog = await openCatalog({ location: join(folder.path, 'catalog') }, context);
  const api = await startApi(
    {
      catalog,
      rules: apiSchema.parse({
        listen: '127.0.0.1:0',
        requestsPerMinute: 1_000_000,
        restoreRoots: ['/srv/restored'],
        ...rules,
      }),
      node: 'test-node',
      // Tests that count lines of the audit trail may take long.
      reads: { everyMs: 2_000_000_000, againMs: 2_000_000_000 },
      statistics: async () => ({ metrics: { up: 1 }, policies: {} }),
      metrics: async () => '# TYPE holdfast_up gauge\nholdfast_up 1\n',
      ...more,
    },
    context,
  );
  let people = 0;
  const person = async (role: Role) => {
    people += 1;
    return insertUser(catalog, { name: `${role}-${people}`, role }, context);
  };
  return {
    catalog,
    context,
    api,
    async token(role, { isSensitive = true, scopes = permissions, grant } = {}) {
      const user = await person(role);
      if (grant !== undefined) await insertGrant(catalog, user.id, grant, context);
      const { secret, hash } = makeOpaque('token');
      const wish = {
        hash,
        userId: user.id,
        name: 'test',
        scopes: [...scopes],
        isSensitive,
        lastsMs: 3_600_000,
      };
      await insertToken(catalog, wish, context);
      return secret;
    },
    async session(role, { freshMs = 300_000 } = {}) {
      const user = await person(role);
      const { secret, hash } = makeOpaque('session');
      const wish = {
        hash,
        userId: user.id,
        proof: 'password',
        idleMs: 900_000,
        lastsMs: 3_600_000,
        freshMs,
      };
      await insertLoginSession(catalog, wish, context);
      return secret;
    },
    call: (method, path, wish = {}) => call(api.url, method, path, wish),
    async [Symbol.asyncDispose]() {
      await api.close();
      await catalog.close();
      folder[Symbol.dispose]();
    },
  };
}

export async function call(
  url: string,
  method: string,
  path: string,
  { token, session, body, raw, headers = {} }: CallWish = {},
): Promise<Answer> {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const all: Record<string, string> = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(session === undefined ? {} : { cookie: `__Host-holdfast=${session}` }),
    ...(sent === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(sent)) }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const request = httpRequest({ hostname, port, method, path, headers: all }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(sent);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The address of an operation with its example filled in, or with other parameters. */
export function pathOf(
  operation: {
    readonly path: string;
    readonly example: { readonly params: unknown; readonly query: unknown };
  },
  params: Readonly<Record<string, string>> = {},
): string {
  const filled = addressOf(operation.path, { ...(operation.example.params as object), ...params });
  const query = new URLSearchParams(operation.example.query as Record<string, string>).toString();
  return query === '' ? filled : `${filled}?${query}`;
}
