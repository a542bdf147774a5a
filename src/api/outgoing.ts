// What a call gets, written as the contract has it.

import { Failure } from '../base/failure.ts';
import type { Operation } from './contract/operation.ts';
import type { Reply } from './handler.ts';
import { issueLine } from './incoming.ts';

export interface Answered {
  readonly status: number;
  /** Text of the answer; absent where there is none. */
  readonly text?: string;
  readonly lines?: AsyncIterable<string | Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
  readonly session?: string | null;
}

/** What does not fit the contract does not leave the house: it may be what nobody was to see. */
export function written(
  name: string,
  operation: Operation,
  reply: Reply<unknown>,
  without: readonly string[] = [],
): Answered {
  const headers = {
    ...(reply.etag === undefined ? {} : { etag: reply.etag }),
    ...(reply.location === undefined ? {} : { location: reply.location }),
    ...reply.headers,
  };
  const more = reply.session === undefined ? {} : { session: reply.session };
  const { status, media } = operation;
  if (reply.lines !== undefined) {
    const sent = reply.isPart === true ? 206 : status;
    return { status: sent, headers: { ...headers, 'content-type': media }, lines: reply.lines };
  }
  const read = operation.answer.safeParse(reply.answer);
  if (!read.success) {
    const lines = read.error.issues.slice(0, 3).map(issueLine).join('; ');
    throw new Failure('bug', 'ANSWER_MISFIT', `the answer of "${name}" does not fit the contract: ${lines}`);
  }
  if (status === 204) return { status, headers, ...more };
  const text = media === 'application/json' ? textWithout(reply.answer, without) : String(reply.answer);
  return {
    status,
    headers: { ...headers, 'content-type': media === 'application/json' ? `${media}; charset=utf-8` : media },
    text,
    ...more,
  };
}

function textWithout(value: unknown, fields: readonly string[]): string {
  if (fields.length === 0) return JSON.stringify(value);
  const left = Object.entries(value as object).filter(([name]) => !fields.includes(name));
  return JSON.stringify(Object.fromEntries(left));
}
