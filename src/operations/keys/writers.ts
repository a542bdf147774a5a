// Write-only writers: hosts that may add snapshots and can neither read one nor delete. security: G6; FORMAT.md §14.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { equalBytes, hex } from '../../base/bytes.ts';
import type { Context, Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { Secret } from '../../base/secret.ts';
import { generateHpkePair } from '../../keyslots/hpke.ts';
import { type Bundle, rotateBundle, signerKeyId } from '../../repository/bundle.ts';
import { sealedFeature } from '../../repository/config.ts';
import { putIndex } from '../../repository/indexing.ts';
import { putBundle, requireFeature } from '../../repository/open.ts';
import type { Repository } from '../../repository/repository.ts';
import { Session } from '../../repository/session.ts';
import { encodeWriterKey, putShares } from '../../repository/writer-key.ts';

/** Safe against recorded traffic and stored bytes being opened by a later machine, at a price of 1.1 KiB a session. */
const sealingKem = 'mlkem768-x25519';

export interface ListedWriter {
  /** 32 hex, of the signing key. */
  readonly id: string;
  readonly name: string;
  readonly since: Instant;
  /** Absent for hosts that can read as well. */
  readonly writeOnly: boolean;
  readonly removedAt?: Instant;
}

/** All who sign, oldest first. */
export function listWriters({ ring }: Repository): ListedWriter[] {
  return ring.bundle.signers.map(({ keyId, name, roles, from, until }) => ({
    id: hex(keyId),
    name,
    since: from,
    writeOnly: !roles.includes('forgetter'),
    ...(until === undefined ? {} : { removedAt: until }),
  }));
}

/**
 * Makes the key of a new write-only writer. `keep` stores it durably before anything in the repository changes: a grant whose key was
 * lost would be of no use.
 */
export async function addWriter(
  request: { readonly name: string; readonly keep: (key: Secret) => void },
  repository: Repository,
  context: Context,
): Promise<{ readonly id: string }> {
  const { ring } = repository;
  if (ring.domain.shred !== undefined) {
    throw new Failure(
      'conflict',
      'SHRED_KEY_WRITERS',
      'a repository with a shred key has no write-only writers',
      {
        hint: 'Destroying the shred key would not reach what they stored. Make a repository of its own for them.',
      },
    );
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-32);
  const raw = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
  const keyId = signerKeyId(raw);
  const writerId = randomBytes(16);
  const grant = { keyId, key: randomBytes(32) };
  const text = encodeWriterKey({
    repositoryId: ring.repositoryId,
    writerId: hex(writerId),
    grantKey: grant.key,
    seed,
  });
  request.keep(new Secret(Buffer.from(text, 'latin1'), 'writer-key'));
  if (!ring.needsVouching) await signIndexes(repository, context);
  if (ring.bundle.sealing === undefined) await requireFeature(sealedFeature, repository, context);
  const { bundle } = ring;
  const signer = {
    keyId,
    publicKey: raw,
    roles: ['writer'] as const,
    name: request.name,
    from: context.clock.now(),
    writerId,
  };
  await publishBundle(
    {
      ...bundle,
      number: bundle.number + 1,
      signers: [...bundle.signers, signer],
      sealing: bundle.sealing ?? { kem: sealingKem, ...generateHpkePair(sealingKem) },
      grants: [...(bundle.grants ?? []), grant],
    },
    repository,
    context,
  );
  return { id: hex(keyId) };
}

/**
 * Gives this writer nothing from now on, and new keys to all others: what is indexed from now on it cannot see. Snapshots that it signed
 * stay believed. Its account at the storage must be closed there.
 */
export async function removeWriter(id: string, repository: Repository, context: Context): Promise<void> {
  const { bundle } = repository.ring;
  const keyId = Buffer.from(id, 'hex');
  const now = context.clock.now();
  if (!(bundle.grants ?? []).some((grant) => equalBytes(grant.keyId, keyId))) {
    throw new Failure('missing', 'WRITER_UNKNOWN', `there is no write-only writer "${id}"`, {
      hint: 'List them with "holdfast writer list".',
    });
  }
  const next = rotateBundle(bundle, now);
  await publishBundle(
    {
      ...next,
      signers: next.signers.map((one) => (equalBytes(one.keyId, keyId) ? { ...one, until: now } : one)),
      grants: (next.grants ?? []).filter((grant) => !equalBytes(grant.keyId, keyId)),
    },
    repository,
    context,
  );
  const { storage } = repository;
  const { signal } = context;
  const names: string[] = [];
  for await (const { name } of storage.list(`keys/writer-${id}-`, { signal })) names.push(name);
  for (const name of names) await storage.delete(name, { signal });
}

/** Before the index key is given to anybody who cannot read: all indexes get the signature of somebody who can. */
export async function signIndexes(repository: Repository, context: Context): Promise<void> {
  await using session = await Session.open(repository, context);
  await putIndex(repository, session.id, repository.catalog.packs, [...repository.indexNames], context);
  await session.end();
}

/** Stores a bundle, and what it gives to those who have no master key. */
export async function publishBundle(bundle: Bundle, repository: Repository, context: Context): Promise<void> {
  const { storage, masterKey, ring } = repository;
  const { repositoryId, suite } = ring;
  if (!(await putBundle({ storage, masterKey, repositoryId, suite }, bundle, context))) {
    throw new Failure('conflict', 'BUNDLE_CONTENDED', 'the key bundle changed meanwhile', {
      hint: 'Run the command again.',
    });
  }
  const present = new Set<string>();
  for await (const { name } of storage.list('keys/', { signal: context.signal })) present.add(name);
  await putShares({ storage, repositoryId, suite, bundle }, present, context);
}
