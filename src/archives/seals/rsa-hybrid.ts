// The seal `rsa-hybrid`: our container under a random key, which RSA-OAEP wraps once for each recipient.

import { type KeyObject, randomBytes } from 'node:crypto';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { ByteReader } from './byte-reader.ts';
import { openChunks, sealChunks } from './chunks.ts';
import { keySources, makeHead, readHead } from './container.ts';
import { fingerprintOf, openOaep, rsaIdentities, rsaRecipients, sealOaep } from './rsa-keys.ts';
import { type Seal, sealBroken, sealKeyWrong } from './seal.ts';

const name = 'rsa-hybrid';
const recipientsMax = 16;
const wrappedStart = 34;

export const rsaHybrid: Seal = {
  name,
  suffix: '.rsa-hybrid',
  needs: { seal: 'recipient', open: 'identity' },
  async *seal(plain, key, context) {
    yield* sealHybrid(plain, rsaRecipients(key, name), context);
  },
  async *open(sealed, key, context) {
    const reader = new ByteReader(sealed);
    try {
      yield* openHybrid(reader, rsaIdentities(key, name), context);
    } finally {
      await reader.close();
    }
  },
};

export async function* sealHybrid(
  plain: AsyncIterable<Uint8Array>,
  recipients: readonly KeyObject[],
  context: Context,
): AsyncGenerator<Uint8Array> {
  if (recipients.length > recipientsMax) {
    throw new Failure('usage', 'SEAL_RECIPIENTS_TOO_MANY', `${recipients.length} recipients are too many`, {
      hint: `Seal for at most ${recipientsMax} keys.`,
    });
  }
  const chunkKey = randomBytes(32);
  try {
    const entries: Uint8Array[] = [];
    for (const recipient of recipients) {
      const wrapped = sealOaep(recipient, chunkKey);
      const length = Buffer.alloc(2);
      length.writeUInt16LE(wrapped.length);
      entries.push(fingerprintOf(recipient), length, wrapped);
    }
    const head = makeHead(keySources.rsa, Buffer.concat(entries));
    yield head;
    yield* sealChunks(plain, chunkKey, head, context);
  } finally {
    chunkKey.fill(0);
  }
}

export async function* openHybrid(
  reader: ByteReader,
  identities: readonly KeyObject[],
  context: Context,
): AsyncGenerator<Uint8Array> {
  const head = await readHead(reader);
  if (head.source !== keySources.rsa)
    throw sealKeyWrong('the archive is sealed with a password, not for RSA keys');
  const chunkKey = unwrap(Buffer.from(head.parameters), identities);
  try {
    yield* openChunks(reader, chunkKey, head.bytes, context);
  } finally {
    chunkKey.fill(0);
  }
}

function unwrap(entries: Buffer, identities: readonly KeyObject[]): Uint8Array {
  const byFingerprint = new Map(
    identities.map((key) => [Buffer.from(fingerprintOf(key)).toString('hex'), key]),
  );
  for (let at = 0; at < entries.length; ) {
    if (entries.length < at + wrappedStart) throw sealBroken('has a list of recipients that is cut off');
    const end = at + wrappedStart + entries.readUInt16LE(at + 32);
    if (entries.length < end) throw sealBroken('has a list of recipients that is cut off');
    const identity = byFingerprint.get(entries.toString('hex', at, at + 32));
    if (identity !== undefined) {
      const chunkKey = openOaep(identity, entries.subarray(at + wrappedStart, end));
      if (chunkKey?.length !== 32) throw sealBroken('has a wrapped key that its recipient cannot open');
      return chunkKey;
    }
    at = end;
  }
  throw sealKeyWrong('the archive is sealed for other RSA keys');
}
