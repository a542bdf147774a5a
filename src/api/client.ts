// Calls the API with the types of the contract: for the dashboard, scripts and other programs, in a browser or not. What it sends and gets is
// the contract's; what the server refuses comes as an ApiProblem.

import type { z } from 'zod';
import { addressOf, type Operation } from './contract/operation.ts';
import { type Contract, contract, type OperationName } from './contract.ts';

export interface ClientWish {
  /** "https://backup.example.org"; empty for the page's own server. */
  readonly url: string;
  /** In a browser the session cookie goes along by itself. */
  readonly token?: string;
  readonly fetch?: typeof fetch;
}

/** Those parts that the operation takes. */
export type Ask<Name extends OperationName> = Part<'params', Contract[Name]['params']> &
  Part<'query', Contract[Name]['query']> &
  Part<'body', Contract[Name]['body']>;

type Part<Key extends string, Schema extends z.ZodType> =
  z.input<Schema> extends Record<string, never> | undefined
    ? { readonly [key in Key]?: z.input<Schema> }
    : Record<string, never> extends z.input<Schema>
      ? { readonly [key in Key]?: z.input<Schema> }
      : { readonly [key in Key]: z.input<Schema> };

export interface Manners {
  /** The same key with the same request has one effect, however often it is sent. */
  readonly idempotencyKey?: string;
  /** The ETag of what is to be changed. */
  readonly ifMatch?: string;
  /** Only when there is none yet. */
  readonly ifNone?: boolean;
  /** Of a second person. */
  readonly approval?: string;
  /** Why a second person should approve it. */
  readonly approvalReason?: string;
  readonly signal?: AbortSignal;
}

export interface Got<Name extends OperationName> {
  readonly answer: z.output<Contract[Name]['answer']>;
  readonly status: number;
  readonly etag: string | undefined;
}

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  /** To name when asking for help. */
  readonly request: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>, retryAfter: string | null) {
    const text = (key: string) => (typeof body[key] === 'string' ? (body[key] as string) : undefined);
    super(text('detail') ?? text('title') ?? `HTTP ${status}`);
    this.status = status;
    this.code = text('code') ?? 'UNKNOWN';
    this.hint = text('hint');
    this.request = text('request');
    this.retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
    this.facts = (body['facts'] ?? {}) as Readonly<Record<string, unknown>>;
  }
}

export interface Client {
  call<Name extends OperationName>(name: Name, ask: Ask<Name>, manners?: Manners): Promise<Got<Name>>;
  /** The answer as it comes, for what is too large to be kept in memory. Its body breaks off with an error where not all of it came. */
  open<Name extends OperationName>(name: Name, ask: Ask<Name>, manners?: Manners): Promise<Response>;
  /** All items of a list, page by page. */
  all<Name extends ListName>(name: Name, ask: Ask<Name>): AsyncGenerator<ItemOf<Name>>;
}

type ListName = {
  [Name in OperationName]: z.output<Contract[Name]['answer']> extends {
    items: unknown[];
    next?: string | undefined;
  }
    ? Name
    : never;
}[OperationName];
type ItemOf<Name extends ListName> =
  z.output<Contract[Name]['answer']> extends { items: (infer Item)[] } ? Item : never;

export function createClient({ url, token, fetch: send = fetch }: ClientWish): Client {
  async function open<Name extends OperationName>(
    name: Name,
    ask: Ask<Name>,
    manners: Manners = {},
  ): Promise<Response> {
    const operation = contract[name] as Operation;
    const {
      params = {},
      query = {},
      body,
    } = ask as {
      params?: Record<string, string>;
      query?: Record<string, string | undefined>;
      body?: unknown;
    };
    const wanted = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const search = new URLSearchParams(wanted).toString();
    const address = `${url}${addressOf(operation.path, params)}${search === '' ? '' : `?${search}`}`;
    const response = await send(address, {
      method: operation.method,
      headers: headersOf(operation, body, token, manners),
      credentials: 'same-origin',
      redirect: 'error',
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(manners.signal === undefined ? {} : { signal: manners.signal }),
    });
    if (response.ok) return response;
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    throw new ApiProblem(response.status, isJson ? parsed(text) : {}, response.headers.get('retry-after'));
  }

  async function call<Name extends OperationName>(
    name: Name,
    ask: Ask<Name>,
    manners: Manners = {},
  ): Promise<Got<Name>> {
    const operation = contract[name] as Operation;
    const response = await open(name, ask, manners);
    const text = await response.text();
    const given =
      response.status === 204 ? undefined : operation.media === 'application/json' ? JSON.parse(text) : text;
    return {
      answer: operation.answer.parse(given) as Got<Name>['answer'],
      status: response.status,
      etag: response.headers.get('etag') ?? undefined,
    };
  }

  return {
    call,
    open,
    async *all(name, ask) {
      let after: string | undefined;
      do {
        const { query } = ask as { query?: object };
        const next = { ...ask, query: { ...query, ...(after === undefined ? {} : { after }) } };
        const { answer } = await call(name, next as typeof ask);
        const page = answer as { items: ItemOf<typeof name>[]; next?: string };
        yield* page.items;
        after = page.next;
      } while (after !== undefined);
    },
  };
}

function headersOf(
  { method }: Operation,
  body: unknown,
  token: string | undefined,
  { idempotencyKey, ifMatch, ifNone, approval, approvalReason }: Manners,
): Record<string, string> {
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(method === 'GET' ? {} : { 'x-holdfast-intent': '1' }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(ifNone === true ? { 'if-none-match': '*' } : {}),
    ...(approval === undefined ? {} : { 'holdfast-approval': approval }),
    ...(approvalReason === undefined ? {} : { 'holdfast-approval-reason': approvalReason }),
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
