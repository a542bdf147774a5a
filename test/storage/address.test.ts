import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { readAddress } from '../../src/storage/address.ts';

const read = (url: string, options: readonly string[] = []) =>
  readAddress(url, options, 'sftp://user@host/path');

test('all parts of a URL are read, decoded', () => {
  assert.deepEqual(read('sftp://j%40doe@Backup.example:2222/a%20b//c/?limit=5%25', ['limit']), {
    user: 'j@doe',
    host: 'backup.example',
    hostAsWritten: 'Backup.example',
    port: 2222,
    path: ['a b', 'c'],
    isFromRoot: false,
    options: { limit: '5%' },
  });
  assert.deepEqual(read('webdav://[::1]//root'), {
    host: '::1',
    hostAsWritten: '[::1]',
    path: ['root'],
    isFromRoot: true,
    options: {},
  });
  assert.deepEqual(read('s3:///'), { host: '', hostAsWritten: '', path: [], isFromRoot: false, options: {} });
});

test('a password in a URL is refused, and never repeated', () => {
  for (const url of ['sftp://user:geheim@host/a', 'sftp://user:gehe im@[host/a', 'ftp://u:geheim@h:99999/']) {
    assert.throws(
      () => read(url),
      (error) => {
        assert.ok(error instanceof Failure && error.kind === 'usage');
        assert.ok(!`${error.message}${error.hint}`.includes('gehe'), error.message);
        return true;
      },
    );
  }
});

test('what is wrong with a URL is said', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['sftp://host:port/a', /no URL/],
    ['sftp://host/a?colour=red', /"colour" is no option here; known: limit/],
    ['sftp://host/a?limit=1&limit=2', /"limit" is given twice/],
    ['sftp://host/a#b', /%23/],
    ['sftp://host/%zz', /hexadecimal/],
    ['sftp://host/a%2fb', /no part of a path/],
    ['sftp://host/a%00b', /no part of a path/],
  ];
  for (const [url, message] of cases)
    assert.throws(() => read(url, ['limit']), { code: 'STORAGE_URL_INVALID', message });
});
