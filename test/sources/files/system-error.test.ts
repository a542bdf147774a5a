// Errors of system calls bear the names that people and switch statements know, also where the runtime has none.

import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { errnoName, errorCode, systemError } from '../../../src/sources/files/system-error.ts';
import { localFailure } from '../../../src/storage/local/failure.ts';

test('every number that the system knows has its name', () => {
  const twins: Readonly<Record<string, string>> = { EOPNOTSUPP: 'ENOTSUP', EWOULDBLOCK: 'EAGAIN' };
  for (const [name, number] of Object.entries(constants.errno)) {
    const told = errnoName(number);
    assert.ok(told === name || told === twins[name] || constants.errno[told as 'EIO'] === number, name);
    assert.equal(systemError(number, 'test').code, told);
  }
  assert.equal(errnoName(99_999), 'E99999');
});

/** As node:fs tells of a number that it has no name for. */
function nameless(errno: number): Error {
  const message = `Unknown system error -${errno}: write`;
  return Object.assign(new Error(message), {
    code: `Unknown system error -${errno}`,
    errno: -errno,
    syscall: 'write',
  });
}

test('a full quota is known as one, whoever tells of it', () => {
  assert.equal(errorCode(nameless(constants.errno.EDQUOT)), 'EDQUOT');
  assert.equal(errorCode(nameless(constants.errno.ESTALE)), 'ESTALE');
  assert.equal(localFailure('x', nameless(constants.errno.EDQUOT)).code, 'STORAGE_FULL');
});

test('what is no error of a system call has no code', () => {
  assert.equal(errorCode(new TypeError('x')), undefined);
  assert.equal(errorCode(Object.assign(new Error('x'), { code: 'ERR_X' })), undefined);
  assert.equal(errorCode('EIO'), undefined);
});
