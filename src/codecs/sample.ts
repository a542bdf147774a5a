// Looks at a few kilobytes of a frame before it is compressed: whether there is any order in it at all, and whether there is much. Costs some
// microseconds where compressing costs milliseconds.

/** Windows of this length, evenly spread. */
const windowLength = 1024;
const windows = 8;
/** Below this a frame is compressed unseen. */
export const sampledMin = 2 * windows * windowLength;

/**
 * How likely two bytes are the same. 1/256 for bytes without order; a little above in so short a window, never as much as this. What is
 * compressed or encrypted already looks so; text in base64 has 1/64.
 */
const randomMost = 1 / 140;
/** Prose and source code have about 1/15, programs and tables with many zeros more. */
const redundantLeast = 1 / 32;

export interface Sample {
  /** Every window looks random. Long repeats of random bytes do, too: compress a part before you believe it. */
  readonly looksRandom: boolean;
  /** Few different bytes make up most of it. */
  readonly isRedundant: boolean;
}

const neither: Sample = { looksRandom: false, isRedundant: false };

export class Sampler {
  readonly #counts = new Uint16Array(256);

  look(plain: Uint8Array): Sample {
    if (plain.length < sampledMin) return neither;
    let sum = 0;
    let looksRandom = true;
    const step = Math.floor((plain.length - windowLength) / (windows - 1));
    for (let window = 0; window < windows; window += 1) {
      const share = this.#share(plain, window * step);
      sum += share;
      if (share > randomMost) looksRandom = false;
    }
    return { looksRandom, isRedundant: sum / windows >= redundantLeast };
  }

  /** The chance that two bytes of a window are equal. */
  #share(plain: Uint8Array, start: number): number {
    const counts = this.#counts.fill(0);
    const end = start + windowLength;
    for (let at = start; at < end; at += 1) {
      const byte = plain[at]!;
      counts[byte] = counts[byte]! + 1;
    }
    let squares = 0;
    for (let byte = 0; byte < 256; byte += 1) squares += counts[byte]! * counts[byte]!;
    return squares / (windowLength * windowLength);
  }
}

/** Pieces of a frame that are compressed for a try, joined. */
export function piecesOf(plain: Uint8Array): Uint8Array {
  const pieces = 4;
  const length = Math.min(16_384, plain.length >> 2);
  const joined = new Uint8Array(pieces * length);
  const step = Math.floor((plain.length - length) / (pieces - 1));
  for (let piece = 0; piece < pieces; piece += 1) {
    joined.set(plain.subarray(piece * step, piece * step + length), piece * length);
  }
  return joined;
}
