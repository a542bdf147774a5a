// `auto`: chooses codec and level of one frame, from a sample of it and from the level that the measurements of the running backup allow
// (auto.ts). It may only save time where the storage keeps pace; where the storage is slow, frames that gain much get more effort.

import { autoStart } from './auto.ts';
import { codecKinds } from './kinds.ts';
import { piecesOf, Sampler } from './sample.ts';
import zstd from './zstd.ts';

/** Why a frame was compressed as it was; stable words of the report. */
export type ChoiceReason =
  | 'usual'
  | 'storage-waits'
  | 'storage-is-fast'
  | 'redundant'
  | 'incompressible'
  | 'no-gain';

export interface FrameChoice {
  readonly comp: number;
  readonly level: number;
  readonly reason: ChoiceReason;
}

/** What frames of much redundancy get while the storage waits: there a level buys most. */
const harder: Readonly<Record<number, number>> = { 5: 7, 7: 12, 9: 15 };
/** A try that keeps more than this of its bytes: the whole will not get smaller either. */
const incompressible = 0.97;
const tryLevel = 1;

export class FrameChooser {
  readonly #sampler = new Sampler();

  /** `level` is that of the running backup. */
  choose(plain: Uint8Array, level: number): FrameChoice {
    const sample = this.#sampler.look(plain);
    if (sample.looksRandom) {
      const pieces = piecesOf(plain);
      if (zstd.compress(pieces, tryLevel).length >= pieces.length * incompressible) {
        return { comp: codecKinds.none.comp, level: 0, reason: 'incompressible' };
      }
    }
    const { comp } = codecKinds.zstd;
    const higher = sample.isRedundant ? harder[level] : undefined;
    if (higher !== undefined) return { comp, level: higher, reason: 'redundant' };
    if (level > autoStart.level) return { comp, level, reason: 'storage-waits' };
    return { comp, level, reason: level < autoStart.level ? 'storage-is-fast' : 'usual' };
  }
}
