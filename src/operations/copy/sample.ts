// Proves a copy by reading a share of it back from where it was stored, before it is published: what was sent by its digest, what was there
// already by the bytes of both places. The root is always among it.

import { createHash, randomInt } from 'node:crypto';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { boxTypes } from '../../repository/box.ts';
import type { Repository } from '../../repository/repository.ts';

export interface Verified {
  readonly blobs: number;
  readonly bytes: number;
}

interface Sent {
  readonly type: number;
  readonly id: Uint8Array;
  readonly digest: Buffer;
}

interface Known {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** Of blobs that were there before: few, because they are read at both places and were sampled when they were sent. */
const knownMax = 16;
const scale = 1_000_000;

export class Sample {
  readonly #share: number;
  readonly #sent: Sent[] = [];
  readonly #known: Known[] = [];
  #knownSeen = 0;

  /** 0 to 1; at 0 nothing is taken. */
  constructor(share: number) {
    this.#share = share;
  }

  /** Offers a blob that was sent; `always` for those that a proof must not lack. */
  sent(type: number, id: Uint8Array, plain: Uint8Array, always = false): void {
    if (this.#share === 0) return;
    if (!always && this.#sent.length > 0 && randomInt(scale) >= this.#share * scale) return;
    this.#sent.push({ type, id: Uint8Array.from(id), digest: digestOf(plain) });
  }

  /** Offers a blob that was not sent, because it is thought to be there under `to`. */
  known(from: Uint8Array, to: Uint8Array): void {
    if (this.#share === 0) return;
    this.#knownSeen += 1;
    const place = this.#known.length < knownMax ? this.#known.length : randomInt(this.#knownSeen);
    if (place < knownMax) this.#known[place] = { from: Uint8Array.from(from), to: Uint8Array.from(to) };
  }

  /** Fails with corrupt/COPY_DIFFERS. What is frozen cannot be read back and is not counted. */
  async verify(from: Repository, to: Repository, context: Context): Promise<Verified> {
    let blobs = 0;
    let bytes = 0;
    const check = async (type: number, id: Uint8Array, wanted: Buffer) => {
      let plain: Uint8Array;
      try {
        plain = await to.readBlob(type, id, context);
      } catch (error) {
        if (isFailure(error, 'conflict', 'OBJECT_FROZEN')) return;
        if (isFailure(error, 'corrupt') || isFailure(error, 'missing')) throw differs(to, error);
        throw error;
      }
      if (!digestOf(plain).equals(wanted)) throw differs(to);
      blobs += 1;
      bytes += plain.length;
    };
    // In the order in which they lie there, so that a frame is read once.
    const placeOf = ({ id }: Sent): number => to.locate(id)?.number ?? 0;
    for (const one of [...this.#sent].sort((a, b) => placeOf(a) - placeOf(b))) {
      await check(one.type, one.id, one.digest);
    }
    for (const { from: mine, to: theirs } of this.#known) {
      const wanted = digestOf(await from.readBlob(boxTypes.data, mine, context));
      await check(boxTypes.data, theirs, wanted);
    }
    return { blobs, bytes };
  }
}

function digestOf(plain: Uint8Array): Buffer {
  return createHash('sha256').update(plain).digest();
}

function differs(to: Repository, cause?: Failure): Failure {
  return new Failure(
    'corrupt',
    'COPY_DIFFERS',
    `"${to.storage.location}" does not give back what it was given`,
    {
      hint: 'This snapshot was not published there. Run "holdfast check --read-data" on that repository.',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
