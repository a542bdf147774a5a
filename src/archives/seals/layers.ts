// Several seals over one archive, one around the other, each with a key of its own.

import { createHash } from 'node:crypto';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Seal, SealKey } from './seal.ts';

export interface SealLayer {
  readonly seal: Seal;
  readonly key: SealKey;
}

const layersMax = 8;

/** Innermost layer first; no layer at all leaves the bytes as they are. */
export function sealLayers(
  plain: AsyncIterable<Uint8Array>,
  layers: readonly SealLayer[],
  context: Context,
): AsyncIterable<Uint8Array> {
  checkCount(layers);
  checkIndependence(layers);
  return layers.reduce((inner, { seal, key }) => seal.seal(inner, key, context), plain);
}

/** The same list as for sealing: innermost first. */
export function openLayers(
  sealed: AsyncIterable<Uint8Array>,
  layers: readonly SealLayer[],
  context: Context,
): AsyncIterable<Uint8Array> {
  checkCount(layers);
  return layers.reduceRight((outer, { seal, key }) => seal.open(outer, key, context), sealed);
}

/** What the names of archives with these layers end in. */
export function suffixOf(layers: readonly { readonly seal: Pick<Seal, 'suffix'> }[]): string {
  return layers.map(({ seal }) => seal.suffix).join('');
}

function checkCount(layers: readonly SealLayer[]): void {
  if (layers.length > layersMax) {
    throw new Failure('usage', 'SEAL_LAYERS_TOO_MANY', `${layers.length} layers of seals are too many`, {
      hint: `Use at most ${layersMax}.`,
    });
  }
}

// A second layer under the key of the first adds cost and no protection.
function checkIndependence(layers: readonly SealLayer[]): void {
  const seen = new Set<string>();
  for (const { key, seal } of layers) {
    const usesPassword = seal.needs.seal !== 'recipient' && (key.recipients ?? []).length === 0;
    const used = usesPassword
      ? [key.password?.reveal() ?? new Uint8Array(0)]
      : (key.recipients ?? []).map((recipient) => Buffer.from(recipient.trim()));
    for (const bytes of used) {
      const digest = createHash('sha256').update(bytes).digest('hex');
      if (seen.has(digest)) {
        throw new Failure('usage', 'SEAL_LAYERS_SAME_KEY', 'two layers of seals have the same key', {
          hint: 'Give each layer a password or recipient of its own.',
        });
      }
      seen.add(digest);
    }
  }
}
