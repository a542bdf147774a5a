// Sessions of all writers, as their marks tell of them. FORMAT.md §12.

import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { boxTypes, openEnvelope } from './box.ts';
import { asBytes, asInstant, asMap, asText, malformed } from './fields.ts';
import { type Repository, readAll } from './repository.ts';

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
}

/** Sessions first and their borrows with them: one listing of the prefix. */
export async function listSessions(repository: Repository, context: Context): Promise<ListedSession[]> {
  const { ring, storage } = repository;
  const sessions = new Map<
    string,
    { session?: Map<number, unknown>; arrivedAt: number; borrowed: string[]; revoked: boolean }
  >();
  for await (const { name, bytes, modifiedAt } of readAll(storage, 'sessions/', context)) {
    const [id, part] = split(name);
    const entry = sessions.get(id) ?? { arrivedAt: 0, borrowed: [], revoked: false };
    sessions.set(id, entry);
    if (part === 'revoked') {
      entry.revoked = true;
      continue;
    }
    const type = part === undefined ? boxTypes.session : boxTypes.borrow;
    const item = openEnvelope(
      bytes,
      { repositoryId: ring.repositoryId, type, plainMax: 64 * 1024 * 1024 },
      (generation) => ring.index(generation),
      name,
    );
    if (part === undefined) {
      // Sealed with a key that all sessions share: under another name it would hold, or be ended, in the place of another.
      const session = asMap(item, name) as Map<number, unknown>;
      if (hex(asBytes(session.get(2), name, 16)) !== id) throw malformed(name, 'the session of its name');
      entry.session = session;
      entry.arrivedAt = modifiedAt;
    } else {
      const joined = Buffer.from(asBytes(asMap(item, name).get(1), name));
      for (let at = 0; at < joined.length; at += 32) entry.borrowed.push(joined.toString('hex', at, at + 32));
    }
  }
  return [...sessions].map(([id, { session, arrivedAt, borrowed, revoked }]) => ({
    id,
    arrivedAt,
    borrowed,
    revoked,
    writerId: session === undefined ? '' : hex(asBytes(session.get(3), `sessions/${id}`, 16)),
    node: session === undefined ? '' : asText(session.get(4), `sessions/${id}`),
    incarnation: session === undefined ? '' : asText(session.get(5), `sessions/${id}`),
    startedAt: session === undefined ? 0 : asInstant(session.get(6), `sessions/${id}`),
  }));
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
