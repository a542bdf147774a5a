// The seal `rsa`: one block of RSA-OAEP where the payload fits, else the container of `rsa-hybrid`, saying so in the log. The first is
// what `openssl pkeyutl` reads; a block proves nothing about who made it, since the key is public.

import type { KeyObject } from 'node:crypto';
import { concat, equalBytes } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { ByteReader } from './byte-reader.ts';
import { containerMagic } from './container.ts';
import { openHybrid, sealHybrid } from './rsa-hybrid.ts';
import {
  directLengthMax,
  modulusLengthOf,
  openOaep,
  rsaIdentities,
  rsaRecipients,
  sealOaep,
} from './rsa-keys.ts';
import { type Seal, sealBroken, sealKeyWrong, sealTruncated } from './seal.ts';

const name = 'rsa';

export const rsa: Seal = {
  name,
  suffix: '.rsa',
  needs: { seal: 'recipient', open: 'identity' },
  async *seal(plain, key, context) {
    const recipients = rsaRecipients(key, name);
    const reader = new ByteReader(plain);
    try {
      const [only] = recipients;
      const most = only === undefined || recipients.length > 1 ? 0 : directLengthMax(only);
      const begin = await reader.take(most);
      if (only !== undefined && recipients.length === 1 && (await reader.isAtEnd())) {
        yield sealOaep(only, begin);
        return;
      }
      context.log.warn(
        recipients.length > 1
          ? 'RSA alone seals for one recipient: sealing in hybrid mode (RSA-OAEP wraps an AES-256-GCM key)'
          : 'the archive is larger than RSA can seal: sealing in hybrid mode (RSA-OAEP wraps an AES-256-GCM key)',
        { directBytesMax: most, recipients: recipients.length },
      );
      yield* sealHybrid(withBegin(begin, reader), recipients, context);
    } finally {
      await reader.close();
    }
  },
  async *open(sealed, key, context) {
    const identities = rsaIdentities(key, name);
    const reader = new ByteReader(sealed);
    try {
      const magic = await reader.take(containerMagic.length);
      if (equalBytes(magic, containerMagic)) {
        yield* openHybrid(new ByteReader(withBegin(magic, reader)), identities, context);
        return;
      }
      const plain = await openDirect(magic, reader, identities, context);
      if (plain.length > 0) yield plain;
    } finally {
      await reader.close();
    }
  },
};

async function openDirect(
  begin: Uint8Array,
  reader: ByteReader,
  identities: readonly KeyObject[],
  context: Context,
): Promise<Uint8Array> {
  const lengths = identities.map(modulusLengthOf);
  const most = Math.max(...lengths);
  const block = concat([begin, await reader.take(most - begin.length)]);
  if (!(await reader.isAtEnd())) throw sealBroken('is longer than one RSA block, and no container');
  for (const identity of identities) {
    const plain = openOaep(identity, block);
    if (plain !== undefined) return plain;
  }
  context.log.debug('no private key opened the block', { length: block.length });
  if (block.length < Math.min(...lengths)) throw sealTruncated('is shorter than one RSA block');
  throw sealKeyWrong('the archive is not sealed for these RSA keys, or was changed');
}

async function* withBegin(begin: Uint8Array, reader: ByteReader): AsyncGenerator<Uint8Array> {
  if (begin.length > 0) yield begin;
  for (;;) {
    const bytes = await reader.take(64 * 1024);
    if (bytes.length === 0) return;
    yield bytes;
  }
}
