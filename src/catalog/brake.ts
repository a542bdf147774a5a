// The ransom brake: while it is pulled, backups go on and nothing is deleted, by nobody's retention and by no prune, until a person lifts it.
// There is one for everything that the catalog knows: who encrypts the data of one policy may have reached the next.

import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { raiseAlert } from './alerts.ts';
import { type AuditAct, appendAudit } from './audit.ts';
import { type Catalog, read, storable, type Unit, unitOf, write } from './catalog.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf } from './page.ts';

export interface Brake {
  readonly id: string;
  readonly why: string;
  readonly policyId?: string;
  /** How often it was pulled since it was released last; the first reason stays. */
  readonly pulls: number;
  readonly pulledBy: string;
  readonly pulledAt: Instant;
  readonly lastPulledAt: Instant;
  readonly release?: {
    readonly by: string;
    readonly second?: string;
    readonly reason: string;
    readonly at: Instant;
  };
}

/** Who acts, as the audit trail names it. */
export type Actor = Pick<AuditAct, 'node' | 'actor' | 'method' | 'address' | 'request'>;

export interface BrakePull {
  readonly why: string;
  readonly policyId?: string;
  readonly by: Actor;
}

export interface BrakeRelease {
  readonly by: Actor;
  readonly reason: string;
  /** Who agreed, where the configuration asks for two. */
  readonly second?: string;
  readonly needsSecond?: boolean;
  /** `pulls` as the person saw it: one more since then is a reason that nobody has looked at. */
  readonly seenPulls?: number;
}

const scope = 'everything';

/** Ways to prove who one is that no person has: what runs by itself never lifts the brake. */
const machineMethods: readonly string[] = ['schedule', 'control', 'job'];

/** The one that is on, or undefined. */
export async function brakeOf(at: Catalog | Unit, context: Context): Promise<Brake | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('brakes')
        .selectAll()
        .where('scope', '=', scope)
        .where('released_at', 'is', null)
        .executeTakeFirst();
      return row === undefined ? undefined : brakeFrom(row);
    },
    context,
  );
}

export async function isBrakeOn(at: Catalog | Unit, context: Context): Promise<boolean> {
  return (await brakeOf(at, context)) !== undefined;
}

/** Asked right before anything is deleted. Fails with denied/BRAKE_ON. */
export async function requireNoBrake(at: Catalog | Unit, context: Context): Promise<void> {
  const brake = await brakeOf(at, context);
  if (brake === undefined) return;
  throw new Failure('denied', 'BRAKE_ON', `the ransom brake is pulled: "${brake.why}"`, {
    facts: { brake: brake.id, pulledAt: brake.pulledAt, pulls: brake.pulls },
    hint: 'Find out what happened to the data; when it is well, lift the brake: holdfast brake release --reason "…"',
  });
}

/** The key of the alert that stands while it is on. */
export const brakeAlert = 'brake';
/** Before the name of a policy: the key of what was found odd in it. */
export const anomalyAlerts = 'anomaly:';

/** Raises the alert `brake`. `isNew` is false when it was on already; the pull is counted and audited all the same. */
export async function pullBrake(
  at: Catalog | Unit,
  { why, policyId, by }: BrakePull,
  context: Context,
): Promise<{ readonly brake: Brake; readonly isNew: boolean }> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const unit = unitOf(access);
      const now = await access.now();
      const act: AuditAct = {
        ...by,
        action: 'brake:pull',
        outcome: 'succeeded',
        facts: { why, ...(policyId === undefined ? {} : { policy: policyId }) },
      };
      await appendAudit(unit, act, context);
      await raiseAlert(
        unit,
        {
          key: brakeAlert,
          severity: 'critical',
          title: 'the ransom brake is pulled: nothing is deleted until a person lifts it',
          facts: { why },
          ...(policyId === undefined ? {} : { policyId }),
        },
        context,
      );
      const again = await db
        .updateTable('brakes')
        .set(({ eb }) => ({ pulls: eb('pulls', '+', 1), last_pulled_at: now }))
        .where('scope', '=', scope)
        .where('released_at', 'is', null)
        .returningAll()
        .executeTakeFirst();
      if (again !== undefined) return { brake: brakeFrom(again), isNew: false };
      const row = {
        id: access.newId(now),
        scope,
        policy_id: policyId ?? null,
        why: storable(why),
        pulls: 1,
        pulled_by: storable(by.actor),
        pulled_at: now,
        last_pulled_at: now,
        released_by: null,
        second_person: null,
        release_reason: null,
        released_at: null,
      };
      await db.insertInto('brakes').values(row).execute();
      return { brake: brakeFrom(row), isNew: true };
    },
    context,
    'audit',
  );
}

/**
 * Only for a person, with a reason; what was found odd is thereby settled, and its alerts with it. Fails with missing/BRAKE_OFF,
 * denied/BRAKE_NEEDS_A_PERSON or denied/BRAKE_NEEDS_A_SECOND_PERSON, which the caller has to audit as refused, and
 * conflict/BRAKE_PULLED_AGAIN.
 */
export async function releaseBrake(
  at: Catalog | Unit,
  release: BrakeRelease,
  context: Context,
): Promise<Brake> {
  const { by, second, seenPulls } = release;
  const reason = release.reason.trim();
  if (reason === '') {
    throw new Failure('usage', 'BRAKE_REASON_MISSING', 'lifting the brake needs a reason', {
      hint: 'Say what you found out: --reason "the photos of the school trip were imported".',
    });
  }
  if (machineMethods.includes(by.method)) {
    throw new Failure('denied', 'BRAKE_NEEDS_A_PERSON', 'only a person may lift the brake', {
      hint: 'Lift it by hand: holdfast brake release --reason "…"',
    });
  }
  if (release.needsSecond === true && (second === undefined || second === by.actor)) {
    throw new Failure('denied', 'BRAKE_NEEDS_A_SECOND_PERSON', 'a second person has to agree', {
      hint: 'Ask somebody else who may lift the brake to approve it.',
    });
  }
  return write(
    at,
    async (access) => {
      const unit = unitOf(access);
      const brake = await brakeOf(unit, context);
      if (brake === undefined) throw new Failure('missing', 'BRAKE_OFF', 'the brake is not pulled');
      if (seenPulls !== undefined && seenPulls < brake.pulls) {
        throw new Failure(
          'conflict',
          'BRAKE_PULLED_AGAIN',
          'the brake was pulled once more in the meantime',
          {
            facts: { seen: seenPulls, pulls: brake.pulls },
            hint: 'Look at the reasons first: holdfast brake status',
          },
        );
      }
      const now = await access.now();
      await access.db
        .updateTable('brakes')
        .set({
          released_by: storable(by.actor),
          second_person: second === undefined ? null : storable(second),
          release_reason: storable(reason),
          released_at: now,
        })
        .where('id', '=', brake.id)
        .execute();
      // Who lifts it has looked at what was found.
      await access.db
        .updateTable('alerts')
        .set({ state: 'resolved', resolved_at: now })
        .where('state', '<>', 'resolved')
        .where(({ eb, or }) => or([eb('key', '=', brakeAlert), eb('key', 'like', `${anomalyAlerts}%`)]))
        .execute();
      const facts = { brake: brake.id, reason, ...(second === undefined ? {} : { second }) };
      await appendAudit(unit, { ...by, action: 'brake:release', outcome: 'succeeded', facts }, context);
      const released = { by: by.actor, reason, at: now, ...(second === undefined ? {} : { second }) };
      return { ...brake, release: released };
    },
    context,
    'audit',
  );
}

/** Newest first, released ones included. */
export async function listBrakes(at: Catalog | Unit, wish: PageWish, context: Context): Promise<Page<Brake>> {
  const limit = limitOf(wish);
  const key = keyAfter(wish, 'string');
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('brakes').selectAll();
      if (key !== undefined) query = query.where('id', '<', key[0]);
      const rows = await query
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, brakeFrom, ({ id }) => [id]);
    },
    context,
  );
}

interface BrakeFields {
  readonly id: string;
  readonly policy_id: string | null;
  readonly why: string;
  readonly pulls: number;
  readonly pulled_by: string;
  readonly pulled_at: number;
  readonly last_pulled_at: number;
  readonly released_by: string | null;
  readonly second_person: string | null;
  readonly release_reason: string | null;
  readonly released_at: number | null;
}

function brakeFrom(row: BrakeFields): Brake {
  const { released_by: by, second_person: second, release_reason: reason, released_at: at } = row;
  return {
    id: row.id,
    why: row.why,
    pulls: row.pulls,
    pulledBy: row.pulled_by,
    pulledAt: row.pulled_at,
    lastPulledAt: row.last_pulled_at,
    ...(row.policy_id === null ? {} : { policyId: row.policy_id }),
    ...(by === null || at === null
      ? {}
      : { release: { by, reason: reason ?? '', at, ...(second === null ? {} : { second }) } }),
  };
}
