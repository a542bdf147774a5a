// The second person: what destroys for good waits until another administrator has approved exactly this. One asks, one approves, and the one
// who asked does it, once and soon.

import { createHash } from 'node:crypto';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { encodeJcs, type JsonValue } from '../base/jcs.ts';
import { raiseAlert, resolveAlert } from '../catalog/alerts.ts';
import {
  type Approval,
  approvalWithId,
  decideApproval,
  expireApprovals,
  insertApproval,
  listApprovals,
  useApproval,
  waitingApproval,
} from '../catalog/approvals.ts';
import { audited } from '../catalog/audited.ts';
import { type Catalog, together, type Unit } from '../catalog/catalog.ts';
import type { Page, PageWish } from '../catalog/page.ts';
import { userWithId } from '../catalog/users.ts';
import { type Permission, secondPersonPermissions } from '../model/permission.ts';
import { type Principal, requirePermission, type Target, whoOf } from './access.ts';
import { act, allow } from './acts.ts';
import type { Desk } from './desk.ts';

const hour = 3_600_000;
/** How long it waits for a decision, and then for being done. */
const waitsMs = 3 * 24 * hour;
const doneWithinMs = hour;
/** So old must an account, its password and its rights be when the request is made. */
const settledMs = 24 * hour;

/** Whoever approves must be able to read all of it. */
const summaryMax = 20_000;

/** What exactly is to be done. The order is compared whole: nothing else passes under its approval. */
export interface Ordered {
  readonly permission: Permission;
  readonly target: Target;
  /** For people: "recovery point 0199…". */
  readonly object: string;
  readonly order: JsonValue;
}

/** A person on the machine itself asks nobody: whoever can write the catalog could write the approval as well. */
export function needsSecondPerson(
  by: Principal,
  permission: Permission,
  { secondPerson }: { readonly secondPerson: boolean },
): boolean {
  return secondPerson && secondPersonPermissions.has(permission) && by.kind !== 'local';
}

/** Whoever asks must be one who may do it. The same asked by the same person while it waits is one request. */
export async function requestApproval(
  desk: Desk,
  by: Principal,
  { permission, target, object, order }: Ordered,
  words: { readonly summary: string; readonly reason: string },
  context: Context,
): Promise<Approval> {
  const { catalog, node } = desk;
  if (words.summary.length > summaryMax) {
    throw new Failure('usage', 'APPROVAL_TOO_LONG', 'this is too long for somebody to approve it', {
      hint: 'Ask for less at a time, or do it on the machine itself.',
    });
  }
  await requirePermission(by, permission, target, { catalog, node, object }, context);
  return audited(
    catalog,
    { ...whoOf(by), node, action: 'approval:request', object, facts: { permission } },
    async (unit) => {
      const what = { permission, orderHash: orderHash(order), requestedId: personOf(by) };
      const known = await waitingApproval(unit, what, context);
      // Its reason and its time stay: what others have read of it must not change under them.
      if (known !== undefined) return known;
      const asked = await insertApproval(
        unit,
        {
          ...what,
          object,
          summary: words.summary,
          reason: words.reason.slice(0, 1000),
          requestedBy: by.actor,
          lastsMs: waitsMs,
        },
        context,
      );
      const title = `"${by.actor}" asks for approval: ${object}`;
      const facts = { approval: asked.id, permission, reason: asked.reason };
      await raiseAlert(unit, { key: alertOf(asked.id), severity: 'warning', title, facts }, context);
      return asked;
    },
    context,
  );
}

function alertOf(id: string): string {
  return `approval:${id}`;
}

/** What nobody decided, or did, in time. */
export async function sweepApprovals(catalog: Catalog, context: Context): Promise<void> {
  await together(
    catalog,
    async (unit) => {
      for (const id of await expireApprovals(unit, context)) await resolveAlert(unit, alertOf(id), context);
    },
    context,
  );
}

/** Fails with missing/APPROVAL_UNKNOWN, conflict/APPROVAL_DECIDED, and denied/APPROVAL_OWN for who asked. */
export async function decide(
  desk: Desk,
  by: Principal,
  id: string,
  isApproved: boolean,
  context: Context,
): Promise<Approval> {
  const asked = await approvalWithId(desk.catalog, id, context);
  await allow(desk, by, 'approval:decide', asked?.object, context);
  if (asked === undefined) {
    throw new Failure('missing', 'APPROVAL_UNKNOWN', `nobody asked for approval "${id}"`, {
      hint: 'Look at the list of approvals.',
    });
  }
  if (isApproved) await requireOther(desk, by, asked, context);
  return act(
    desk,
    by,
    'approval:decide',
    {
      action: isApproved ? 'approval:approve' : 'approval:refuse',
      object: asked.object,
      facts: { id, permission: asked.permission, requestedBy: asked.requestedBy },
    },
    async (unit) => {
      const wish = { isApproved, actor: by.actor, lastsMs: doneWithinMs };
      const decided = await decideApproval(unit, id, wish, context);
      await resolveAlert(unit, alertOf(id), context);
      if (decided !== undefined) return decided;
      throw new Failure('conflict', 'APPROVAL_DECIDED', `"${id}" waits for nobody any more`, {
        hint: 'It was decided, or its time is over; ask anew.',
      });
    },
    context,
  );
}

/**
 * Put into the unit of the act itself (or of adding its task), so that it is used up exactly when that happens. Fails with
 * denied/SECOND_PERSON_NEEDED.
 */
export async function requireApproval(
  unit: Unit,
  by: Principal,
  approvalId: string | undefined,
  { permission, order }: Pick<Ordered, 'permission' | 'order'>,
  context: Context,
): Promise<void> {
  const of = { permission, orderHash: orderHash(order), requestedId: personOf(by) };
  if (approvalId !== undefined && (await useApproval(unit, approvalId, of, context))) return;
  throw new Failure('denied', 'SECOND_PERSON_NEEDED', `"${permission}" asks for a second person`, {
    facts: { permission },
    hint: 'Ask for an approval of exactly this; another administrator approves it, and you do it within an hour.',
  });
}

export async function approvals(
  desk: Desk,
  by: Principal,
  filter: PageWish & { readonly isWaiting?: boolean },
  context: Context,
): Promise<Page<Approval>> {
  await allow(desk, by, 'approval:read', undefined, context);
  return listApprovals(desk.catalog, filter, context);
}

/** Another person, in person, whose account, password and role are settled: a stolen session does not make its second person in the same hour. */
async function requireOther(desk: Desk, by: Principal, asked: Approval, context: Context): Promise<void> {
  const user = by.userId === undefined ? undefined : await userWithId(desk.catalog, by.userId, context);
  const sinceMs = Math.max(user?.createdAt ?? 0, user?.passwordSetAt ?? 0, user?.rightsSince ?? 0);
  if (by.kind !== 'token' && asked.requestedId !== personOf(by) && sinceMs + settledMs <= asked.requestedAt)
    return;
  throw new Failure('denied', 'APPROVAL_OWN', 'this asks for another person', {
    hint: 'Another administrator, whose account, password and role are a day older than the request, approves it in a session.',
  });
}

/** Whatever they are called by now; accounts of the machine itself have only their names there. */
function personOf({ userId, actor }: Principal): string {
  return userId ?? `local:${actor}`;
}

function orderHash(order: JsonValue): string {
  return createHash('sha256').update(encodeJcs(order)).digest('hex');
}
