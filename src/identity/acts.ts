// Acts of this room in the audit trail, and the permission that comes before them.

import type { Context } from '../base/context.ts';
import { audited } from '../catalog/audited.ts';
import type { Unit } from '../catalog/catalog.ts';
import type { Permission } from '../model/permission.ts';
import { type Principal, requirePermission, whoOf } from './access.ts';
import type { Desk } from './desk.ts';

export interface Act {
  readonly action: string;
  readonly object?: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** Does it when `by` may, together with its entry in the audit trail or not at all. `work` may be run again. */
export async function act<Result>(
  desk: Desk,
  by: Principal,
  permission: Permission,
  what: Act,
  work: (unit: Unit) => Promise<Result>,
  context: Context,
): Promise<Result> {
  await allow(desk, by, permission, what.object, context);
  return audited(desk.catalog, { ...whoOf(by), node: desk.node, ...what }, work, context);
}

export async function allow(
  { catalog, node }: Desk,
  by: Principal,
  permission: Permission,
  object: string | undefined,
  context: Context,
): Promise<void> {
  await requirePermission(
    by,
    permission,
    {},
    { catalog, node, ...(object === undefined ? {} : { object }) },
    context,
  );
}
