// What a place itself and the secrets for it tell of the days to come: how much room is left, when its server's certificate ends, and when a
// secret does. Where a place does not tell, that is said.

import type { Context } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import type { RepositoryRules } from '../../model/configuration/places.ts';
import type { Storage } from '../../storage/storage.ts';
import type { CheckResult } from '../health/check.ts';
import { endOfSecret, type Nearness, nearnessOf, type Span } from '../health/expiry.ts';
import type { Openers } from '../job.ts';

export type PlaceFinding = Omit<CheckResult, 'object'>;

export interface PlaceBounds {
  readonly diskWarningPercent: number;
  readonly diskCriticalPercent: number;
  readonly expiryWarning: number;
}

/** Undefined for a disk of this machine, which has a check of its own. */
export async function roomLeft(
  storage: Storage,
  { diskWarningPercent, diskCriticalPercent }: PlaceBounds,
  { signal }: Context,
): Promise<PlaceFinding | undefined> {
  if (storage.features.isLocal) return undefined;
  const room = await storage.room?.({ signal });
  if (room === undefined) return { state: 'ok', reason: 'room-untold', facts: {} };
  const { freeBytes, totalBytes } = room;
  const percent = totalBytes === 0 ? 100 : Math.floor((1 - freeBytes / totalBytes) * 100);
  const state =
    percent >= diskCriticalPercent ? 'critical' : percent >= diskWarningPercent ? 'warning' : 'ok';
  const reason = state === 'ok' ? 'room-ok' : 'room-short';
  return { state, reason, facts: { percent, freeBytes } };
}

/** Undefined where there is none, or where it is a cloud's own. */
export async function serverCertificateOf(
  storage: Storage,
  { expiryWarning }: PlaceBounds,
  { clock, signal }: Context,
): Promise<PlaceFinding | undefined> {
  const shown = await storage.certificate?.({ signal });
  if (shown === undefined) return undefined;
  const { server, endsAt } = shown;
  const now = clock.now();
  const facts = { server, endsAt, leftMs: Math.max(0, endsAt - now) };
  return finding('storage-certificate', nearnessOf(shown, now, expiryWarning), facts);
}

/** The one that ends first. Undefined where the storage takes no secret of ours. */
export async function secretsOf(
  rules: RepositoryRules,
  { expiryWarning }: PlaceBounds,
  openers: Openers,
  context: Context,
): Promise<PlaceFinding | undefined> {
  const references = Object.entries(rules.secrets);
  if (references.length === 0 || openers.secret === undefined) return undefined;
  const ends: (Span & { readonly field: string })[] = [];
  for (const [field, reference] of references) {
    try {
      const secret = await openers.secret(reference, context);
      const span = endOfSecret(Buffer.from(secret.reveal()).toString('utf8'));
      if (span !== undefined) ends.push({ field, ...span });
    } catch (error) {
      // One that leads nowhere is told by opening the place.
      if (context.signal.aborted || !isFailure(error)) throw error;
    }
  }
  const first = ends.sort((a, b) => a.endsAt - b.endsAt)[0];
  if (first === undefined) return { state: 'ok', reason: 'secret-untold', facts: {} };
  const now = context.clock.now();
  const { field, endsAt } = first;
  const facts = { field, endsAt, leftMs: Math.max(0, endsAt - now) };
  return finding('secret', nearnessOf(first, now, expiryWarning), facts);
}

function finding(about: string, nearness: Nearness, facts: PlaceFinding['facts']): PlaceFinding {
  const state = nearness === 'over' ? 'critical' : nearness;
  const reason = nearness === 'ok' ? 'ok' : nearness === 'over' ? 'over' : 'ends';
  return { state, reason: `${about}-${reason}`, facts };
}
