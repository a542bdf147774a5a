// One call from its first line to its answer: who asks, may they, is it well-formed, was it asked before. What changes something shares one
// unit with its line in the audit trail and with what is remembered for a repetition.

import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Context } from '../base/context.ts';
import { type Facts, Failure, isFailure } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import { type AuditAct, appendAudit } from '../catalog/audit.ts';
import { isAudited } from '../catalog/audited.ts';
import { together, type Unit } from '../catalog/catalog.ts';
import { type RememberedAnswer, recallAnswer, rememberAnswer } from '../catalog/repeatable-requests.ts';
import { markOf, sinceMark } from '../catalog/unchanged.ts';
import { can, type Principal, requirePermission, type Sight, sightOf, whoOf } from '../identity/access.ts';
import { pathText } from '../model/configuration/issues.ts';
import type { Permission } from '../model/permission.ts';
import { notLoggedIn } from './access.ts';
import type { Operation } from './contract/operation.ts';
import type { ApiTools, Call, OwnSteady, OwnUnits, Reader, Reply, Steady, Writer } from './handler.ts';
import { type Found, findObject, isOwn } from './objects.ts';
import type { Read } from './reads.ts';
import { asSecondPersonAsked, type SecondPersonWish, useSecondPerson } from './second-person.ts';

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
}

export interface Answered {
  readonly status: number;
  /** Text of the answer; absent where there is none. */
  readonly text?: string;
  readonly lines?: AsyncIterable<string | Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
  readonly session?: string | null;
}

type AnySteady = Steady<Operation> | OwnSteady<Operation>;
export type AnyHandler = Reader<Operation> | Writer<Operation> | OwnUnits<Operation> | AnySteady;

/** What was read, and every refusal that has no line of its own, is noted for the audit trail. */
export async function answer(
  name: string,
  operation: Operation,
  handler: AnyHandler,
  asked: Asked,
  tools: ApiTools,
  context: Context,
): Promise<Answered> {
  const isRead = operation.method === 'GET' && operation.permission !== 'public';
  try {
    const told = await answerTo(name, operation, handler, asked, tools, context);
    if (isRead && !operation.audited) tools.reads.note(readOf(name, operation, asked, 'succeeded'));
    return told;
  } catch (error) {
    const isStranger = operation.permission !== 'public' && asked.principal === undefined;
    if ((isRead || isStranger) && isFailure(error) && !isAudited(error)) {
      const outcome = error.kind === 'denied' ? 'refused' : 'failed';
      tools.reads.note({ ...readOf(name, operation, asked, outcome), code: error.code });
    }
    throw error;
  }
}

function readOf(
  name: string,
  { permission, object }: Operation,
  { principal, params, address, id }: Asked,
  outcome: Read['outcome'],
): Read {
  const [first] = Object.entries(texts(params));
  return {
    ...(principal === undefined
      ? { actor: 'nobody', method: 'none', address }
      : whoOf({ ...principal, address })),
    action: permission,
    operation: name,
    outcome,
    request: id,
    // Of who has no login, nobody keeps what they made up.
    ...(first === undefined || principal === undefined
      ? {}
      : { object: `${object ?? first[0]} ${first[1]}` }),
  };
}

async function answerTo(
  name: string,
  operation: Operation,
  handler: AnyHandler,
  asked: Asked,
  tools: ApiTools,
  context: Context,
): Promise<Answered> {
  const { principal } = asked;
  requireGoodKey(operation, asked.idempotencyKey);
  if (operation.permission !== 'public' && principal === undefined) throw notLoggedIn();
  const found = await permitted(name, operation, asked, tools, context);
  const remembered =
    'steady' in handler || 'ownSteady' in handler
      ? await steadily(name, operation, handler, asked, tools, context)
      : undefined;
  if (remembered !== undefined && !operation.audited) return remembered;
  const wish: SecondPersonWish = {
    approval: asked.approval,
    reason: asked.approvalReason,
    target: found?.ways[0]?.[0] ?? {},
    label: found?.label ?? name,
    // Few calls need it.
    get order() {
      return orderOf(name, asked);
    },
  };
  const call: Call<Operation> = {
    secondPerson: (permission, unit, within) =>
      useSecondPerson(unit, permission, principal as Principal, wish, tools, within),
    principal: principal as Principal,
    params: understood(operation.params, asked.params, 'address'),
    query: understood(operation.query, asked.query, 'query'),
    body: understood(operation.body, bodyOf(operation, asked.body), 'body'),
    sent: asked.body as JsonValue | undefined,
    policyId: found?.policyId,
    sight: sightFor(operation, principal),
    revision: revisionOf(asked),
    request: {
      id: asked.id,
      address: asked.address,
      host: asked.host,
      agent: asked.agent,
      session: asked.session,
      token: asked.token,
      lastEventId: asked.lastEventId,
    },
    tools,
  };
  const act = (outcome: AuditAct['outcome'], facts?: Facts): AuditAct => ({
    node: tools.node,
    ...(principal === undefined
      ? { actor: 'nobody', method: 'none', address: asked.address }
      : whoOf({ ...principal, address: asked.address })),
    action: operation.permission === 'public' ? name : operation.permission,
    outcome,
    request: asked.id,
    ...(found === undefined ? {} : { object: found.label }),
    facts: { operation: name, ...facts },
  });
  if (remembered !== undefined) {
    await appendAudit(tools.catalog, act('succeeded'), context);
    return remembered;
  }
  if (operation.method === 'GET') {
    const reply = await (handler as Reader<Operation>)(call, context);
    if (operation.audited) {
      try {
        await appendAudit(tools.catalog, act('succeeded', reply.facts), context);
      } catch (error) {
        // Nobody will read them.
        await reply.lines?.[Symbol.asyncIterator]().return?.();
        throw error;
      }
    }
    return written(name, operation, reply);
  }
  try {
    if ('ownUnits' in handler) {
      return written(name, operation, await handler.ownUnits(call, context));
    }
    return await inOneUnit(name, operation, handler as Writer<Operation>, call, asked, act, context);
  } catch (refused) {
    const error =
      principal === undefined
        ? refused
        : await asSecondPersonAsked(refused, operation, principal, wish, tools, context);
    if (isFailure(error) && error.kind !== 'unavailable' && !isAudited(error)) {
      const outcome = error.kind === 'denied' ? 'refused' : 'failed';
      await appendAudit(tools.catalog, act(outcome, { code: error.code }), context);
    }
    throw error;
  }
}

interface Remembered {
  readonly answered: Answered;
  /** In the clock's measure. */
  readonly until: number;
}

/** The clock of the machine may be set meanwhile, and then nothing that becomes otherwise by itself does so when it was expected. */
const goodForMsMost = 500;

/**
 * Whether they may was asked already, each time; what they may see is a part of the question. Which address and query make sense depends on
 * nothing else, so what was answered once is not looked at again.
 */
async function steadily(
  name: string,
  operation: Operation,
  handler: AnySteady,
  asked: Asked,
  { catalog }: ApiTools,
  context: Context,
): Promise<Answered> {
  understood(operation.body, bodyOf(operation, asked.body), 'body');
  revisionOf(asked);
  const { moment } = handler;
  const principal = asked.principal as Principal;
  const sight = sightFor(operation, principal);
  const whose = 'steady' in handler ? sight : { ...principal, scopes: [...(principal.scopes ?? [])] };
  const question = JSON.stringify([name, asked.params, asked.query, whose]);
  const make = async (): Promise<Remembered> => {
    const params = understood(operation.params, asked.params, 'address');
    const query = understood(operation.query, asked.query, 'query');
    const from = context.clock.elapsed();
    const reply =
      'steady' in handler
        ? await handler.steady({ params, query, sight }, catalog, context)
        : await handler.ownSteady({ params, query, principal }, catalog, context);
    const { goodForMs = Number.POSITIVE_INFINITY } = reply;
    const isLasting = goodForMs === Number.POSITIVE_INFINITY;
    return {
      answered: written(name, operation, reply, moment === undefined ? [] : Object.keys(moment(context))),
      until: isLasting ? goodForMs : from + Math.min(goodForMsMost, goodForMs),
    };
  };
  const isGood = ({ until }: Remembered) => context.clock.elapsed() < until;
  const mark = asked.mark ?? (await markOf(catalog, context));
  const { answered } = await sinceMark(catalog, mark, question, make, isGood);
  if (moment === undefined || answered.text === undefined) return answered;
  return { ...answered, text: joined(JSON.stringify(moment(context)), answered.text) };
}

/** Two objects as one, in their texts. */
function joined(first: string, second: string): string {
  if (first === '{}') return second;
  return second === '{}' ? first : `${first.slice(0, -1)},${second.slice(1)}`;
}

/** The permission is asked about the thing itself, before anything of the request is looked at closely. */
async function permitted(
  name: string,
  { permission, object, method, own }: Operation,
  { principal, params, body, id }: Asked,
  { catalog, node }: ApiTools,
  context: Context,
): Promise<Found | undefined> {
  if (permission === 'public' || principal === undefined) return undefined;
  const asking = { catalog, node, request: id };
  if (object === undefined) {
    // A list shows what the caller may see; that may be nothing.
    const sight = sightOf(principal, permission);
    const seesSome = sight.all || sight.policies.length + sight.repositories.length > 0;
    if (method === 'GET' && seesSome) return undefined;
    await requirePermission(principal, permission, {}, { ...asking, object: name }, context);
    return undefined;
  }
  const known = await findObject(object, texts(params), body, catalog, context);
  if (own && isOwn(known, principal)) return known;
  const named = { ...asking, object: known.label };
  const open = known.ways.find((way) => way.every((target) => can(principal, permission, target)));
  // Where nothing is found, only who may see all of its kind hears that.
  for (const target of open ?? known.ways[0] ?? [{}]) {
    await requirePermission(principal, permission, target, named, context);
  }
  return known;
}

function texts(params: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(params).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function sightFor({ permission }: Operation, principal: Principal | undefined): Sight {
  if (permission === 'public') return { all: false, policies: [], repositories: [] };
  return sightOf(principal!, permission as Permission);
}

function understood<Schema extends z.ZodType>(
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
function bodyOf({ body: schema }: Operation, body: unknown): unknown {
  const isEmpty =
    body !== null && typeof body === 'object' && !Array.isArray(body) && Object.keys(body).length === 0;
  return isEmpty && schema.safeParse(undefined).success ? undefined : body;
}

function revisionOf({ ifMatch, ifNoneMatch }: Asked): number | undefined {
  if (ifNoneMatch !== undefined && ifMatch === undefined && ifNoneMatch === '*') return 0;
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const revision = /^"([1-9]\d{0,9})"$/.exec(ifMatch ?? '')?.[1];
  if (revision !== undefined && ifNoneMatch === undefined) return Number(revision);
  throw new Failure('usage', 'CONDITION_INVALID', 'the condition of the request is not understood', {
    hint: 'Send If-Match with the ETag of the answer, as it was, or If-None-Match: *.',
  });
}

async function inOneUnit(
  name: string,
  operation: Operation,
  handler: Writer<Operation>,
  call: Call<Operation>,
  asked: Asked,
  act: (outcome: 'succeeded', facts?: Facts) => AuditAct,
  context: Context,
): Promise<Answered> {
  const key = asked.idempotencyKey;
  const caller = call.principal?.tokenId ?? call.principal?.userId ?? asked.address;
  const digest = digestOf(operation, asked);
  return together(
    call.tools.catalog,
    async (unit: Unit) => {
      const known = key === undefined ? undefined : await recallAnswer(unit, { caller, key }, context);
      if (known !== undefined) return repeated(known, digest);
      if (operation.secondPerson) {
        await call.secondPerson(operation.permission as Permission, unit, context);
      }
      const reply = await handler(call, unit, context);
      const told = written(name, operation, reply);
      if (reply.isAudited !== true) await appendAudit(unit, act('succeeded', reply.facts), context);
      if (key !== undefined) {
        const { status, headers, text } = told;
        const kept = operation.secretAnswer || text === undefined ? {} : { answer: text };
        await rememberAnswer(unit, { caller, key }, { digest, status, headers, ...kept }, context);
      }
      return told;
    },
    context,
    'audit',
  );
}

function requireGoodKey({ repeatable }: Operation, key: string | undefined): void {
  if (key === undefined) return;
  if (!repeatable) {
    throw new Failure('usage', 'IDEMPOTENCY_KEY_UNUSED', 'this takes no idempotency key', {
      hint: 'Leave it out: each time counts, or the answer holds a secret that is not kept.',
    });
  }
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return;
  throw new Failure('usage', 'IDEMPOTENCY_KEY_INVALID', 'the idempotency key has strange characters', {
    hint: 'Use up to 200 letters, digits and signs, such as a UUID.',
  });
}

/** What exactly is to be done, for who approves it. */
function orderOf(name: string, { params, query, body, ifMatch }: Asked): JsonValue {
  return JSON.parse(JSON.stringify({ operation: name, params, query, body, ifMatch }));
}

/** Of exactly what is asked, for repetitions. */
function digestOf({ method }: Operation, { path, body, query, ifMatch, ifNoneMatch }: Asked): string {
  const all = JSON.stringify([method, path, query, body ?? null, ifMatch ?? null, ifNoneMatch ?? null]);
  return createHash('sha256').update(all).digest('hex');
}

function repeated({ digest, status, answer: text, headers }: RememberedAnswer, asked: string): Answered {
  if (digest !== asked) {
    throw new Failure(
      'conflict',
      'IDEMPOTENCY_KEY_REUSED',
      'the idempotency key was used for another request',
      {
        hint: 'Make a new key for each new request.',
      },
    );
  }
  if (text === undefined && status !== 204) {
    throw new Failure(
      'conflict',
      'ANSWER_NOT_KEPT',
      'this was done; its answer held a secret and was not kept',
      {
        hint: 'Look at the list, and make a new one where the secret is lost.',
      },
    );
  }
  return {
    status,
    headers: { ...headers, 'idempotency-replayed': 'true' },
    ...(text === undefined ? {} : { text }),
  };
}

/** What does not fit the contract does not leave the house: it may be what nobody was to see. */
function written(
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
  if (reply.lines !== undefined)
    return { status, headers: { ...headers, 'content-type': media }, lines: reply.lines };
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

function issueLine({
  path,
  message,
}: {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}): string {
  return path.length === 0 ? message : `${pathText(path)} ${message}`;
}
