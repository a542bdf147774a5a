// What the doctor looks at in an opened repository: keys, a decryption, clocks, sessions, writers. Reads only.

import type { Context } from '../../base/context.ts';
import { type Failure, isFailure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import type { SlotParameters } from '../../keyslots/keyslot.ts';
import { boxTypes } from '../../repository/box.ts';
import { type ListedSnapshot, loadChain } from '../../repository/chain.ts';
import { malformed } from '../../repository/fields.ts';
import { readDirectory, readFileIds } from '../../repository/read-tree.ts';
import type { Repository } from '../../repository/repository.ts';
import { isNamed, listSessions } from '../../repository/sessions.ts';
import { nodeKinds } from '../../repository/tree.ts';
import { listWriters } from '../keys/writers.ts';
import { type ListedKey, listKeys, testKey } from '../keys.ts';
import { isPublished } from '../published.ts';
import { type Finding, finding } from './finding.ts';

/** What a new passphrase slot takes today, in the measure of each way. */
const usualCosts: Readonly<Record<string, { readonly name: string; readonly least: number }>> = {
  'pbkdf2-sha256': { name: 'rounds', least: 600_000 },
  scrypt: { name: 'cost', least: 131_072 },
  argon2id: { name: 'memoryKiB', least: 19_456 },
};
const clockToleranceMs = 2 * 60_000;
/** Directories that are opened in search of a file, and objects whose times are asked for. */
const directoriesMax = 64;

export interface RepositoryRequest {
  /** All that were given, to be tried on every slot. */
  readonly secrets: readonly Secret[];
}

/** A check that fails is a finding as well: the others go on. */
export async function findInRepository(
  request: RepositoryRequest,
  repository: Repository,
  context: Context,
): Promise<Finding[]> {
  const findings: Finding[] = [
    finding('repository', 'repository-opens', {
      place: repository.storage.location,
      id: repository.id.slice(0, 12),
      format: repository.config.format,
    }),
  ];
  const take = async (about: Finding['about'], run: () => Promise<readonly Finding[]>) => {
    try {
      findings.push(...(await run()));
    } catch (error) {
      if (!isFailure(error) || error.kind === 'canceled') throw error;
      findings.push(finding(about, 'check-failed', failureFacts(error)));
    }
  };
  let snapshots: readonly ListedSnapshot[] = [];
  await take('keys', () => findKeys(request.secrets, repository, context));
  await take('decryption', async () => {
    ({ snapshots } = await loadChain(repository, context));
    return [await findDecryption(snapshots.at(-1), repository, context)];
  });
  await take('clock', async () => [await findStorageClock(repository, context)]);
  await take('sessions', () => findSessions(snapshots, repository, context));
  await take('writers', async () => [await findWriters(repository, context)]);
  return findings;
}

export function failureFacts({ kind, code, message, hint }: Failure): Finding['facts'] {
  return { kind, code, message, ...(hint === undefined ? {} : { hint }) };
}

async function findKeys(
  secrets: readonly Secret[],
  repository: Repository,
  context: Context,
): Promise<Finding[]> {
  const opened = new Set<string>();
  for (const secret of secrets) {
    try {
      opened.add((await testKey({ secret }, repository, context)).id);
    } catch (error) {
      // A master key opens the repository and no slot; a second secret may belong elsewhere.
      if (!isFailure(error, 'denied', 'WRONG_PASSWORD')) throw error;
    }
  }
  const keys = await listKeys(repository, context);
  const findings = keys.flatMap((key) => keyFindings(key, opened));
  const usable = keys.filter(({ isBroken }) => !isBroken);
  if (usable.length === 1) findings.push(finding('keys', 'slot-single', { id: shortId(usable[0]!) }));
  return findings;
}

function keyFindings(key: ListedKey, opened: ReadonlySet<string>): Finding[] {
  const facts = { id: shortId(key), type: key.type };
  if (key.isBroken) return [finding('keys', 'slot-broken', facts)];
  if (!key.isKnown) return [finding('keys', 'slot-unknown', facts)];
  const findings = [finding('keys', opened.has(key.id) ? 'slot-opens' : 'slot-untried', facts)];
  const weak = key.type === 'passphrase' ? weakness(key.params) : undefined;
  if (weak !== undefined) findings.push(finding('keys', 'slot-weak', { ...facts, ...weak }));
  return findings;
}

/** How a passphrase is stretched, where that is less than a new one is. */
export function weakness(
  parameters: SlotParameters,
): { readonly kdf: string; readonly value: number; readonly least: number } | undefined {
  const kdf = String(parameters['kdf']);
  const usual = usualCosts[kdf];
  if (usual === undefined) return undefined;
  const value = Number(parameters[usual.name]);
  return value >= usual.least ? undefined : { kdf, value, least: usual.least };
}

function shortId({ id }: ListedKey): string {
  return id.slice(0, 12);
}

/** From the newest snapshot down to the first bytes of a file. */
async function findDecryption(
  snapshot: ListedSnapshot | undefined,
  repository: Repository,
  context: Context,
): Promise<Finding> {
  if (snapshot === undefined) return finding('decryption', 'decrypts-nothing');
  await repository.loadIndex(context);
  const facts = { snapshot: snapshot.id.slice(0, 12) };
  try {
    const bytes = await readAnyFile(snapshot, repository, context);
    return finding('decryption', 'decrypts', { ...facts, bytes });
  } catch (error) {
    if (!isFailure(error) || error.kind === 'canceled') throw error;
    if (error.code === 'OBJECT_FROZEN') return finding('decryption', 'decrypts-frozen', facts);
    return finding('decryption', 'decrypts-not', { ...facts, ...failureFacts(error) });
  }
}

async function readAnyFile(
  snapshot: ListedSnapshot,
  repository: Repository,
  context: Context,
): Promise<number> {
  const waiting = [snapshot.root.subarray(0, 32)];
  for (let opened = 0; waiting.length > 0 && opened < directoriesMax; opened += 1) {
    const nodes = await readDirectory(repository, waiting.shift()!, context);
    for (const [row, kind] of nodes.kinds.entries()) {
      if (kind === nodeKinds.file) {
        const ids = await readFileIds(repository, nodes, row, context);
        if (ids.length > 0)
          return (await repository.readBlob(boxTypes.data, ids.subarray(0, 32), context)).length;
      } else if (kind === nodeKinds.directory || kind === nodeKinds.implied) {
        waiting.push(nodes.contents[row]!.subarray(0, 32));
      }
    }
  }
  return 0;
}

/** Nothing in the storage can be from later than now, unless one of the two clocks is wrong. */
async function findStorageClock(repository: Repository, context: Context): Promise<Finding> {
  const { location } = repository.storage;
  const now = context.clock.now();
  let newest = 0;
  for (const prefix of ['snapshots/', 'sessions/', 'keys/']) {
    for await (const { modifiedAt } of repository.storage.list(prefix, { signal: context.signal }))
      newest = Math.max(newest, modifiedAt);
  }
  const seconds = Math.round((newest - now) / 1000);
  if (newest - now > clockToleranceMs) return finding('clock', 'clock-behind', { place: location, seconds });
  return finding('clock', 'clock-ok', { place: location, seconds: 0 });
}

async function findSessions(
  snapshots: readonly ListedSnapshot[],
  repository: Repository,
  context: Context,
): Promise<Finding[]> {
  const { owner } = repository;
  const open = (await listSessions(repository, context)).filter(
    (one) => isNamed(one) && !one.revoked && !isPublished(one, snapshots),
  );
  // It holds what it may hold, so prune deletes nothing until somebody has looked at it.
  const [spoilt] = open.flatMap(({ unreadable }) => unreadable);
  if (spoilt !== undefined) throw malformed(spoilt, 'a mark of a session');
  if (open.length === 0) return [finding('sessions', 'sessions-none')];
  return open.map(({ id, node, incarnation }) =>
    finding('sessions', owner.isDead(node, incarnation) ? 'session-left' : 'session-open', {
      id: id.slice(0, 12),
      node,
    }),
  );
}

/** A host that may only add is only held to it by its storage: whoever has that host has its access, too. */
async function findWriters(repository: Repository, context: Context): Promise<Finding> {
  const names = listWriters(repository)
    .filter(({ writeOnly, removedAt }) => writeOnly && removedAt === undefined)
    .map(({ name }) => name);
  if (names.length === 0) return finding('writers', 'writers-none');
  const facts = { names: names.join(', ') };
  const posture = (await repository.storage.posture?.({ signal: context.signal })) ?? [];
  const isLocked = posture.some(({ about, verdict }) => about === 'object-lock' && verdict === 'good');
  return finding('writers', isLocked ? 'writers-protected' : 'writers-unprotected', facts);
}
