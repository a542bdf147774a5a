// The same request sent again under its idempotency key: known, and answered as it was, or refused where it is another one.

import { createHash } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import type { RememberedAnswer } from '../catalog/repeatable-requests.ts';
import type { Operation } from './contract/operation.ts';
import type { Asked } from './incoming.ts';
import type { Answered } from './outgoing.ts';

export function requireGoodKey({ repeatable }: Operation, key: string | undefined): void {
  if (key === undefined) return;
  if (!repeatable) {
    throw new Failure('usage', 'IDEMPOTENCY_KEY_UNUSED', 'this takes no idempotency key', {
      hint: 'Leave it out: each time counts, or the answer holds a secret that is not kept.',
    });
  }
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return;
  throw new Failure('usage', 'IDEMPOTENCY_KEY_INVALID', 'the idempotency key has strange characters', {
    hint: 'Use up to 200 letters, digits and signs, such as a UUID.',
  });
}

/** Of exactly what is asked, for repetitions. */
export function digestOf({ method }: Operation, { path, body, query, ifMatch, ifNoneMatch }: Asked): string {
  const all = JSON.stringify([method, path, query, body ?? null, ifMatch ?? null, ifNoneMatch ?? null]);
  return createHash('sha256').update(all).digest('hex');
}

export function repeated(
  { digest, status, answer: text, headers }: RememberedAnswer,
  asked: string,
): Answered {
  if (digest !== asked) {
    throw new Failure(
      'conflict',
      'IDEMPOTENCY_KEY_REUSED',
      'the idempotency key was used for another request',
      {
        hint: 'Make a new key for each new request.',
      },
    );
  }
  if (text === undefined && status !== 204) {
    throw new Failure(
      'conflict',
      'ANSWER_NOT_KEPT',
      'this was done; its answer held a secret and was not kept',
      {
        hint: 'Look at the list, and make a new one where the secret is lost.',
      },
    );
  }
  return {
    status,
    headers: { ...headers, 'idempotency-replayed': 'true' },
    ...(text === undefined ? {} : { text }),
  };
}
