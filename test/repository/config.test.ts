// The config: believed only with its code, and refused when it asks for what this program does not know.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { type Config, encodeConfig, peekConfig, verifyConfig } from '../../src/repository/config.ts';

const masterKey = randomBytes(32);
const config: Config = {
  format: 1,
  repoId: 'ab'.repeat(16),
  profile: 'plain',
  features: { read: [], write: [] },
};

test('a config is read back as it was written, and not with another master key', () => {
  const bytes = encodeConfig(masterKey, config);
  assert.deepEqual(verifyConfig(masterKey, bytes, 'config/1', 'write'), config);
  assert.throws(
    () => verifyConfig(randomBytes(32), bytes, 'config/1', 'read'),
    (error) => isFailure(error, 'corrupt', 'CONFIG_BROKEN'),
  );
});

test('a config that was changed in any byte is refused', () => {
  const bytes = encodeConfig(masterKey, config);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Uint8Array.from(bytes);
    changed[at]! ^= 1;
    assert.throws(
      () => verifyConfig(masterKey, changed, 'config/1', 'write'),
      (error) => isFailure(error, 'corrupt', 'CONFIG_BROKEN') || isFailure(error, 'usage', 'FORMAT_TOO_NEW'),
      `byte ${at}`,
    );
  }
});

test('an unknown feature refuses those whom it concerns: writers alone, or readers and writers', () => {
  const asking = (features: Config['features']) => encodeConfig(masterKey, { ...config, features });
  const unknown = (error: unknown) => isFailure(error, 'usage', 'FEATURE_UNKNOWN');
  const forAll = asking({ read: ['x'], write: [] });
  assert.throws(() => verifyConfig(masterKey, forAll, 'config/1', 'read'), unknown);
  assert.throws(() => verifyConfig(masterKey, forAll, 'config/1', 'write'), unknown);
  const forWriters = asking({ read: [], write: ['x'] });
  assert.deepEqual(verifyConfig(masterKey, forWriters, 'config/1', 'read').features.write, ['x']);
  assert.throws(() => verifyConfig(masterKey, forWriters, 'config/1', 'write'), unknown);
});

test('a newer format and a config over 16 KiB are refused', () => {
  assert.throws(
    () => peekConfig(encodeConfig(masterKey, { ...config, format: 2 }), 'config/1'),
    (error) => isFailure(error, 'usage', 'FORMAT_TOO_NEW'),
  );
  assert.throws(
    () => peekConfig(encodeConfig(masterKey, { ...config, profile: 'x'.repeat(16_384) }), 'config/1'),
    (error) => isFailure(error, 'corrupt', 'CONFIG_BROKEN'),
  );
});
