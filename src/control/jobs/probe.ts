// The job that looks at one repository: does it open, does it take data, what are its keys and its place worth, and how long ago was the byte
// read that was read longest ago. What it finds is the answer; only a job that could not look at all fails.

import { z } from 'zod';
import type { Context, Instant } from '../../base/context.ts';
import { type Failure, isFailure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { findInRepository, weakness } from '../../operations/doctor/repository.ts';
import { listKeys } from '../../operations/keys.ts';
import { status } from '../../operations/status.ts';
import { frozenPacks } from '../../operations/thaw.ts';
import { packObjectName } from '../../repository/pack-catalog.ts';
import type { Repository } from '../../repository/repository.ts';
import { Session } from '../../repository/session.ts';
import type { CheckResult } from '../health/check.ts';
import type { JobKind } from '../job.ts';
import { namedRepository } from './orders.ts';
import { roomLeft, secretsOf, serverCertificateOf } from './probe-place.ts';

const order = z.strictObject({
  repository: namedRepository,
  deep: z.boolean(),
  /** Within that every byte is to be read. */
  everyByteWithin: z.number().positive(),
  bounds: z.strictObject({
    diskWarningPercent: z.number(),
    diskCriticalPercent: z.number(),
    expiryWarning: z.number(),
  }),
});
type ProbeOrder = z.output<typeof order>;

type Found = Record<string, Omit<CheckResult, 'object'>>;

export const job: JobKind<ProbeOrder> = {
  order,
  async run(given, { openers }, context) {
    const found: Found = {};
    const { rules } = given.repository;
    try {
      await using repository = await openers.repository(rules, given.deep ? 'write' : 'read', context);
      if (given.deep) await lookDeep(given, repository, found, context);
      else found.storage = { state: 'ok', reason: 'storage-reads', facts: {} };
      const { storage } = repository;
      await look('room', found, context, () => roomLeft(storage, given.bounds, context));
      const certificate = () => serverCertificateOf(storage, given.bounds, context);
      await look('storage-certificate', found, context, certificate);
    } catch (error) {
      if (context.signal.aborted || !isFailure(error)) throw error;
      found.storage = troubleOf(error);
    }
    // Also of a place that refuses us: that may be why.
    await look('secrets', found, context, () => secretsOf(rules, given.bounds, openers, context));
    return { outcome: 'succeeded', counts: {}, result: { found } as unknown as JsonValue };
  },
};

async function lookDeep(
  { everyByteWithin }: ProbeOrder,
  repository: Repository,
  found: Found,
  context: Context,
): Promise<void> {
  found.storage = await tryToWrite(repository, context);
  await look('integrity', found, context, () => integrityOf(repository, everyByteWithin, context));
  await look('keys', found, context, () => keysOf(repository, context));
  await look('posture', found, context, () => postureOf(repository, context));
  await look('storage-clock', found, context, () => clockOf(repository, context));
}

/** Of what `run` has nothing to tell, nothing is kept. */
async function look(
  name: string,
  found: Found,
  context: Context,
  run: () => Promise<Found[string] | undefined>,
): Promise<void> {
  try {
    const one = await run();
    if (one !== undefined) found[name] = one;
  } catch (error) {
    if (context.signal.aborted || !isFailure(error)) throw error;
    // A key that may only write cannot know; another machine does.
    if (error.kind === 'denied') return;
    const isDamage = error.kind === 'corrupt' && name === 'integrity';
    found[name] = isDamage
      ? { state: 'critical', reason: 'integrity-damaged', facts: { code: error.code } }
      : { state: 'unknown', reason: 'check-failed', facts: { code: error.code, message: error.message } };
  }
}

/** A session is begun and ended: that writes, reads and deletes what every backup does. */
async function tryToWrite(repository: Repository, context: Context): Promise<Found[string]> {
  try {
    await using session = await Session.open(repository, context);
    await session.abort();
  } catch (error) {
    if (context.signal.aborted || !isFailure(error)) throw error;
    const { code, message } = error;
    return { state: 'critical', reason: 'storage-unwritable', facts: { code, message } };
  }
  return { state: 'ok', reason: 'storage-ok', facts: {} };
}

async function integrityOf(
  repository: Repository,
  wantedMs: number,
  context: Context,
): Promise<Found[string]> {
  const found = await status({}, repository, context);
  const { missing } = found;
  const unreadable = found.unreadable.length;
  if (missing > 0 || unreadable > 0) {
    return { state: 'critical', reason: 'integrity-damaged', facts: { missing, unreadable } };
  }
  const { gone, oldest } = await oldestUnread(repository, context);
  if (gone > 0) return { state: 'critical', reason: 'integrity-damaged', facts: { packs: gone } };
  const now = context.clock.now();
  const ageMs = oldest === undefined ? 0 : Math.max(0, now - oldest);
  const facts = { ageMs, wantedMs };
  if (ageMs > 2 * wantedMs) return { state: 'critical', reason: 'integrity-late', facts };
  if (ageMs > wantedMs) return { state: 'warning', reason: 'integrity-late', facts };
  return { state: 'ok', reason: found.lastVerified === undefined ? 'integrity-new' : 'integrity-ok', facts };
}

/** When the bytes were read or, where nobody has yet, written that this was longest ago for; and how many packs are not there at all. */
async function oldestUnread(
  repository: Repository,
  context: Context,
): Promise<{ readonly gone: number; readonly oldest: Instant | undefined }> {
  const { signal } = context;
  const written = new Map<string, Instant>();
  for (const prefix of ['packs/', 'meta/']) {
    for await (const { name, modifiedAt } of repository.storage.list(prefix, { signal })) {
      written.set(name, modifiedAt);
    }
  }
  const frozen = new Set((await frozenPacks(repository.catalog.packs, repository, context))?.names);
  const verified = repository.state.verified();
  let oldest: Instant | undefined;
  let gone = 0;
  for (const pack of repository.catalog.packs) {
    const name = packObjectName(pack);
    if (pack.condemned || frozen.has(name)) continue;
    const at = verified[pack.name] ?? written.get(name);
    if (at === undefined || !written.has(name)) gone += 1;
    else oldest = Math.min(oldest ?? at, at);
  }
  return { gone, oldest };
}

async function keysOf(repository: Repository, context: Context): Promise<Found[string]> {
  const keys = await listKeys(repository, context);
  const usable = keys.filter(({ isBroken }) => !isBroken);
  const facts = { slots: usable.length };
  const weak = usable.some(({ type, params }) => type === 'passphrase' && weakness(params) !== undefined);
  if (usable.length < keys.length) return { state: 'warning', reason: 'keys-broken', facts };
  if (usable.length === 1) return { state: 'warning', reason: 'keys-single', facts };
  if (weak) return { state: 'warning', reason: 'keys-weak', facts };
  return { state: 'ok', reason: 'keys-ok', facts };
}

async function postureOf(repository: Repository, context: Context): Promise<Found[string]> {
  const posture = (await repository.storage.posture?.({ signal: context.signal })) ?? [];
  const worst =
    posture.find(({ verdict }) => verdict === 'bad') ?? posture.find(({ verdict }) => verdict === 'warning');
  if (worst === undefined) return { state: 'ok', reason: 'posture-ok', facts: {} };
  const { about, detail } = worst;
  return { state: 'warning', reason: 'posture-weak', facts: { about, detail } };
}

async function clockOf(repository: Repository, context: Context): Promise<Found[string]> {
  const findings = await findInRepository({ secrets: [] }, repository, context);
  const behind = findings.find(({ code }) => code === 'clock-behind');
  if (behind === undefined) return { state: 'ok', reason: 'storage-clock-ok', facts: {} };
  const byMs = Number(behind.facts.seconds) * 1000;
  return { state: 'warning', reason: 'storage-clock-off', facts: { byMs } };
}

function troubleOf({ kind, code, message }: Failure): Found[string] {
  const reason = kind === 'denied' || kind === 'usage' ? 'storage-refuses' : 'storage-away';
  return { state: 'critical', reason, facts: { code, message } };
}
