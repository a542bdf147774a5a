// What client and object server say to each other, in one place: paths, headers, error codes, the lines of a list. For people who write
// another client or server it stands in docs/guides/storage-rest.md.

import { createHash } from 'node:crypto';
import { z } from 'zod/mini';
import { Failure, type FailureKind, failureKinds } from '../../base/failure.ts';

export const protocolVersion = 1;
export const defaultPort = 8640;
/** As with/names.ts; both sides hold to it. */
export const objectBytesMax = 128 * 1024 * 1024;
/** A line of a list; 500 names of 120 characters are far less. */
export const listLineBytesMax = 1024 * 1024;
export const listLineObjects = 500;
/** Names the code of a Failure, also on answers to HEAD, which have no body. Whoever answers without it is no object server. */
export const errorHeader = 'holdfast-error';
export const modifiedHeader = 'holdfast-modified';

/** Nothing in a path is ever decoded: names need no escapes, and what has some is no name. */
export const repositoryNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const about = z.object({
  protocol: z.literal(protocolVersion),
  access: z.enum(['full', 'append-only', 'read-only']),
});

/** Of GET …/room, for this account; empty where the server does not know. */
export const roomAnswer = z.object({
  freeBytes: z.number().check(z.gte(0)),
  totalBytes: z.number().check(z.gte(0)),
});

export const listLine = z.union([
  z.object({
    objects: z
      .array(
        z.object({
          name: z.string(),
          sizeBytes: z.int().check(z.gte(0)),
          modifiedAt: z.int(),
        }),
      )
      .check(z.maxLength(listLineObjects)),
  }),
  z.object({ end: z.literal(true), count: z.int().check(z.gte(0)) }),
]);

/** Content-Digest of RFC 9530: of the bytes of this very message, so of the part where only a part is sent. */
export function digestOf(bytes: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
}

export function isDigest(text: string): boolean {
  return /^sha-256=:[A-Za-z0-9+/]{43}=:$/.test(text);
}

interface Code {
  readonly kind: FailureKind;
  readonly status: number;
}

/** Codes that cross the wire. Others of the server's storage become STORAGE_UNAVAILABLE: they are the business of who runs it. */
const codes: Readonly<Record<string, Code>> = {
  OBJECT_MISSING: { kind: 'missing', status: 404 },
  OBJECT_EXISTS: { kind: 'conflict', status: 412 },
  OBJECT_DIFFERS: { kind: 'corrupt', status: 409 },
  OBJECT_TOO_SHORT: { kind: 'corrupt', status: 416 },
  STORAGE_MISSING: { kind: 'missing', status: 404 },
  STORAGE_NOT_EMPTY: { kind: 'conflict', status: 409 },
  STORAGE_APPEND_ONLY: { kind: 'denied', status: 403 },
  STORAGE_READ_ONLY: { kind: 'denied', status: 403 },
  STORAGE_LOGIN_REFUSED: { kind: 'denied', status: 401 },
  STORAGE_FULL: { kind: 'exhausted', status: 507 },
  STORAGE_DAMAGED_ON_WAY: { kind: 'unavailable', status: 422 },
  STORAGE_UNAVAILABLE: { kind: 'unavailable', status: 503 },
  REQUEST_INVALID: { kind: 'bug', status: 400 },
};

/** `Object.hasOwn`, because the code comes from the other side. */
export function kindOfCode(code: string): FailureKind | undefined {
  return Object.hasOwn(codes, code) ? codes[code]?.kind : undefined;
}

/** What the other side is told of a failure. */
export function wireError(failure: Failure): { readonly code: string; readonly status: number } {
  const known = Object.hasOwn(codes, failure.code) ? codes[failure.code] : undefined;
  if (known !== undefined && known.kind === failure.kind) {
    const asked = failure.facts.status;
    return { code: failure.code, status: typeof asked === 'number' ? asked : known.status };
  }
  return { code: 'STORAGE_UNAVAILABLE', status: failureKinds.unavailable.http };
}

/** For the server: a request that makes no sense. `status` where 400 says too little. */
export function invalidRequest(what: string, status = 400): Failure {
  return new Failure('bug', 'REQUEST_INVALID', what, { facts: { status } });
}

/** Only there may a password cross a connection that is not encrypted. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
