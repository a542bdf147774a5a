// One POST to an endpoint that is not trusted: the address is checked and pinned, redirections are not followed, and of the answer only a
// little is read.

import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { type Resolve, type ResolvedAddress, resolveTarget, type TargetRules } from './addresses.ts';
import { canceled, connectionFailure, statusFailure } from './trouble.ts';

export interface Endpoint {
  readonly url: URL;
  /** For people: holds neither path nor query, which often are the secret. */
  readonly location: string;
  readonly rules: TargetRules;
  readonly authorities?: string | undefined;
  readonly resolve: Resolve;
}

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** More is not read: nobody sends that much to say that a message was taken. */
const answerBytesMax = 64 * 1024;
const retryAfterMax = 24 * 3600 * 1000;

/** The beginning of the answer, for endpoints that hide a refusal in it; fails for any status but 2xx. */
export async function post(endpoint: Endpoint, { headers, body }: Post, context: Context): Promise<string> {
  const { url, location, rules, resolve } = endpoint;
  requireScheme(endpoint);
  const addresses = await resolveTarget(hostOf(url), rules, resolve);
  if (context.signal.aborted) throw canceled();
  const isTls = url.protocol === 'https:';
  const bytes = Buffer.from(body);
  const options: RequestOptions & { ca?: string } = {
    method: 'POST',
    // A connection of its own: a kept one would outlive the check of its address.
    agent: false,
    lookup: pinned(addresses),
    headers: {
      'user-agent': 'holdfast',
      ...headers,
      'content-length': String(bytes.length),
      connection: 'close',
    },
    signal: context.signal,
    ...(isTls ? { minVersion: 'TLSv1.2' as const } : {}),
    ...(isTls && endpoint.authorities !== undefined ? { ca: endpoint.authorities } : {}),
  };
  try {
    const response = await new Promise<IncomingMessage>((resolved, rejected) => {
      const request = (isTls ? tlsRequest : plainRequest)(url, options, resolved);
      request.once('error', rejected);
      request.end(bytes);
    });
    // Later errors end the reading of the answer, too; the request itself must not throw them at nobody.
    const answer = await readAnswer(response);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw statusFailure(location, status, retryAfterMs(response.headers['retry-after'], context));
  } catch (error) {
    if (context.signal.aborted && !(error instanceof Failure)) throw canceled();
    throw connectionFailure(location, error);
  }
}

/** Yields only what was checked, however often and for whatever the connection asks. */
export function pinned(addresses: readonly ResolvedAddress[]): NonNullable<RequestOptions['lookup']> {
  return (_, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first!.address, first!.family);
  };
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size > answerBytesMax) break;
  }
  return Buffer.concat(parts).subarray(0, answerBytesMax).toString('utf8');
}

/** Seconds, or a date. */
function retryAfterMs(header: string | undefined, { clock }: Context): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  const wanted = Number.isNaN(seconds) ? Date.parse(header) - clock.now() : seconds * 1000;
  return Number.isFinite(wanted) ? Math.round(Math.min(Math.max(wanted, 0), retryAfterMax)) : undefined;
}

/** Without brackets, as resolvers and checks want it. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Other services must not be spoken to in HTTP: below 1024 only its own two ports. */
function requireScheme({ url, location }: Endpoint): void {
  const port = url.port === '' ? undefined : Number(url.port);
  const isPort = port === undefined || port === 80 || port === 443 || port >= 1024;
  const isPlainHere = url.protocol === 'http:' && /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  if (isPort && (url.protocol === 'https:' || isPlainHere)) return;
  throw new Failure('usage', 'CHANNEL_ENDPOINT_INVALID', `"${location}" is no endpoint for messages`, {
    hint: 'An endpoint begins with "https:" and has port 443 or one from 1024 on; "http:" is for this machine alone.',
  });
}
