// Proves a raft snapshot while it passes: a gzip tar of meta.json, state.bin and SHA256SUMS (Vault adds SHA256SUMS.sealed). A server that
// stops in the middle ends its answer like any other, so nothing but the sums tells a whole snapshot from half of one.

import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import { Failure } from '../../base/failure.ts';

const blockLength = 512;
/** Sums and headers are small; more is no snapshot. */
const smallBytesMax = 1024 * 1024;
const membersMax = 64;

export class SnapshotProof {
  readonly #gunzip = createGunzip({ chunkSize: 65_536 });
  readonly #outcome: Promise<void>;

  constructor() {
    this.#outcome = proveTar(this.#gunzip);
    // Whoever writes or ends is told.
    this.#outcome.catch(() => undefined);
    this.#gunzip.on('error', () => undefined);
  }

  /** Takes the next bytes; they are not changed and may be reused when this resolves. */
  async write(piece: Uint8Array): Promise<void> {
    if (this.#gunzip.destroyed) await this.#outcome;
    if (this.#gunzip.write(Buffer.from(piece))) return;
    const drained = once(this.#gunzip, 'drain').catch(() => this.#outcome);
    await Promise.race([drained, this.#outcome]);
  }

  /** Throws corrupt/VAULT_SNAPSHOT_BROKEN unless the snapshot is whole. */
  async end(): Promise<void> {
    this.#gunzip.end();
    await this.#outcome;
  }
}

function broken(what: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'VAULT_SNAPSHOT_BROKEN', `the snapshot of Vault ${what}`, {
    hint: 'Start again; if it stays so, the log of Vault says what broke off the snapshot.',
    cause,
  });
}

async function proveTar(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    const reader = new BlockReader(bytes);
    const digests = new Map<string, string>();
    let sums: string | undefined;
    for (let members = 0; ; members += 1) {
      if (members > membersMax) throw broken('has too many parts');
      const member = await readHeader(reader);
      if (member === undefined) break;
      const { name, size } = member;
      if (name === 'SHA256SUMS') sums = (await reader.small(size)).toString('utf8');
      else {
        const hash = createHash('sha256');
        await reader.pass(size, hash);
        // The sums sealed by Vault are not among the sums.
        if (name !== 'SHA256SUMS.sealed') digests.set(name, hash.digest('hex'));
      }
      await reader.pass(-size & (blockLength - 1));
    }
    await reader.rest();
    compare(digests, sums);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw broken('is cut off or no gzip', error);
  }
}

function compare(digests: ReadonlyMap<string, string>, sums: string | undefined): void {
  if (sums === undefined) throw broken('has no SHA256SUMS');
  const told = new Map<string, string>();
  for (const line of sums.split('\n').filter((one) => one.trim() !== '')) {
    const [, digest, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line.trimEnd()) ?? [];
    if (digest === undefined || name === undefined) throw broken('has sums that are none');
    told.set(name, digest);
  }
  for (const name of ['meta.json', 'state.bin']) {
    if (!digests.has(name) || !told.has(name)) throw broken(`has no proven "${name}"`);
  }
  for (const [name, digest] of digests) {
    if (told.get(name) !== digest) throw broken(`has a part "${name}" of another sum`);
  }
  for (const name of told.keys()) if (!digests.has(name)) throw broken(`lacks its part "${name}"`);
}

interface Member {
  readonly name: string;
  readonly size: number;
}

/** What Go's archive/tar writes: ustar, with a pax or GNU size where the state is beyond 8 GiB. */
async function readHeader(reader: BlockReader): Promise<Member | undefined> {
  let paxSize: number | undefined;
  for (;;) {
    const header = await reader.small(blockLength);
    if (header.every((byte) => byte === 0)) return undefined;
    checkSum(header);
    const size = numberOf(header, 124, 12);
    const flag = header.toString('latin1', 156, 157);
    if (flag === 'x') {
      const records = (await reader.small(size)).toString('utf8');
      await reader.pass(-size & (blockLength - 1));
      const told = /^\d+ size=(\d{1,15})$/m.exec(records)?.[1];
      if (told !== undefined) paxSize = Number(told);
      continue;
    }
    if (flag !== '0' && flag !== '\0') throw broken('has a part that is no file');
    return { name: header.toString('latin1', 0, 100).replace(/\0.*$/s, ''), size: paxSize ?? size };
  }
}

function checkSum(header: Buffer): void {
  let sum = 0;
  for (let at = 0; at < blockLength; at += 1) sum += at >= 148 && at < 156 ? 0x20 : header[at]!;
  if (numberOf(header, 148, 8) !== sum) throw broken('has a broken header');
}

function numberOf(header: Buffer, offset: number, length: number): number {
  if (header[offset]! >= 0x80) {
    const value = header.readUIntBE(offset + length - 6, 6);
    if (header.subarray(offset + 1, offset + length - 6).some((byte) => byte !== 0)) {
      throw broken('has a part beyond all measure');
    }
    return value;
  }
  const text = header
    .toString('latin1', offset, offset + length)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]+$/.test(text)) throw broken('has a broken header');
  return Number.parseInt(text, 8);
}

class BlockReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#pieces = bytes[Symbol.asyncIterator]();
  }

  async #some(length: number): Promise<Uint8Array | undefined> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return undefined;
      this.#piece = next.value;
    }
    const some = this.#piece.subarray(0, length);
    this.#piece = this.#piece.subarray(some.length);
    return some;
  }

  async pass(length: number, hash?: Hash): Promise<void> {
    for (let left = length; left > 0; ) {
      const some = await this.#some(left);
      if (some === undefined) throw broken('is cut off');
      hash?.update(some);
      left -= some.length;
    }
  }

  async small(length: number): Promise<Buffer> {
    if (length > smallBytesMax) throw broken('has a part beyond all measure');
    const pieces: Uint8Array[] = [];
    for (let left = length; left > 0; ) {
      const some = await this.#some(left);
      if (some === undefined) throw broken('is cut off');
      pieces.push(some);
      left -= some.length;
    }
    return Buffer.concat(pieces);
  }

  async rest(): Promise<void> {
    for (;;) {
      const some = await this.#some(65_536);
      if (some === undefined) return;
      if (some.some((byte) => byte !== 0)) throw broken('goes on after its end');
    }
  }
}
