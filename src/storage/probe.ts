// What a place has to show before a repository is made in it: some small calls that prove what can be proved without a rival or a crash. It
// finds servers that take a condition and ignore it, cut ranges, or forget what they acknowledged. conformance.ts tries far more.

import { createHash, randomBytes } from 'node:crypto';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import type { Storage } from './storage.ts';

const probeBytes = 3000;

/** Fails with denied/STORAGE_PROBE_UNFAITHFUL and the fact `promise`, the number in the head of storage.ts. */
export async function probe(storage: Storage, context: Context): Promise<void> {
  const { signal, log } = context;
  const id = randomBytes(8).toString('hex');
  const name = `probe/${id}`;
  const bytes = createHash('shake256', { outputLength: probeBytes }).update(id).digest();
  const demand = (isKept: boolean, promise: number, what: string): void => {
    if (!isKept) throw unfaithful(storage.location, promise, what);
  };
  const isSame = (found: Uint8Array, expected: Uint8Array) => Buffer.compare(found, expected) === 0;
  try {
    await storage.put(name, bytes, { signal, ifAbsent: true });
    demand(isSame(await storage.get(name, { signal }), bytes), 2, 'an object was not read as it was written');
    const range = { offset: 1001, length: 777 };
    const part = await storage.get(name, { signal, range }).catch((error: unknown) => {
      // More or less than was asked for does not come through with/names.ts.
      if (isFailure(error, 'corrupt')) return new Uint8Array(0);
      throw error;
    });
    demand(isSame(part, bytes.subarray(1001, 1778)), 4, 'a range of an object is not what was asked for');
    demand((await storage.stat(name, { signal }))?.sizeBytes === probeBytes, 2, 'an object has another size');
    demand(
      await isRefused(storage.put(name, Buffer.from('other'), { signal, ifAbsent: true })),
      3,
      'a second object was taken under a name that must be free',
    );
    demand(
      isSame(await storage.get(name, { signal }), bytes),
      3,
      'an object was replaced by a put that must not',
    );
    // Where lists may lag, a list proves nothing yet.
    if (storage.features.listLagMs === undefined) {
      demand(await isListed(storage, name, context), 5, 'an object is not listed');
    }
  } catch (error) {
    // A place that is refused is left as it was found, as far as it lets us.
    await storage.delete(name, { signal }).catch(() => undefined);
    throw error;
  }
  try {
    await storage.delete(name, { signal });
  } catch (error) {
    if (!isFailure(error, 'denied')) throw error;
    log.warn('the account may not delete: forget and prune need another one', { code: error.code });
    return;
  }
  demand((await storage.stat(name, { signal })) === undefined, 6, 'a deleted object is still there');
}

/**
 * For tests that write much. Who may only add, as is right for who only backs up, would leave it all behind, and be told of promises that are
 * not broken.
 */
export async function demandDeletion(storage: Storage, { signal }: Context): Promise<void> {
  const name = `probe/${randomBytes(8).toString('hex')}`;
  await storage.put(name, Buffer.from('may it be deleted?'), { signal });
  try {
    await storage.delete(name, { signal });
  } catch (cause) {
    if (!isFailure(cause, 'denied')) throw cause;
    throw new Failure(
      'denied',
      'STORAGE_TEST_MAY_NOT_DELETE',
      `"${storage.location}" lets nothing be deleted by this account`,
      {
        facts: { name },
        hint: 'Test with an account that may delete; one small object in "probe/" was left. "holdfast storage posture" writes nothing.',
        cause,
      },
    );
  }
}

async function isRefused(put: Promise<void>): Promise<boolean> {
  try {
    await put;
    return false;
  } catch (error) {
    if (isFailure(error, 'conflict', 'OBJECT_EXISTS') || isFailure(error, 'corrupt', 'OBJECT_DIFFERS'))
      return true;
    throw error;
  }
}

async function isListed(storage: Storage, name: string, { signal }: Context): Promise<boolean> {
  let found = 0;
  for await (const object of storage.list('probe/', { signal })) {
    if (object.name === name && object.sizeBytes === probeBytes) found += 1;
  }
  return found === 1;
}

function unfaithful(location: string, promise: number, what: string): Failure {
  return new Failure(
    'denied',
    'STORAGE_PROBE_UNFAITHFUL',
    `"${location}" cannot hold a repository: ${what}`,
    {
      facts: { promise },
      hint: 'Backups would not be safe there. Ask who runs the storage, or use another one; docs/guides/storages.md says what is known of each.',
    },
  );
}
