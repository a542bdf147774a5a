// What every seal must keep, whoever wrote it. Each promise throws bug/SEAL_UNFAITHFUL when it is broken.

import { randomBytes } from 'node:crypto';
import { concat } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { pieceLength, type Seal, type SealKey } from './seal.ts';

export interface Promised {
  readonly name: string;
  check(): Promise<void>;
}

export interface SealUnderTest {
  readonly seal: Seal;
  readonly key: SealKey;
  /** Opens what `key` sealed, when it is not `key` itself. */
  readonly openKey?: SealKey;
  /** A good key of the same kind, to which nothing is sealed. */
  readonly otherKey: SealKey;
  /** False for formats that cannot see changes: then only what they can see is asked. */
  readonly authenticates: boolean;
  /** What its cutting follows: lengths around it are tried. */
  readonly chunkLength: number;
  /** Only every so many-th bit is flipped where opening is slow; odd, so that every place in a byte is met. */
  readonly bitStride?: number;
}

const changeCodes: readonly string[] = ['SEAL_BROKEN', 'SEAL_TRUNCATED', 'SEAL_KEY_WRONG'];
/** What a changed head can lead to besides: the numbers of a key derivation are checked before they are used. */
const headCodes: readonly string[] = ['KDF_TOO_WEAK', 'KDF_TOO_COSTLY'];

export function conformanceOf(under: SealUnderTest, context: Context): readonly Promised[] {
  const { seal, key, otherKey, chunkLength } = under;
  const openKey = under.openKey ?? key;
  const demand = (kept: boolean, why: string): void => {
    if (!kept) throw new Failure('bug', 'SEAL_UNFAITHFUL', `the seal "${seal.name}" ${why}`);
  };
  const sealed = (plain: Uint8Array, step = pieceLength): Promise<Uint8Array> =>
    gather(seal.seal(inSteps(plain, step), key, context));
  const opened = (bytes: Uint8Array, step = pieceLength, by = openKey): Promise<Uint8Array> =>
    gather(seal.open(inSteps(bytes, step), by, context));
  /** The code that refuses these bytes; undefined when they opened. */
  const refusal = async (bytes: Uint8Array, by = openKey): Promise<string | undefined> => {
    try {
      await opened(bytes, pieceLength, by);
      return undefined;
    } catch (error) {
      if (error instanceof Failure) return error.code;
      throw error;
    }
  };
  const isRefused = async (bytes: Uint8Array): Promise<boolean> => {
    const code = await refusal(bytes);
    return code !== undefined && (changeCodes.includes(code) || headCodes.includes(code));
  };

  const promises: Promised[] = [
    {
      name: 'what was sealed opens, whatever its length and however it comes',
      async check() {
        for (const length of [0, 1, 15, 16, 17, chunkLength - 1, chunkLength, chunkLength + 1]) {
          const plain = randomBytes(length);
          const step = 1 + (randomBytes(3).readUIntLE(0, 3) % 100_000);
          const bytes = await sealed(plain, step);
          demand(plain.equals(await opened(bytes, step)), `does not open ${length} bytes that it sealed`);
        }
      },
    },
    {
      name: 'nothing that is sealed twice looks the same, and no plain byte shows',
      async check() {
        const plain = Buffer.alloc(96, 'plain words ');
        const one = Buffer.from(await sealed(plain));
        const two = Buffer.from(await sealed(plain));
        demand(!one.equals(two), 'seals the same to the same');
        demand(!one.includes('plain wo'), 'shows what it seals');
      },
    },
    {
      name: 'another key is refused',
      async check() {
        const code = await refusal(await sealed(randomBytes(1000)), otherKey);
        const expected = under.authenticates ? ['SEAL_KEY_WRONG'] : changeCodes;
        // Without authentication one wrong key in 256 leads to an end that looks good.
        if (under.authenticates || code !== undefined)
          demand(code !== undefined && expected.includes(code), `answers a wrong key with ${code}`);
      },
    },
    {
      name: 'an empty file is refused',
      async check() {
        demand(await isRefused(new Uint8Array(0)), 'opens a file of no bytes');
      },
    },
    {
      name: 'memory does not grow with the stream: what comes out keeps pace with what goes in',
      async check() {
        let given = 0;
        let largestLag = 0;
        const source = async function* (): AsyncGenerator<Uint8Array> {
          for (let piece = 0; piece < 8; piece += 1) {
            given += pieceLength;
            yield new Uint8Array(pieceLength);
          }
        };
        let taken = 0;
        const sealed = kept(seal.seal(source(), key, context));
        for await (const bytes of seal.open(sealed, openKey, context)) {
          largestLag = Math.max(largestLag, given - taken);
          taken += bytes.length;
        }
        demand(taken === given, `gives ${taken} of ${given} bytes back`);
        demand(largestLag <= 6 * pieceLength, `holds ${largestLag} bytes back`);
      },
    },
    {
      name: 'a canceled run ends',
      async check() {
        const controller = new AbortController();
        const canceled = { ...context, signal: controller.signal };
        const source = async function* (): AsyncGenerator<Uint8Array> {
          for (let piece = 0; piece < 64; piece += 1) {
            if (piece === 3) controller.abort();
            yield new Uint8Array(pieceLength);
          }
        };
        let code: string | undefined;
        try {
          await gather(seal.seal(source(), key, canceled));
        } catch (error) {
          code = error instanceof Failure ? error.code : undefined;
        }
        demand(code === 'CANCELED', `answers a canceled run with ${code}`);
      },
    },
  ];
  if (!under.authenticates) return promises;
  return [
    ...promises,
    {
      name: 'every truncation of a small stream is refused',
      async check() {
        const bytes = await sealed(randomBytes(40));
        for (let length = 0; length < bytes.length; length += 1)
          demand(await isRefused(bytes.subarray(0, length)), `accepts ${length} of ${bytes.length} bytes`);
      },
    },
    {
      name: 'truncations at and around the edges of chunks are refused',
      async check() {
        const bytes = await sealed(randomBytes(2 * chunkLength + 10));
        const edges = [bytes.length - 1, bytes.length - 9, bytes.length - 10];
        for (const chunks of [1, 2]) {
          // As long as what the same seal makes of so many whole chunks: there lies the edge.
          const edge = (await sealed(randomBytes(chunks * chunkLength))).length;
          edges.push(edge - 1, edge, edge + 1);
        }
        for (const edge of edges.filter((one) => one < bytes.length))
          demand(await isRefused(bytes.subarray(0, edge)), `accepts ${edge} of ${bytes.length} bytes`);
      },
    },
    {
      name: 'every flipped bit of a small stream is refused',
      async check() {
        const bytes = await sealed(randomBytes(20));
        for (let bit = 0; bit < bytes.length * 8; bit += under.bitStride ?? 1) {
          const changed = Uint8Array.from(bytes);
          changed[bit >> 3]! ^= 1 << (bit & 7);
          demand(await isRefused(changed), `accepts a change of bit ${bit} of ${bytes.length * 8}`);
        }
      },
    },
    {
      name: 'trailing bytes are refused, a second stream behind the first too',
      async check() {
        for (const length of [20, chunkLength]) {
          const bytes = await sealed(randomBytes(length));
          for (const more of [Uint8Array.of(0), Uint8Array.of(10), bytes])
            demand(await isRefused(concat([bytes, more])), `accepts ${more.length} bytes behind its end`);
        }
      },
    },
  ];
}

export async function gather(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of kept(stream)) parts.push(part);
  return concat(parts);
}

/** Pieces that are lent, in memory of their own. */
async function* kept(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) yield Uint8Array.from(piece);
}

export async function* inSteps(bytes: Uint8Array, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}
