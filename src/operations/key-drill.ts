// Key drill: the private keys of a snapshot prove that they still work. Everything happens in memory; the result names fingerprints and
// says yes, no or not provable.

import { createPublicKey } from 'node:crypto';
import type { Context } from '../base/context.ts';
import type { Secret } from '../base/secret.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import type { KeyItem } from '../sources/keys/key-item.ts';
import { recognise } from '../sources/keys/recognise/all.ts';
import { keyIdOf } from '../sources/keys/recognise/key-facts.ts';
import {
  type Candidate,
  candidatesOf,
  type Opened,
  type Witness,
  witnessesOf,
} from './key-drill/material.ts';
import { type Method, openStore, type Proof, proveAge, proveKey, proveStore } from './key-drill/proofs.ts';
import { keyFilesOf } from './key-inventory.ts';

export type DrillVerdict = 'yes' | 'no' | 'not-provable';

export interface DrilledKey {
  /** A byte string. */
  readonly path: string;
  readonly item: KeyItem;
  readonly verdict: DrillVerdict;
  /** What it did, or why nothing could be proven. */
  readonly method?: Method;
  readonly reason?: 'locked' | 'unsupported' | 'broken' | 'failed';
  /** What the proof was judged by. */
  readonly against?: 'certificate' | 'public-key' | 'own-half';
}

export interface DrillOutcome {
  readonly keys: readonly DrilledKey[];
  readonly counts: Readonly<Record<DrillVerdict, number>>;
}

export async function drillKeys(
  request: { readonly snapshot: ListedSnapshot; readonly passphrases: readonly Secret[] },
  repository: Repository,
  context: Context,
): Promise<DrillOutcome> {
  const { snapshot, passphrases } = request;
  const witnesses = new Map<string, Witness>();
  const waiting: {
    readonly path: string;
    readonly candidate: Candidate | undefined;
    readonly item: KeyItem;
  }[] = [];
  for await (const { file, bytes } of keyFilesOf(snapshot, repository, context)) {
    const found = recognise(file.path, bytes);
    for (const witness of found === undefined ? [] : witnessesOf(bytes, found.items)) {
      // A certificate weighs more than a bare public key.
      if (witnesses.get(witness.keyId)?.from !== 'certificate') witnesses.set(witness.keyId, witness);
    }
    for (const candidate of found === undefined ? [] : candidatesOf(bytes, found.items)) {
      waiting.push({ path: file.path, candidate, item: candidate.item });
    }
    // Where nothing but public halves was found, what is broken is one of them.
    if (found?.broken !== undefined && (found.items.length === 0 || found.items.some(isPrivate))) {
      waiting.push({
        path: file.path,
        candidate: undefined,
        item: { type: 'private-key', format: 'unknown' },
      });
    }
    bytes.fill(0);
  }
  // Witnesses may lie behind their keys in the order of names: proofs begin when all are known.
  const keys: DrilledKey[] = [];
  for (const { path, candidate, item } of waiting) {
    context.signal.throwIfAborted();
    const judged =
      candidate === undefined
        ? ({ verdict: 'no', reason: 'broken' } as const)
        : await drill(candidate, witnesses, passphrases);
    keys.push({ path, item, ...judged });
  }
  const counts = { yes: 0, no: 0, 'not-provable': 0 };
  for (const { verdict } of keys) counts[verdict] += 1;
  return { keys, counts };
}

function isPrivate({ type }: KeyItem): boolean {
  return type === 'private-key' || type === 'keystore';
}

type Judged = Pick<DrilledKey, 'verdict' | 'method' | 'reason' | 'against'>;

async function drill(
  { item, open }: Candidate,
  witnesses: ReadonlyMap<string, Witness>,
  passphrases: readonly Secret[],
): Promise<Judged> {
  if (open === undefined) return { verdict: 'not-provable', reason: 'unsupported' };
  const tries: (Uint8Array | undefined)[] =
    item.isEncrypted === true ? passphrases.map((one) => one.reveal()) : [undefined];
  // Stores are sealed with the empty passphrase by some programs.
  if (item.type === 'keystore') tries.push(undefined);
  let isUnsupported = false;
  for (const passphrase of tries) {
    try {
      const opened = await open(passphrase);
      if (opened.kind !== 'pkcs12') return await judge(opened, item, witnesses);
      const context = openStore(opened.bytes, opened.passphrase);
      return told(await attempt(() => proveStore(context)), 'certificate');
    } catch (error) {
      // Old ciphers that the crypto of this machine no longer has.
      if (/unsupported/i.test(error instanceof Error ? error.message : '')) isUnsupported = true;
    }
  }
  if (isUnsupported) return { verdict: 'not-provable', reason: 'unsupported' };
  const isLocked = item.isEncrypted === true || item.type === 'keystore';
  return isLocked ? { verdict: 'not-provable', reason: 'locked' } : { verdict: 'no', reason: 'broken' };
}

async function judge(
  opened: Exclude<Opened, { kind: 'pkcs12' }>,
  item: KeyItem,
  witnesses: ReadonlyMap<string, Witness>,
): Promise<Judged> {
  if (opened.kind === 'age') return told(await attempt(() => proveAge(opened.identity)), 'own-half');
  const { key } = opened;
  // What the file says in the clear of itself must be what the key is.
  const keyId = keyIdOf(createPublicKey(key));
  if (item.keyId !== undefined && keyId !== item.keyId) return { verdict: 'no', reason: 'failed' };
  const witness = keyId === undefined ? undefined : witnesses.get(keyId);
  return told(await attempt(async () => proveKey(key, witness?.key)), witness?.from ?? 'own-half');
}

/** An error while the key is used is a no; its words may hold what nobody shall read. */
async function attempt(prove: () => Promise<Proof | undefined>): Promise<Proof | undefined | 'error'> {
  try {
    return await prove();
  } catch {
    return 'error';
  }
}

function told(proof: Proof | undefined | 'error', against: NonNullable<DrilledKey['against']>): Judged {
  if (proof === undefined) return { verdict: 'not-provable', reason: 'unsupported' };
  if (proof === 'error') return { verdict: 'no', reason: 'failed' };
  return proof.works
    ? { verdict: 'yes', method: proof.method, against }
    : { verdict: 'no', method: proof.method, reason: 'failed', against };
}
