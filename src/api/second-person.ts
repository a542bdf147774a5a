// Where the configuration wants it, what cannot be undone needs an administrator who asks and another who agrees to exactly that request.

import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import type { Unit } from '../catalog/catalog.ts';
import type { Principal, Target } from '../identity/access.ts';
import { needsSecondPerson, requestApproval, requireApproval } from '../identity/second-person.ts';
import { isPermission, type Permission } from '../model/permission.ts';
import type { Operation } from './contract/operation.ts';
import type { ApiTools } from './handler.ts';

export interface SecondPersonWish {
  /** The approval that was given. */
  readonly approval: string | undefined;
  /** Why one is asked for, where there is none yet. */
  readonly reason: string | undefined;
  readonly target: Target;
  readonly label: string;
  /** All that is to be done: the same again passes, nothing else. */
  readonly order: JsonValue;
}

/** Part of the unit of the act itself: an approval is good once. */
export async function useSecondPerson(
  unit: Unit,
  permission: Permission,
  principal: Principal,
  { approval, order }: SecondPersonWish,
  { rules }: ApiTools,
  context: Context,
): Promise<void> {
  if (!needsSecondPerson(principal, permission, rules)) return;
  await requireApproval(unit, principal, approval, { permission, order }, context);
}

/** Refused for want of a second person, with a reason given: asks for one, and tells under which id. */
export async function asSecondPersonAsked(
  error: unknown,
  operation: Operation,
  principal: Principal,
  { reason, target, label, order }: SecondPersonWish,
  { desk }: ApiTools,
  context: Context,
): Promise<unknown> {
  if (reason === undefined || !isFailure(error, 'denied', 'SECOND_PERSON_NEEDED')) return error;
  const asksFor = String(error.facts['permission']);
  const permission = isPermission(asksFor) ? asksFor : (operation.permission as Permission);
  // In our words, not in those of who asks: the other person must see what is really to be done.
  const summary = `${operation.summary}: ${label} ${JSON.stringify(order)}`;
  const ordered = { permission, target, object: label, order };
  const asked = await requestApproval(desk, principal, ordered, { summary, reason }, context);
  return new Failure(
    'denied',
    'SECOND_PERSON_ASKED',
    'another administrator has been asked to approve this',
    {
      facts: { permission, approval: asked.id },
      hint: 'Once it is approved, send the same request again with the header Holdfast-Approval.',
    },
  );
}
