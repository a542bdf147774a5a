// Moves what is live in a pack that goes.

import type { Context } from '../../base/context.ts';
import { release } from '../../codecs/release.ts';
import { commit8Of } from '../../repository/box.ts';
import { decodeDirectory } from '../../repository/pack.ts';
import { packObjectName } from '../../repository/pack-catalog.ts';
import { openFrame, type Repository, verifyBlob } from '../../repository/repository.ts';
import type { Session } from '../../repository/session.ts';
import type { Plan } from './plan.ts';

// An ordinary writer session: the old packs count as absent, so that their live blobs are stored again.
export async function repack(
  repository: Repository,
  session: Session,
  plan: Plan,
  context: Context,
): Promise<void> {
  if (plan.repack.length === 0) return;
  const { index, catalog, ring } = repository;
  const rowsOfFrame = new Map<number, number[]>();
  // Those that go whole count as absent, too: a blob that lies in both would else have nowhere to stay.
  const names = new Set([...plan.repack, ...plan.unused].map((pack) => pack.name));
  for (let row = 0; row < index.size; row += 1) {
    const number = index.frameOf(row);
    if (number >= catalog.frameCount || !names.has(catalog.packOfFrame(number).name)) continue;
    index.condemn(row);
    if (!plan.needs.live.has(row)) continue;
    const rows = rowsOfFrame.get(number);
    if (rows === undefined) rowsOfFrame.set(number, [row]);
    else rows.push(row);
  }
  context.monitor.total('objects', plan.repack.length);
  const sealed: Parameters<Session['store']>[0][] = [];
  const builder = session.builder({ comp: 1, level: 3 }, (frame) => sealed.push(frame));
  const drain = async () => {
    for (const frame of sealed.splice(0)) await session.store(frame);
  };
  for (const pack of plan.repack) {
    const directory = decodeDirectory(pack.directory, pack.name);
    for (let position = 0; position < pack.frameCount; position += 1) {
      const number = pack.firstFrame + position;
      const rows = rowsOfFrame.get(number);
      if (rows === undefined) continue;
      context.signal.throwIfAborted();
      const frame = catalog.frame(number);
      const entry = directory.frames[position]!;
      const box = await repository.storage.get(packObjectName(pack), {
        range: { offset: frame.offset, length: frame.length },
        signal: context.signal,
      });
      const plain = openFrame(ring, frame, box);
      const blobs = entry.ids.length / 32;
      const isCurrent =
        frame.generation === ring.forNewFrames(frame.type).generation && pack.suite === ring.suite;
      let offset = 0;
      const wanted = new Set(rows.map((row) => index.offsetOf(row)));
      const lengths = Buffer.from(entry.lengths.buffer, entry.lengths.byteOffset, entry.lengths.length);
      const copied = new Int32Array(blobs);
      const whole = isCurrent && rows.length === blobs;
      for (let blob = 0; blob < blobs; blob += 1) {
        const length = lengths.readUInt32LE(blob * 4);
        const id = entry.ids.subarray(blob * 32, blob * 32 + 32);
        if (whole || wanted.has(offset)) {
          const bytes = plain.subarray(offset, offset + length);
          verifyBlob(ring, frame.type, id, bytes, frame);
          if (whole) {
            const claimed = index.claim(id, 0, length);
            copied[blob] = claimed < 0 ? -1 - claimed : claimed;
          } else builder.add(frame.type, bytes, Buffer.alloc(32), 0);
        }
        offset += length;
      }
      // A frame that is live as a whole moves as it is: its box does not know which pack it lies in.
      if (whole) await session.store({ ...entry, rows: copied, box, commit8: commit8Of(box) });
      else release(box);
      await drain();
    }
    context.monitor.count('objects', 1);
  }
  builder.flush();
  await drain();
}
