// What lies beside an archive: its manifest and its checksums, as an export writes them and sha256sum reads them.

import type { Hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { ByteSource } from '../../archives/archive.ts';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { displayPath, fsPath } from '../../sources/files/system.ts';
import { errorCode } from '../../sources/files/system-error.ts';
import { type ChecksumName, checksumNames, hashIfAny, notAvailable } from '../export.ts';

const companionBytesMax = 1024 * 1024;
const digits: Readonly<Record<ChecksumName, number>> = { sha256: 64, sha1: 40, md5: 32 };

export interface Companions {
  /** Each with where it stands. */
  readonly checksums: readonly {
    readonly name: ChecksumName;
    readonly value: string;
    readonly where: string;
  }[];
  /** As the manifest tells, innermost first; undefined without a manifest. */
  readonly seals?: readonly string[];
}

export async function readCompanions(file: string): Promise<Companions> {
  const checksums: Companions['checksums'][number][] = [];
  const base = file.slice(file.lastIndexOf('/') + 1);
  for (const name of checksumNames) {
    const where = `${file}.${name}`;
    const text = await readIfAny(where);
    if (text !== undefined) checksums.push({ name, value: checksumIn(text, name, base, where), where });
  }
  const where = `${file}.manifest.json`;
  const text = await readIfAny(where);
  if (text === undefined) return { checksums };
  const manifest = parseManifest(text, where);
  for (const name of checksumNames) {
    const value = manifest.checksums[name];
    if (value !== undefined && value !== notAvailable) checksums.push({ name, value, where });
  }
  return { checksums, seals: manifest.seals };
}

async function readIfAny(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(fsPath(path));
    if (size <= companionBytesMax) return await readFile(fsPath(path), 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  throw invalid(path, 'is too large');
}

/** The line of this archive, in the form of sha256sum or with the digest alone. */
function checksumIn(text: string, name: ChecksumName, base: string, where: string): string {
  const pattern = new RegExp(`^([0-9a-f]{${digits[name]}})(?:[ \\t]+\\*?(.*?))?\\r?$`, 'i');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (const line of lines) {
    const match = pattern.exec(line);
    const named = match?.[2];
    if (match === null || (named !== undefined && named !== '' && named.replace(/^.*\//, '') !== base))
      continue;
    return match[1]!.toLowerCase();
  }
  throw invalid(where, 'has no checksum of this archive');
}

function parseManifest(
  text: string,
  where: string,
): { checksums: Partial<Record<ChecksumName, string>>; seals: string[] } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'latin1').toString('utf8'));
  } catch {
    throw invalid(where, 'is no JSON');
  }
  if (typeof value !== 'object' || value === null) throw invalid(where, 'is no manifest');
  const { version, checksums, seals } = value as Readonly<Record<string, unknown>>;
  if (version !== 1) throw invalid(where, 'is no manifest of version 1');
  if (!Array.isArray(seals) || seals.length > 16 || seals.some((seal) => typeof seal !== 'string'))
    throw invalid(where, 'has no list of seals');
  if (typeof checksums !== 'object' || checksums === null) throw invalid(where, 'has no checksums');
  const known: Partial<Record<ChecksumName, string>> = {};
  for (const name of checksumNames) {
    const one = (checksums as Readonly<Record<string, unknown>>)[name];
    if (one === undefined) continue;
    const isDigest = typeof one === 'string' && /^[0-9a-f]+$/.test(one) && one.length === digits[name];
    if (one !== notAvailable && !isDigest) throw invalid(where, `has a ${name} that is none`);
    known[name] = one as string;
  }
  return { checksums: known, seals: seals as string[] };
}

function invalid(path: string, what: string): Failure {
  return new Failure('corrupt', 'ARCHIVE_COMPANION_INVALID', `"${displayPath(path)}" ${what}`, {
    hint: 'Remove or replace that file, after you have made sure that the archive itself is the right one.',
  });
}

export interface Digest {
  /** Of the whole file, whether or not it was told. */
  readonly sha256: string;
  readonly results: Partial<Record<ChecksumName, 'matches' | 'not available'>>;
}

/** Reads the archive once; every checksum that is told must be right. */
export async function verifyChecksums(
  raw: ByteSource,
  { checksums }: Companions,
  context: Context,
): Promise<Digest> {
  const hashes = new Map<ChecksumName, Hash | undefined>([['sha256', hashIfAny('sha256')]]);
  for (const { name } of checksums) if (!hashes.has(name)) hashes.set(name, hashIfAny(name));
  for await (const piece of raw()) for (const hash of hashes.values()) hash?.update(piece);
  const actual = new Map([...hashes].map(([name, hash]) => [name, hash?.digest('hex')] as const));
  const results: Digest['results'] = {};
  for (const { name, value, where } of checksums) {
    const found = actual.get(name);
    if (found === undefined) {
      context.log.warn(`the checksum "${name}" is not available in this build and was not checked`);
      results[name] = 'not available';
      continue;
    }
    if (found !== value) {
      throw new Failure(
        'corrupt',
        'ARCHIVE_CHECKSUM_WRONG',
        `the archive is not what "${displayPath(where)}" says`,
        {
          facts: { checksum: name, expected: value, actual: found },
          hint: 'Take another copy of the archive: this one was changed or damaged, or belongs to another checksum.',
        },
      );
    }
    results[name] = 'matches';
  }
  return { sha256: actual.get('sha256')!, results };
}
