// The head of our own container: how the key of its chunks is found. FORMAT.md § Portable archives: seals.

import type { ByteReader } from './byte-reader.ts';
import { containerSuite } from './chunks.ts';
import { sealBroken, sealTruncated } from './seal.ts';

/** What leads to the key; the numbers are the format. */
export const keySources = { rawKey: 0, argon2id: 1, scrypt: 2, 'pbkdf2-sha256': 3, rsa: 4 } as const;

export const containerMagic: Uint8Array = Buffer.from('BKPSEAL1', 'latin1');
const fixedLength = 12;
/** As key slots: parsed before anything is authenticated. */
const parametersMax = 16 * 1024;

export interface ContainerHead {
  readonly source: number;
  readonly parameters: Uint8Array;
  /** All bytes of the head, to which every chunk is bound. */
  readonly bytes: Uint8Array;
}

export function makeHead(source: number, parameters: Uint8Array): Uint8Array {
  const head = Buffer.alloc(fixedLength + parameters.length);
  head.set(containerMagic);
  head[8] = containerSuite;
  head[9] = source;
  head.writeUInt16LE(parameters.length, 10);
  head.set(parameters, fixedLength);
  return head;
}

export async function readHead(reader: ByteReader): Promise<ContainerHead> {
  const fixed = Buffer.from(await reader.take(fixedLength));
  if (Buffer.compare(fixed.subarray(0, 8), containerMagic.subarray(0, Math.min(8, fixed.length))) !== 0)
    throw sealBroken('does not begin as one of ours');
  if (fixed.length < fixedLength) throw sealTruncated('ends within its head');
  if (fixed[8] !== containerSuite) throw sealBroken(`names the cipher suite ${fixed[8]}, which is not known`);
  const length = fixed.readUInt16LE(10);
  if (length > parametersMax) throw sealBroken(`has a head of ${length} bytes`);
  const parameters = await reader.take(length);
  if (parameters.length < length) throw sealTruncated('ends within its head');
  return { source: fixed[9]!, parameters, bytes: Buffer.concat([fixed, parameters]) };
}
