// Sessions of all writers, as their marks tell of them. FORMAT.md §12.

import { equalBytes, hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import { boxTypes, openEnvelope, sealEnvelope } from './box.ts';
import { asBytes, asInstant, asMap, asText, malformed } from './fields.ts';
import type { KeyRing } from './keys.ts';
import { readAll } from './read-all.ts';
import type { Repository } from './repository.ts';
import { signIndex, vouchingOf } from './vouching.ts';

export interface ListedSession {
  readonly id: string;
  readonly writerId: string;
  readonly node: string;
  readonly incarnation: string;
  readonly startedAt: number;
  /** The storage's own time of its presence; 0 when only other marks of it were listed. */
  readonly arrivedAt: number;
  readonly revoked: boolean;
  /** Pack names, hex. */
  readonly borrowed: readonly string[];
  /** Names of marks that were torn or spoiled: such a session goes on holding what it may hold. */
  readonly unreadable: readonly string[];
}

/** Sessions first and their borrows with them: one listing of the prefix. Marks of the session `except` are not read. */
export async function listSessions(
  repository: Repository,
  context: Context,
  except?: string,
): Promise<ListedSession[]> {
  const { storage } = repository;
  const sessions = new Map<
    string,
    {
      session?: Map<number, unknown>;
      arrivedAt: number;
      borrowed: string[];
      revoked: boolean;
      unreadable: string[];
    }
  >();
  const wanted = (name: string) => split(name)[0] !== except;
  for await (const { name, bytes, modifiedAt } of readAll(storage, 'sessions/', context, { wanted })) {
    const [id, part] = split(name);
    if (part === 'revoked' && !isRevocation(repository, bytes, name, context)) continue;
    const entry = sessions.get(id) ?? { arrivedAt: 0, borrowed: [], revoked: false, unreadable: [] };
    sessions.set(id, entry);
    if (part === 'revoked') {
      entry.revoked = true;
      continue;
    }
    if (part === undefined) entry.arrivedAt = modifiedAt;
    try {
      if (part === undefined) entry.session = openPresence(repository, bytes, name, id);
      else entry.borrowed.push(...openBorrow(repository, bytes, name));
    } catch (error) {
      if (!isFailure(error, 'corrupt')) throw error;
      context.log.warn('a mark of a session cannot be read', { object: name, code: error.code });
      entry.unreadable.push(name);
    }
  }
  return [...sessions].map(([id, { session, ...entry }]) => ({
    id,
    ...entry,
    writerId: session === undefined ? '' : hex(asBytes(session.get(3), `sessions/${id}`, 16)),
    node: session === undefined ? '' : asText(session.get(4), `sessions/${id}`),
    incarnation: session === undefined ? '' : asText(session.get(5), `sessions/${id}`),
    startedAt: session === undefined ? 0 : asInstant(session.get(6), `sessions/${id}`),
  }));
}

function openPresence(
  { ring }: Repository,
  bytes: Uint8Array,
  name: string,
  id: string,
): Map<number, unknown> {
  const item = openMark(ring, boxTypes.session, bytes, name);
  // Sealed with a key that all sessions share: under another name it would hold, or be ended, in the place of another.
  if (hex(asBytes(item.get(2), name, 16)) !== id) throw malformed(name, 'the session of its name');
  asBytes(item.get(3), name, 16);
  asText(item.get(4), name);
  asText(item.get(5), name);
  asInstant(item.get(6), name);
  return item;
}

function openBorrow({ ring }: Repository, bytes: Uint8Array, name: string): string[] {
  const joined = Buffer.from(asBytes(openMark(ring, boxTypes.borrow, bytes, name).get(1), name));
  const packs: string[] = [];
  for (let at = 0; at < joined.length; at += 32) packs.push(joined.toString('hex', at, at + 32));
  return packs;
}

function openMark(ring: KeyRing, type: number, bytes: Uint8Array, name: string): Map<number, unknown> {
  const expected = { repositoryId: ring.repositoryId, type, plainMax: 64 * 1024 * 1024 };
  return asMap(
    openEnvelope(bytes, expected, (generation) => ring.index(generation), name),
    name,
  ) as Map<number, unknown>;
}

/** The mark that declares a session dead, signed where not all who hold the index key may decide that. */
export function sealRevocation(repository: Repository, id: string, reason: string): Uint8Array {
  const { ring, writer } = repository;
  const item = new Map<number, unknown>([
    [1, Buffer.from(id, 'hex')],
    [2, Buffer.from(writer.writerId, 'hex')],
    [3, reason],
  ]);
  signIndex(item, writer);
  return sealEnvelope(
    ring.index(ring.indexGeneration)!,
    {
      repositoryId: ring.repositoryId,
      generation: ring.indexGeneration,
      suite: ring.suite,
      type: boxTypes.revoked,
    },
    item,
  );
}

/** Ids of all that were declared dead by somebody who may. */
export async function listRevoked(repository: Repository, context: Context): Promise<ReadonlySet<string>> {
  const revoked = new Set<string>();
  const wanted = (name: string) => name.endsWith('.revoked');
  // One that cannot be read is none, as one that does not open.
  const unusable = (name: string) => warnOfMark(name, context);
  for await (const { name, bytes } of readAll(repository.storage, 'sessions/', context, {
    wanted,
    unusable,
  })) {
    if (isRevocation(repository, bytes, name, context)) revoked.add(split(name)[0]);
  }
  return revoked;
}

/**
 * Whether somebody who may has declared the session of this name dead. A mark that is forged, damaged or another's takes no protection from a
 * running session, and no confirmation from its snapshot; the writer itself yields to any mark (session.ts).
 */
function isRevocation(repository: Repository, bytes: Uint8Array, name: string, context: Context): boolean {
  const { ring } = repository;
  try {
    const map = openMark(ring, boxTypes.revoked, bytes, name);
    const isOfName = equalBytes(asBytes(map.get(1), name, 16), Buffer.from(split(name)[0], 'hex'));
    if (isOfName && vouchingOf(ring, map).trusted) return true;
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
  }
  warnOfMark(name, context);
  return false;
}

function warnOfMark(name: string, context: Context): void {
  context.log.warn('a mark that declares a session dead is forged or damaged: it does not count', {
    object: name,
  });
}

/** Whether it is shown to people: its presence is there, be it damaged, or another mark of it is. */
export function isNamed({ incarnation, unreadable }: ListedSession): boolean {
  return incarnation !== '' || unreadable.length > 0;
}

/** Removes a session that is over: borrows first, presence last. */
export async function endSession(repository: Repository, id: string, context: Context): Promise<void> {
  const names: string[] = [];
  for await (const { name } of repository.storage.list(`sessions/${id}`, { signal: context.signal })) {
    if (!name.endsWith('.revoked')) names.push(name);
  }
  names.sort((a, b) => b.length - a.length);
  for (const name of names) await repository.storage.delete(name, { signal: context.signal });
}

function split(name: string): [string, string | undefined] {
  const short = name.slice('sessions/'.length);
  const dot = short.indexOf('.');
  return dot < 0 ? [short, undefined] : [short.slice(0, dot), short.slice(dot + 1).split('.')[0]];
}
