// The directory at the end of a zip: what it says of the contents before it, which must be what they say themselves, and the records that
// end it. Nothing may stand between, and nothing behind.

import {
  type ArchiveEntry,
  type ArchiveEntryKind,
  archiveBroken,
  archiveTooLarge,
  archiveUnsupported,
  type ByteQueue,
  type ReadLimits,
} from './archive.ts';

export const signatures = {
  local: 0x04034b50,
  descriptor: 0x08074b50,
  central: 0x02014b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  end: 0x06054b50,
} as const;
export const max32 = 0xffff_ffff;

/** One content as its local header and its end tell it. */
export interface Local {
  readonly start: number;
  readonly name: string;
  readonly method: number;
  checksum: number;
  packed: number;
  size: number;
}

export interface Central {
  readonly start: number;
  readonly entry: ArchiveEntry;
}

export async function readCentral(
  queue: ByteQueue,
  firstSignature: number,
  locals: ReadonlyMap<number, Local>,
  { entriesMax }: ReadLimits,
): Promise<ReadonlyMap<number, Central>> {
  const found = new Map<number, Central>();
  const start = queue.position - 4;
  try {
    let signature = firstSignature;
    for (; signature === signatures.central; signature = await readSignature(queue)) {
      if (found.size >= entriesMax)
        throw archiveTooLarge(`has more than ${entriesMax} entries`, '--max-entries');
      const central = await readCentralEntry(queue, locals);
      if (found.has(central.start)) throw archiveBroken('names one content twice in its directory');
      found.set(central.start, central);
    }
    if (found.size !== locals.size) throw archiveBroken('has contents that its directory does not name');
    const length = queue.position - 4 - start;
    await readEnd(queue, signature, found.size, start, length);
    return found;
  } finally {
    await queue.close();
  }
}

async function readSignature(queue: ByteQueue): Promise<number> {
  return Buffer.from(await queue.exactly(4)).readUInt32LE(0);
}

async function readCentralEntry(queue: ByteQueue, locals: ReadonlyMap<number, Local>): Promise<Central> {
  const head = Buffer.from(await queue.exactly(42));
  const name = Buffer.from(await queue.exactly(head.readUInt16LE(24))).toString('latin1');
  const extra = extrasOf(Buffer.from(await queue.exactly(head.readUInt16LE(26))));
  await queue.exactly(head.readUInt16LE(28));
  const told = { size: head.readUInt32LE(20), packed: head.readUInt32LE(16), start: head.readUInt32LE(38) };
  widen(told, extra.get(1), ['size', 'packed', 'start']);
  const local = locals.get(told.start);
  if (
    local === undefined ||
    local.name !== name ||
    local.size !== told.size ||
    local.packed !== told.packed ||
    local.checksum !== head.readUInt32LE(12) ||
    local.method !== head.readUInt16LE(6)
  ) {
    throw archiveBroken('has a directory that says other than its contents');
  }
  const madeOnUnix = head.readUInt16LE(0) >>> 8 === 3 || head.readUInt16LE(0) >>> 8 === 19;
  const mode = madeOnUnix ? head.readUInt32LE(34) >>> 16 : 0;
  const kind = kindOf(mode, name);
  const permissions = mode === 0 ? (kind === 'directory' ? 0o755 : 0o644) : mode & 0o7777;
  const [uid, gid] = ownersOf(extra.get(0x7875));
  return {
    start: told.start,
    entry: {
      path: name.replace(/\/+$/, '') || name,
      kind,
      mode: permissions,
      uid,
      gid,
      mtimeNs: timeOf(extra.get(0x5455), head.readUInt16LE(8), head.readUInt16LE(10)),
      sizeBytes: told.size,
    },
  };
}

function kindOf(mode: number, name: string): ArchiveEntryKind {
  const type = mode & 0o170000;
  if (type === 0o120000) return 'symlink';
  if (type === 0o040000 || name.endsWith('/')) return 'directory';
  if (type === 0 || type === 0o100000) return 'file';
  if (type === 0o010000) return 'fifo';
  throw archiveUnsupported('has an entry of a kind that zip cannot hold');
}

function ownersOf(extra: Buffer | undefined): [uid: number, gid: number] {
  if (extra === undefined || extra.length < 11 || extra[1] !== 4 || extra[6] !== 4) return [0, 0];
  return [extra.readUInt32LE(2), extra.readUInt32LE(7)];
}

function timeOf(extra: Buffer | undefined, time: number, date: number): bigint {
  if (extra !== undefined && extra.length >= 5 && (extra[0]! & 1) === 1)
    return BigInt(extra.readInt32LE(1)) * 1_000_000_000n;
  // Without a zone: taken for UTC, so that the result does not depend on where it is read.
  const at = Date.UTC(
    1980 + (date >>> 9),
    ((date >>> 5) & 15) - 1,
    date & 31,
    time >>> 11,
    (time >>> 5) & 63,
    (time & 31) * 2,
  );
  return BigInt(at) * 1_000_000n;
}

export function extrasOf(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    // Some writers leave a torn field at the end; it can hold nothing that is needed.
    if (end > bytes.length) break;
    found.set(bytes.readUInt16LE(at), bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}

/** Puts 64-bit values in place of those that 32 bits could not hold; says whether there was such a field at all. */
export function widen<Key extends string>(
  told: Record<Key, number>,
  extra: Buffer | undefined,
  keys: readonly Key[],
): boolean {
  if (extra === undefined) return false;
  let at = 0;
  for (const key of keys) {
    if (told[key] !== max32) continue;
    if (at + 8 > extra.length) throw archiveBroken('has a ZIP64 field that is too short');
    told[key] = Number(extra.readBigUInt64LE(at));
    if (!Number.isSafeInteger(told[key])) throw archiveBroken('has a size that cannot be');
    at += 8;
  }
  return true;
}

async function readEnd(
  queue: ByteQueue,
  signature: number,
  count: number,
  start: number,
  length: number,
): Promise<void> {
  let next = signature;
  let isLarge = false;
  if (next === signatures.end64) {
    const head = Buffer.from(await queue.exactly(52));
    const rest = Number(head.readBigUInt64LE(0)) - 44;
    if (!(rest >= 0 && rest <= 65_536)) throw archiveBroken('has a ZIP64 end that is none');
    await queue.exactly(rest);
    checkEnd(Number(head.readBigUInt64LE(28)), count);
    checkEnd(Number(head.readBigUInt64LE(36)), length);
    checkEnd(Number(head.readBigUInt64LE(44)), start);
    isLarge = true;
    if ((await readSignature(queue)) !== signatures.locator64)
      throw archiveBroken('has a ZIP64 end without its place');
    await queue.exactly(16);
    next = await readSignature(queue);
  }
  if (next !== signatures.end) throw archiveBroken('has no end where its directory ends');
  const end = Buffer.from(await queue.exactly(18));
  const told = [end.readUInt16LE(6), end.readUInt32LE(8), end.readUInt32LE(12)] as const;
  const limits = [0xffff, max32, max32];
  [count, length, start].forEach((actual, index) => {
    if (!(isLarge && told[index] === limits[index])) checkEnd(told[index]!, actual);
  });
  await queue.exactly(end.readUInt16LE(16));
  if ((await queue.some(1)) !== undefined) throw archiveBroken('goes on after its end');
}

function checkEnd(told: number, actual: number): void {
  if (told !== actual) throw archiveBroken('has an end that says other than its directory');
}
