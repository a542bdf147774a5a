// The shred key of a domain: a secret that lies outside of the repository, without which its data keys cannot be made. Destroying every
// copy of it destroys the data in every copy of the repository, locked ones included. FORMAT.md §5.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import type { Bundle } from './bundle.ts';
import { asArray, asBytes, asInstant, asMap, asText } from './fields.ts';

/** What the bundle remembers of it: enough to tell a wrong key from a damaged repository, and where its copies were put. */
export interface ShredRecord {
  readonly check: Uint8Array;
  readonly copies: readonly ShredCopy[];
  /** Somebody began to destroy the copies, and may have been cut off. */
  readonly begunAt?: Instant;
  readonly destroyedAt?: Instant;
}

export interface ShredCopy {
  readonly host: string;
  /** Absolute, as text. */
  readonly path: string;
}

export const shredKeyBytes = 32;

/** A key file holds 32 bytes as base64url in its first line. */
export function shredKeyOf(secret: Secret): Uint8Array {
  const [line = ''] = Buffer.from(secret.reveal()).toString('latin1').split('\n');
  // A copy: the small buffers of Node share their memory, which goes to worker threads as a whole.
  const key = Uint8Array.from(Buffer.from(line.trim(), 'base64url'));
  if (key.length === shredKeyBytes) return key;
  throw wrong('what was given as the shred key is no key');
}

export function shredCheck(key: Uint8Array, repositoryId: Uint8Array, domainId: Uint8Array): Uint8Array {
  return createHmac('sha256', key)
    .update('bkp1/shred-check\0')
    .update(repositoryId)
    .update(domainId)
    .digest();
}

export function isShredKey(
  key: Uint8Array,
  repositoryId: Uint8Array,
  domain: { readonly id: Uint8Array; readonly shred?: ShredRecord },
): boolean {
  return (
    domain.shred !== undefined &&
    timingSafeEqual(shredCheck(key, repositoryId, domain.id), domain.shred.check)
  );
}

/** The bundle of a new repository whose data cannot be read without this key. */
export function withShredKey(
  bundle: Bundle,
  repositoryId: Uint8Array,
  key: Uint8Array,
  copies: ShredRecord['copies'],
): Bundle {
  return {
    ...bundle,
    domains: bundle.domains.map((one) => ({
      ...one,
      shred: { check: shredCheck(key, repositoryId, one.id), copies },
    })),
  };
}

/** Why the data keys cannot be made; undefined when they can. A wrong key is told here, before it makes sound data look damaged. */
export function whyNoData(
  key: Uint8Array | undefined,
  repositoryId: Uint8Array,
  domain: { readonly id: Uint8Array; readonly shred?: ShredRecord },
): 'missing' | 'destroyed' | undefined {
  if (domain.shred === undefined) return undefined;
  if (domain.shred.destroyedAt !== undefined) return 'destroyed';
  if (key === undefined) return 'missing';
  if (!isShredKey(key, repositoryId, domain)) throw wrong('the shred key is of another repository');
  return undefined;
}

export function noDataKey(why: 'missing' | 'destroyed'): Failure {
  if (why === 'missing') {
    return new Failure('denied', 'SHRED_KEY_MISSING', 'no data key can be made without the shred key', {
      hint: 'Give it with "--shred-key FILE". Without it, snapshots can be listed and forgotten, and nothing can be read.',
    });
  }
  return new Failure('denied', 'SHRED_KEY_DESTROYED', 'no data of the repository can be opened any more', {
    hint: 'That was done on purpose with "holdfast key shred": its data is gone for good, in every copy.',
  });
}

function wrong(message: string): Failure {
  return new Failure('denied', 'SHRED_KEY_WRONG', message, {
    hint: 'Check the path given with "--shred-key"; the repository itself is not damaged.',
  });
}

export function encodeShred({ check, copies, begunAt, destroyedAt }: ShredRecord): Map<number, unknown> {
  return new Map<number, unknown>([
    [1, check],
    [
      2,
      copies.map(
        ({ host, path }) =>
          new Map<number, unknown>([
            [1, host],
            [2, path],
          ]),
      ),
    ],
    ...(begunAt === undefined ? [] : [[3, begunAt] as const]),
    ...(destroyedAt === undefined ? [] : [[4, destroyedAt] as const]),
  ]);
}

export function decodeShred(value: unknown, name: string): ShredRecord {
  const item = asMap(value, `${name} shred key`);
  return {
    check: asBytes(item.get(1), `${name} shred check`, 32),
    copies: asArray(item.get(2), `${name} shred copies`).map((one) => {
      const copy = asMap(one, `${name} shred copy`);
      return {
        host: asText(copy.get(1), `${name} shred host`),
        path: asText(copy.get(2), `${name} shred path`),
      };
    }),
    ...(item.has(3) ? { begunAt: asInstant(item.get(3), `${name} shred begun`) } : {}),
    ...(item.has(4) ? { destroyedAt: asInstant(item.get(4), `${name} shred destroyed`) } : {}),
  };
}
