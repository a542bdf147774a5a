// The vectors that all implementations of age share (C2SP CCTV): what opens, what must not, and to which bytes.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { age } from '../../../src/archives/seals/age.ts';
import { inSteps } from '../../../src/archives/seals/conformance.ts';
import { Failure } from '../../../src/base/failure.ts';
import { testContext } from '../../world.ts';
import { secret } from './seal-world.ts';

interface Vector {
  readonly facts: ReadonlyMap<string, string>;
  readonly identities: readonly string[];
  readonly passphrases: readonly string[];
  readonly file: Uint8Array;
}

const path = join(import.meta.dirname, '../../vectors/age-cctv.json');
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: Record<string, string> };

function parse(content: Buffer): Vector {
  const end = content.indexOf('\n\n');
  const pairs = content
    .toString('latin1', 0, end)
    .split('\n')
    .map((line) => line.split(/: (.*)/s) as [string, string]);
  const facts = new Map(pairs);
  const all = (key: string): string[] => pairs.filter(([name]) => name === key).map(([, value]) => value);
  const body = content.subarray(end + 2);
  return {
    facts,
    identities: all('identity'),
    passphrases: all('passphrase'),
    file: facts.get('compressed') === 'zlib' ? inflateSync(body) : body,
  };
}

/** Codes by which the outcome of a vector shows itself. */
const codes: Readonly<Record<string, readonly string[]>> = {
  'no match': ['SEAL_KEY_WRONG'],
  'HMAC failure': ['SEAL_BROKEN'],
  'header failure': [
    'SEAL_BROKEN',
    'SEAL_TRUNCATED',
    'KDF_TOO_COSTLY',
    'KDF_TOO_WEAK',
    'SEAL_IDENTITY_INVALID',
  ],
  'armor failure': ['SEAL_BROKEN', 'SEAL_TRUNCATED'],
  'payload failure': ['SEAL_BROKEN', 'SEAL_TRUNCATED'],
};

for (const [name, text] of Object.entries(vectors)) {
  const { facts, identities, passphrases, file } = parse(Buffer.from(text, 'base64'));
  test(`${name}: ${facts.get('expect')}`, async () => {
    const [passphrase] = passphrases;
    const key = {
      identities: identities.map((one) => secret(one)),
      ...(passphrase === undefined ? {} : { password: secret(passphrase) }),
    };
    const hash = createHash('sha256');
    let outcome = 'success';
    try {
      for await (const bytes of age.open(inSteps(file, 4099), key, testContext())) hash.update(bytes);
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
      outcome = error.code;
    }
    const expected = facts.get('expect')!;
    if (expected === 'success') assert.equal(outcome, 'success');
    else assert.ok(codes[expected]?.includes(outcome), `${expected}: ${outcome}`);
    const payload = facts.get('payload');
    if (payload !== undefined) assert.equal(hash.digest('hex'), payload);
  });
}
