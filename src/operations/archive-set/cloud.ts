// A second copy of an archive, away from this machine: sealed, even where the local one is not, unless that is switched off.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type SealLayer, sealLayers, suffixOf } from '../../archives/seals/layers.ts';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { objectBytesMax } from '../../base/limits.ts';
import type { Storage } from '../../storage/storage.ts';
import type { ArchiveSet } from './archive-set.ts';

export interface CloudCopy {
  /** `unwanted`: the configuration names no such backend; `unconfigured`: it does, but no place. */
  readonly state: 'stored' | 'planned' | 'failed' | 'unwanted' | 'unconfigured';
  readonly location?: string;
  readonly object?: string;
  readonly isSealed?: boolean;
  /** Of the failure. */
  readonly code?: string;
}

/** A copy that fails makes the run partial: the archive here is whole. */
export async function copyToCloud(
  request: {
    readonly path: string;
    readonly archive: string;
    readonly sealing: readonly SealLayer[];
    readonly isDryRun: boolean;
  },
  { config, openCloud }: ArchiveSet,
  context: Context,
): Promise<CloudCopy> {
  if (!config.backends.includes('s3')) return { state: 'unwanted' };
  if (config.s3Place === undefined) {
    context.log.warn(
      'the configuration names "s3" but no place there ("s3_place"): the only copy lies on this machine',
    );
    return { state: 'unconfigured' };
  }
  const sealing = config.isCloudEncrypted && !config.isEncrypted ? request.sealing : [];
  const object = `${request.archive}${suffixOf(sealing)}`;
  const isSealed = config.isEncrypted || sealing.length > 0;
  if (request.isDryRun)
    return { state: 'planned', object, isSealed: config.isEncrypted || config.isCloudEncrypted };
  try {
    await using storage = await openCloud(config.s3Place);
    const bytes = await readSmall(request.path, sealing, context);
    await putProven(storage, object, bytes, context);
    return { state: 'stored', location: storage.location, object, isSealed };
  } catch (error) {
    if (!isFailure(error) || error.kind === 'canceled') throw error;
    context.monitor.problem({ path: object, code: error.code, message: error.message });
    return { state: 'failed', object, code: error.code };
  }
}

async function readSmall(path: string, sealing: readonly SealLayer[], context: Context): Promise<Uint8Array> {
  const { size } = await stat(path);
  // A seal adds less than a thousandth.
  if (size * 1.001 + 65_536 > objectBytesMax) {
    throw new Failure(
      'usage',
      'ARCHIVE_TOO_LARGE_TO_COPY',
      `the archive has ${size} bytes, too many for one object`,
      {
        hint: 'Save large folders with "holdfast backup" into a repository, which has no such limit.',
      },
    );
  }
  const plain = await readFile(path);
  if (sealing.length === 0) return plain;
  const pieces: Uint8Array[] = [];
  for await (const piece of sealLayers(once(plain), sealing, context)) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Read back and compared: a server's word is no proof. */
async function putProven(storage: Storage, name: string, bytes: Uint8Array, context: Context): Promise<void> {
  const { signal } = context;
  await storage.put(name, bytes, { ifAbsent: true, signal });
  const back = await storage.get(name, { signal });
  if (Buffer.compare(back, bytes) !== 0) {
    throw new Failure('corrupt', 'ARCHIVE_COPY_DIFFERS', `the copy "${name}" is not what was sent`, {
      hint: 'Check the storage with "holdfast storage test", and run the backup again.',
    });
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  await storage.put(`${name}.sha256`, Buffer.from(`${digest}  ${name}\n`, 'latin1'), {
    ifAbsent: true,
    signal,
  });
}
