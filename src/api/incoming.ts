// What a call brings, read as the contract has it: address, query, body, and the condition of a change.

import type { z } from 'zod';
import { Failure } from '../base/failure.ts';
import type { Principal } from '../identity/access.ts';
import { pathText } from '../model/configuration/issues.ts';
import type { Operation } from './contract/operation.ts';

/** What the line brought, before anything was believed. */
export interface Asked {
  readonly id: string;
  readonly address: string;
  readonly host: string;
  readonly agent: string | undefined;
  readonly session: string | undefined;
  readonly token: string | undefined;
  readonly principal: Principal | undefined;
  /** Of the catalog when the call had come; read already where somebody was looked up. */
  readonly mark: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly path: string;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly approval: string | undefined;
  /** Asks for one, where it is needed and not there. */
  readonly approvalReason: string | undefined;
  readonly lastEventId: string | undefined;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export function understood<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: 'address' | 'query' | 'body',
): z.output<Schema> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const lines = read.error.issues.slice(0, 10).map(issueLine);
  throw new Failure('usage', 'REQUEST_INVALID', `the ${where} is not understood: ${lines.join('; ')}`, {
    hint: 'Compare it with the description of the operation at /api/docs.',
  });
}

/** Some programs send `{}` where nothing is wanted. */
export function bodyOf({ body: schema }: Operation, body: unknown): unknown {
  const isEmpty =
    body !== null && typeof body === 'object' && !Array.isArray(body) && Object.keys(body).length === 0;
  return isEmpty && schema.safeParse(undefined).success ? undefined : body;
}

export function revisionOf({ ifMatch, ifNoneMatch }: Asked): number | undefined {
  if (ifNoneMatch !== undefined && ifMatch === undefined && ifNoneMatch === '*') return 0;
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const revision = /^"([1-9]\d{0,9})"$/.exec(ifMatch ?? '')?.[1];
  if (revision !== undefined && ifNoneMatch === undefined) return Number(revision);
  throw new Failure('usage', 'CONDITION_INVALID', 'the condition of the request is not understood', {
    hint: 'Send If-Match with the ETag of the answer, as it was, or If-None-Match: *.',
  });
}

export function issueLine({
  path,
  message,
}: {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}): string {
  return path.length === 0 ? message : `${pathText(path)} ${message}`;
}
