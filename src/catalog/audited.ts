// An act that must be audited: it and its entry happen together or not at all. What was refused or failed has an entry as well.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { type AuditAct, appendAudit } from './audit.ts';
import { type Catalog, together, type Unit } from './catalog.ts';

const inTrail: unique symbol = Symbol('in the audit trail');

/** That a refusal has its entry: who passes it on writes no second one. */
export function markAudited(failure: Failure): Failure {
  return Object.defineProperty(failure, inTrail, { value: true });
}

export function isAudited(failure: Failure): boolean {
  return inTrail in failure;
}

export type AuditedAct = Omit<AuditAct, 'outcome'>;

/**
 * `effect` works with the unit alone, as it may be run again. Exactly one entry is written: with the effect, or in its place when it ends with
 * a Failure, which is then thrown. An entry that cannot be written lets no effect happen.
 */
export async function audited<Result>(
  catalog: Catalog,
  act: AuditedAct,
  effect: (unit: Unit) => Promise<Result>,
  context: Context,
): Promise<Result> {
  // What the catalog itself refuses, such as a serialization that must be tried again, never reaches `refusal`.
  let refusal: Failure | undefined;
  try {
    return await together(
      catalog,
      async (unit) => {
        refusal = undefined;
        const result = await effect(unit).catch((error: unknown) => {
          if (error instanceof Failure) refusal = error;
          throw error;
        });
        await appendAudit(unit, { ...act, outcome: 'succeeded' }, context);
        return result;
      },
      context,
      'audit',
    );
  } catch (error) {
    if (refusal !== undefined && error === refusal) {
      await appendAudit(catalog, endedBadly(act, refusal), context);
      markAudited(refusal);
    }
    throw error;
  }
}

/** The entry of an act that a Failure has stopped. */
export function endedBadly(act: AuditedAct, failure: Failure): AuditAct {
  const isRefusal = failure.kind === 'denied' || failure.kind === 'usage' || failure.kind === 'conflict';
  return { ...act, outcome: isRefusal ? 'refused' : 'failed', facts: { ...act.facts, code: failure.code } };
}
