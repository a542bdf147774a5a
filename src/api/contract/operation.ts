// What one operation of the API is: its address, who may do it, and the shape of all that goes in and out. Types and schemas only, so that
// the server, the description for other programs, the client and a browser share them. Objects are closed both ways.

import { z } from 'zod';
import { escapeForTerminal } from '../../base/text.ts';
import { freshPermissions, type Permission, secondPersonPermissions } from '../../model/permission.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** What the caller must be allowed to do. `public`: no login is asked for. */
export type Need = Permission | 'public';

/** What the address names, on which the permission is checked besides the role. */
export type ObjectKind =
  | 'policy'
  | 'run'
  | 'recovery-point'
  | 'task'
  | 'download'
  | 'alert'
  | 'repository'
  | 'channel';

export type Media =
  | 'application/json'
  | 'application/x-ndjson'
  | 'application/octet-stream'
  | 'text/event-stream'
  | 'text/plain; version=0.0.4; charset=utf-8'
  | 'text/html; charset=utf-8'
  | 'text/css; charset=utf-8';

export interface Operation<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
  Needed extends Need = Need,
  Verb extends Method = Method,
> {
  readonly method: Verb;
  /** Names of parameters in braces; each stands for exactly one segment. */
  readonly path: `/${string}`;
  /** The chapter of the manual. */
  readonly topic: string;
  readonly summary: string;
  /** What the summary cannot hold: what happens, what does not, what comes later. */
  readonly details: string;
  readonly permission: Needed;
  /** Only for who has proved within the last minutes who they are. */
  readonly fresh: boolean;
  /** Where the configuration wants it, another administrator must have approved exactly this. */
  readonly secondPerson: boolean;
  readonly object: ObjectKind | undefined;
  /** Open to who asked for it as well, as long as they may still ask for such things. */
  readonly own: boolean;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly answer: Answer;
  readonly status: 200 | 201 | 202 | 204;
  readonly media: Media;
  /** Holds a secret that is shown once: the answer is never kept. */
  readonly secretAnswer: boolean;
  /** Takes an idempotency key. Not where an answer holds a secret, or each time counts, as with logins. */
  readonly repeatable: boolean;
  /** A read that leaves a line in the audit trail; what changes something always does. */
  readonly audited: boolean;
  readonly example: {
    readonly params: z.input<Params>;
    readonly query: z.input<Query>;
    readonly body: z.input<Body>;
    readonly answer: z.input<Answer>;
  };
  /** Stable codes that are particular to it, beside those that every operation may answer with. */
  readonly errors: readonly string[];
}

export const nothing = z.strictObject({});
export const noBody = z.undefined();
export const noAnswer = z.undefined();
type Nothing = typeof nothing;
type NoBody = typeof noBody;

interface Wish<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
  Needed extends Need,
  Verb extends Method,
> {
  readonly method: Verb;
  readonly path: `/${string}`;
  readonly topic: string;
  readonly summary: string;
  readonly details?: string;
  readonly permission: Needed;
  readonly object?: ObjectKind;
  readonly own?: boolean;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
  readonly status?: 200 | 201 | 202 | 204;
  readonly media?: Media;
  readonly secretAnswer?: boolean;
  readonly repeatable?: boolean;
  readonly audited?: boolean;
  readonly example: { readonly answer: z.input<Answer> } & Given<'params', Params> &
    Given<'query', Query> &
    Given<'body', Body>;
  readonly errors?: readonly string[];
}

/** What has members must be in the example, and what has none need not. */
type Given<Name extends string, Schema extends z.ZodType> =
  z.input<Schema> extends Record<string, never> | undefined
    ? { readonly [key in Name]?: z.input<Schema> }
    : { readonly [key in Name]: z.input<Schema> };

/** An operation without a permission does not compile. */
export function operation<
  Answer extends z.ZodType,
  const Needed extends Need,
  const Verb extends Method,
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = NoBody,
>(
  wish: Wish<Params, Query, Body, Answer, Needed, Verb>,
): Operation<Params, Query, Body, Answer, Needed, Verb> {
  const example = wish.example as { params?: unknown; query?: unknown; body?: unknown; answer: unknown };
  return {
    method: wish.method,
    path: wish.path,
    topic: wish.topic,
    summary: wish.summary,
    details: wish.details ?? '',
    permission: wish.permission,
    fresh: wish.permission !== 'public' && freshPermissions.has(wish.permission),
    secondPerson: wish.permission !== 'public' && secondPersonPermissions.has(wish.permission),
    object: wish.object,
    own: wish.own ?? false,
    params: (wish.params ?? nothing) as Params,
    query: (wish.query ?? nothing) as Query,
    body: (wish.body ?? noBody) as Body,
    answer: wish.answer,
    status: wish.status ?? 200,
    media: wish.media ?? 'application/json',
    secretAnswer: wish.secretAnswer ?? false,
    repeatable: wish.repeatable ?? wish.method !== 'GET',
    audited: wish.audited ?? wish.method !== 'GET',
    example: {
      params: example.params ?? {},
      query: example.query ?? {},
      body: example.body,
      answer: example.answer,
    } as Operation<Params, Query, Body, Answer>['example'],
    errors: wish.errors ?? [],
  };
}

/** A path of the contract with its parameters filled in. */
export function addressOf(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** ISO 8601 in UTC. */
export const instant = z.iso.datetime({ precision: 3 });

export const id = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'is no id');

/** A positive number in an address. */
export function countInQuery(most: number) {
  return (
    z
      .string()
      .regex(/^[1-9]\d{0,8}$/, 'must be a whole number')
      .refine((text) => Number(text) <= most, `must be ${most} at most`)
      .transform(Number)
      // What it is to other programs, which write it into the address by themselves.
      .meta({ inQuery: { type: 'integer', minimum: 1, maximum: most } })
  );
}

export const flagInQuery = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .meta({ inQuery: { type: 'boolean' } });

/** Of each list: at most 500 items, and where to go on. */
export const page = {
  limit: countInQuery(500).optional().meta({ description: 'Items on the page: 1 to 500, 50 when left out.' }),
  after: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'The `next` of the page before, unchanged.' }),
};

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item).max(500),
    next: z.string().optional().meta({ description: 'Absent on the last page.' }),
  });
}

export const facts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** One line that people write and others read. */
export const remark = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => escapeForTerminal(text) === text, 'has characters that cannot be shown');

/** What was put into the queue, and where to look how it goes on. */
export const accepted = z.strictObject({
  task: id,
  isNew: z.boolean().meta({ description: 'False: the same was asked for already and is not done yet.' }),
  look: z.string(),
});

export const exampleId = '019aa7c2-6d9e-7c31-8f3a-5b8e2f1c0d4e';
export const exampleInstant = '2026-11-21T19:00:00.000Z';
export const exampleAccepted = { task: exampleId, isNew: true, look: `/api/v1/tasks/${exampleId}` };
