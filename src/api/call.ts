// One call from its first line to its answer: who asks, may they, is it well-formed, was it asked before. What changes something shares one
// unit with its line in the audit trail and with what is remembered for a repetition.

import type { Context } from '../base/context.ts';
import { type Facts, isFailure } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import { type AuditAct, appendAudit } from '../catalog/audit.ts';
import { isAudited } from '../catalog/audited.ts';
import { together, type Unit } from '../catalog/catalog.ts';
import { recallAnswer, rememberAnswer } from '../catalog/repeatable-requests.ts';
import { markOf, sinceMark } from '../catalog/unchanged.ts';
import { can, type Principal, requirePermission, type Sight, sightOf, whoOf } from '../identity/access.ts';
import type { Permission } from '../model/permission.ts';
import { notLoggedIn } from './access.ts';
import type { Operation } from './contract/operation.ts';
import type { ApiTools, Call, OwnSteady, OwnUnits, Reader, Steady, Writer } from './handler.ts';
import { type Asked, bodyOf, revisionOf, understood } from './incoming.ts';
import { type Found, findObject, isOwn } from './objects.ts';
import { type Answered, written } from './outgoing.ts';
import type { Read } from './reads.ts';
import { digestOf, repeated, requireGoodKey } from './repetitions.ts';
import { asSecondPersonAsked, type SecondPersonWish, useSecondPerson } from './second-person.ts';

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
      range: asked.range,
      ifRange: asked.ifRange,
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

/** What exactly is to be done, for who approves it. */
function orderOf(name: string, { params, query, body, ifMatch }: Asked): JsonValue {
  return JSON.parse(JSON.stringify({ operation: name, params, query, body, ifMatch }));
}
