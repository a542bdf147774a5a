// PKCS#11 URIs: what RFC 7512 writes is read, and a PIN or a module in one is refused without being repeated.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { formatPkcs11Uri, mayMeanSame, parsePkcs11Uri } from '../../../src/keyslots/pkcs11/uri.ts';

test('the examples of RFC 7512 that name a token or key are read', () => {
  assert.deepEqual(parsePkcs11Uri('pkcs11:').uri, {});
  assert.deepEqual(parsePkcs11Uri('pkcs11:object=my-pubkey;type=public').uri, {
    object: 'my-pubkey',
    type: 'public',
  });
  const long = parsePkcs11Uri(
    'pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;type=private;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin',
  );
  assert.equal(long.uri.token, 'The Software PKCS#11 Softtoken');
  assert.equal(long.uri.manufacturer, 'Snake Oil, Inc.');
  assert.equal(long.uri.id, '\x69\x95\x3e\x5c\xf4\xbd\xec\x91');
  assert.equal(long.uri.serial, '');
  assert.equal(long.pinSource, 'file:/etc/token_pin');
});

test('every text and every byte of an id survive being written and read', () => {
  const id = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
  const uri = { token: 'Türöffner; a=b?c&d%41', object: '钥匙 #1', id, type: 'secret-key' };
  const text = formatPkcs11Uri(uri);
  assert.match(text, /^[\x21-\x7e]+$/);
  assert.deepEqual(parsePkcs11Uri(text).uri, uri);
  assert.equal(formatPkcs11Uri(parsePkcs11Uri(text).uri), text);
});

test('a PIN in a URI is refused and not repeated, wherever it stands', () => {
  for (const text of [
    'pkcs11:token=a?pin-value=s3cr3t',
    'pkcs11:token=a?pin-source=file:/x&pin-value=s3cr3t',
    'pkcs11:token=a;pin-value=s3cr3t',
    'pkcs11:%zz?PIN-VALUE=s3cr3t',
  ]) {
    assert.throws(
      () => parsePkcs11Uri(text),
      (error) =>
        isFailure(error, 'usage', 'PKCS11_PIN_IN_URI') &&
        !JSON.stringify([error.message, error.hint, error.facts]).includes('s3cr3t'),
      text,
    );
  }
});

test('a module in a URI is refused: native code is named by root alone', () => {
  for (const query of ['module-path=/tmp/evil.so', 'module-name=evil']) {
    assert.throws(
      () => parsePkcs11Uri(`pkcs11:token=a?${query}`),
      (error) => isFailure(error, 'usage', 'PKCS11_MODULE_IN_URI'),
    );
  }
});

test('what is no PKCS#11 URI is refused', () => {
  for (const text of [
    'vault',
    'pkcs11:token',
    'pkcs11:=a',
    'pkcs11:token=a;token=b',
    'pkcs11:token=%zz',
    'pkcs11:token=%ff',
    'pkcs11:id=%f',
    'pkcs11:slot-id=3',
    'pkcs11:token=a?b?c',
    'pkcs11:token=a?colour=red',
  ]) {
    assert.throws(
      () => parsePkcs11Uri(text),
      (error) => isFailure(error, 'usage', 'PKCS11_URI_INVALID'),
      text,
    );
  }
});

test('two URIs mean the same key unless an attribute of both differs', () => {
  assert.equal(mayMeanSame({}, { token: 'a' }), true);
  assert.equal(mayMeanSame({ token: 'a' }, { token: 'a', object: 'b' }), true);
  assert.equal(mayMeanSame({ token: 'a' }, { token: 'b' }), false);
});
