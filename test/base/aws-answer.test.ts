// The answers of AWS, sorted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsAnswer, awsFacts } from '../../src/base/aws-answer.ts';

test('an answer is sorted by its name, else by its status, else it never came', () => {
  for (const [error, expected] of [
    [{ name: 'ExpiredToken', $metadata: { httpStatusCode: 400 } }, 'credentials-refused'],
    [{ name: 'CredentialsProviderError' }, 'credentials-missing'],
    [{ name: 'TooManyRequestsException', $metadata: { httpStatusCode: 429 } }, 'throttled'],
    [{ name: 'LimitExceededException', $metadata: { httpStatusCode: 400 } }, 'throttled'],
    [{ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } }, 'unavailable'],
    [{ name: 'NeverHeardOf', $metadata: { httpStatusCode: 503 } }, 'unavailable'],
    [{ name: 'NeverHeardOf', $metadata: { httpStatusCode: 400 } }, 'refused'],
    [{ name: 'constructor', $metadata: { httpStatusCode: 400 } }, 'refused'],
    [{ name: 'TimeoutError', code: 'ETIMEDOUT' }, 'unreachable'],
    [{}, 'unreachable'],
  ] as const) {
    assert.equal(awsAnswer(error), expected, JSON.stringify(error));
  }
});

test('the text of the service, which may name users, is no fact to report', () => {
  const error = { name: 'AccessDenied', message: 'user anna may not', $metadata: { requestId: '7' } };
  assert.deepEqual(awsFacts(error), { answer: 'AccessDenied', request: '7' });
});
