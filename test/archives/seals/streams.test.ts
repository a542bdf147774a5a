// What the parts of a sealed stream cannot be made to do: be left out, repeated, swapped, mixed with those of another stream.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sealOf } from '../../../src/archives/seals/all.ts';
import { gather, inSteps } from '../../../src/archives/seals/conformance.ts';
import { makeHead } from '../../../src/archives/seals/container.ts';
import type { SealKey } from '../../../src/archives/seals/seal.ts';
import { testContext } from '../../world.ts';
import { fernetKey, keyFileContent, rsaPair, secret } from './seal-world.ts';

const mebi = 1024 * 1024;
const rounds = { kdf: 'pbkdf2-sha256', rounds: 100_000 };

async function seal(name: string, plain: Uint8Array, key: SealKey): Promise<Buffer> {
  return Buffer.from(await gather((await sealOf(name)).seal(inSteps(plain, 99_991), key, testContext())));
}

async function open(name: string, sealed: Uint8Array, key: SealKey): Promise<Buffer> {
  return Buffer.from(await gather((await sealOf(name)).open(inSteps(sealed, 99_991), key, testContext())));
}

const keyFile: SealKey = { password: secret(keyFileContent(), 'key-file') };
const headLength = 12 + 32;
const chunkLength = mebi + 72;

/** A container of a key file in its parts. */
function partsOf(sealed: Buffer): { head: Buffer; chunks: Buffer[] } {
  const chunks: Buffer[] = [];
  for (let at = headLength; at < sealed.length; at += chunkLength)
    chunks.push(sealed.subarray(at, at + chunkLength));
  return { head: sealed.subarray(0, headLength), chunks };
}

test('chunks of a container cannot be left out, repeated, swapped or come from another', async () => {
  const { head, chunks } = partsOf(await seal('aes-256-gcm', randomBytes(3 * mebi + 1), keyFile));
  const other = partsOf(await seal('aes-256-gcm', randomBytes(3 * mebi + 1), keyFile));
  const [one, two, three, last] = chunks as [Buffer, Buffer, Buffer, Buffer];
  const refused = (parts: Buffer[], code: string): Promise<void> =>
    assert.rejects(open('aes-256-gcm', Buffer.concat([head, ...parts]), keyFile), { code });
  await refused([one, two, three], 'SEAL_TRUNCATED');
  await refused([one], 'SEAL_TRUNCATED');
  await refused([], 'SEAL_TRUNCATED');
  await refused([one, three, last], 'SEAL_BROKEN');
  await refused([two, one, three, last], 'SEAL_BROKEN');
  await refused([one, one, two, three, last], 'SEAL_BROKEN');
  await refused([one, two, three, last, last], 'SEAL_BROKEN');
  await refused([one, other.chunks[1]!, three, last], 'SEAL_BROKEN');
  await refused(other.chunks, 'SEAL_KEY_WRONG');
});

test('the list of RSA recipients cannot be shortened, lengthened or put in another order', async () => {
  const [one, two] = [rsaPair(), rsaPair()];
  const sealed = await seal('rsa-hybrid', randomBytes(100), { recipients: [one.publicPem, two.publicPem] });
  const entryLength = 34 + 384;
  const [first, second] = [12, 12 + entryLength].map((at) => sealed.subarray(at, at + entryLength)) as [
    Buffer,
    Buffer,
  ];
  const chunks = sealed.subarray(12 + 2 * entryLength);
  const key = { identities: [secret(one.privatePem)] };
  for (const entries of [[first], [second, first], [first, second, second], [first, first]]) {
    const changed = Buffer.concat([makeHead(4, Buffer.concat(entries)), chunks]);
    await assert.rejects(open('rsa-hybrid', changed, key), { code: 'SEAL_BROKEN' });
  }
  const cut = Buffer.concat([makeHead(4, Buffer.concat([second, first.subarray(0, -1)])), chunks]);
  await assert.rejects(open('rsa-hybrid', cut, key), { code: 'SEAL_BROKEN' });
});

test('lines of Fernet cannot be left out, repeated, swapped or come from another archive', async () => {
  const key: SealKey = { password: secret(fernetKey()) };
  const linesOf = async (): Promise<string[]> =>
    (await seal('fernet', randomBytes(2 * mebi + 1), key)).toString('latin1').split('\n').slice(0, -1);
  const [one, two, last] = (await linesOf()) as [string, string, string];
  const other = await linesOf();
  const refused = (lines: string[], code: string): Promise<void> =>
    assert.rejects(open('fernet', Buffer.from(lines.map((line) => `${line}\n`).join('')), key), { code });
  await refused([one, two], 'SEAL_TRUNCATED');
  await refused([one, last], 'SEAL_BROKEN');
  await refused([two, last], 'SEAL_BROKEN');
  await refused([one, one, last], 'SEAL_BROKEN');
  await refused([one, two, last, last], 'SEAL_BROKEN');
  await refused([one, other[1]!, last], 'SEAL_BROKEN');
  await refused([one, '', two, last], 'SEAL_BROKEN');
});

test('any length opens to what it was', async () => {
  const pair = rsaPair();
  const keys: Readonly<Record<string, SealKey>> = {
    'aes-256-gcm': keyFile,
    fernet: { password: secret(fernetKey()) },
    'rsa-hybrid': { recipients: [pair.publicPem], identities: [secret(pair.privatePem)] },
    openssl: { password: secret('words'), kdf: rounds },
  };
  for (const [name, key] of Object.entries(keys)) {
    for (let round = 0; round < 4; round += 1) {
      const plain = randomBytes(round * mebi + (randomBytes(2).readInt16LE() >> 6) + 512);
      assert.ok(plain.equals(await open(name, await seal(name, plain, key), key)), `${name} ${plain.length}`);
    }
  }
});

test('what was changed gives nothing out before it is found', async () => {
  const sealed = await seal('aes-256-gcm', randomBytes(2 * mebi), keyFile);
  sealed[headLength + chunkLength + 100]! ^= 1;
  let length = 0;
  const stream = (await sealOf('aes-256-gcm')).open(inSteps(sealed, 50_000), keyFile, testContext());
  await assert.rejects(
    async () => {
      for await (const bytes of stream) length += bytes.length;
    },
    { code: 'SEAL_BROKEN' },
  );
  assert.equal(length, mebi);
});
