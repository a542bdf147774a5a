// The config object: the only thing in the clear, authenticated by the master key. FORMAT.md §3.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import { decodeJcs, encodeJcs } from '../base/jcs.ts';
import { derive } from './keys.ts';

export const formatVersion = 1;
/** Sealed sessions (FORMAT.md §14): who does not know them would read keys as damage, and write indexes that nobody trusts. */
export const sealedFeature = 'write-only-writers';
/** Maintenance keys (FORMAT.md §15): who does not know them would publish snapshots that no such key sees, and write unsigned indexes. */
export const maintenanceFeature = 'maintenance';
const knownReadFeatures: readonly string[] = [sealedFeature];
const knownWriteFeatures: readonly string[] = [sealedFeature, maintenanceFeature];
const configMax = 16 * 1024;

export interface Config {
  readonly format: number;
  /** 32 hex. */
  readonly repoId: string;
  readonly profile: string;
  readonly features: { readonly read: readonly string[]; readonly write: readonly string[] };
}

export function encodeConfig(masterKey: Uint8Array, config: Config): Uint8Array {
  const body = {
    features: { read: [...config.features.read], write: [...config.features.write] },
    format: config.format,
    minReader: 1,
    minWriter: 1,
    profile: config.profile,
    repoId: config.repoId,
  };
  return encodeJcs({ ...body, mac: macOf(masterKey, body) });
}

/** Parses a config object before unlocking: only the id and the format may be believed. */
export function peekConfig(bytes: Uint8Array, name: string): Config {
  if (bytes.length > configMax) throw broken(name, `is ${bytes.length} bytes long`);
  let value: unknown;
  try {
    value = decodeJcs(bytes);
  } catch (error) {
    throw broken(name, 'is not canonical JSON', error);
  }
  const item = value as Record<string, unknown>;
  if (typeof item !== 'object' || item === null) throw broken(name, 'is not an object');
  const { format, repoId, profile, features } = item;
  if (typeof format !== 'number') throw broken(name, 'names no format');
  if (format > formatVersion) {
    throw tooNew(`the repository has format ${format}, this program reads up to ${formatVersion}`, {
      format,
    });
  }
  if (typeof repoId !== 'string' || !/^[0-9a-f]{32}$/.test(repoId))
    throw broken(name, 'names no repository id');
  const lists = features as { read?: unknown; write?: unknown } | undefined;
  if (typeof profile !== 'string' || !isTexts(lists?.read) || !isTexts(lists?.write)) {
    throw broken(name, 'lacks its features');
  }
  return { format, repoId, profile, features: { read: lists.read, write: lists.write } };
}

/** What a repository is opened for: a reader stores nothing in it. */
export type Purpose = 'read' | 'write';

/** Checks the authentication code with the master key, then what the repository asks of those who come for this purpose. */
export function verifyConfig(
  masterKey: Uint8Array,
  bytes: Uint8Array,
  name: string,
  purpose: Purpose,
): Config {
  const config = peekConfig(bytes, name);
  const item = decodeJcs(bytes) as Record<string, unknown>;
  const { mac, ...body } = item;
  const expected = Buffer.from(macOf(masterKey, body), 'hex');
  const found = Buffer.from(typeof mac === 'string' && /^[0-9a-f]{64}$/.test(mac) ? mac : '', 'hex');
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) {
    throw broken(name, 'was changed after it was written');
  }
  const writes = purpose === 'write';
  for (const least of [item['minReader'], ...(writes ? [item['minWriter']] : [])]) {
    if (typeof least === 'number' && least <= formatVersion) continue;
    // JSON, because String() has no answer for an object without a prototype.
    const wanted = JSON.stringify(least) ?? 'none';
    throw tooNew(`the repository needs a program for format ${wanted}`, { format: wanted });
  }
  refuseUnknownFeatures(config, purpose);
  return config;
}

/** Of a config that cannot be verified by this reader, or was. */
export function refuseUnknownFeatures({ features }: Config, purpose: Purpose): void {
  refuseUnknown(features.read, knownReadFeatures, 'read');
  if (purpose === 'write') refuseUnknown(features.write, knownWriteFeatures, 'written to');
}

function refuseUnknown(features: readonly string[], known: readonly string[], deed: string): void {
  const feature = features.find((one) => !known.includes(one));
  if (feature === undefined) return;
  throw new Failure(
    'usage',
    'FEATURE_UNKNOWN',
    `the repository can only be ${deed} with the feature "${feature}"`,
    { hint: 'Update Holdfast to the newest version.' },
  );
}

function macOf(masterKey: Uint8Array, body: Record<string, unknown>): string {
  return createHmac('sha256', derive(masterKey, 'config'))
    .update(encodeJcs(body as never))
    .digest('hex');
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function tooNew(message: string, facts: Readonly<Record<string, string | number>>): Failure {
  return new Failure('usage', 'FORMAT_TOO_NEW', message, {
    hint: 'Update Holdfast to the newest version.',
    facts,
  });
}

function broken(name: string, why: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'CONFIG_BROKEN', `"${name}" ${why}`, {
    hint: 'Copy the object back from another copy of the repository; backups and keys are not touched by this.',
    cause,
  });
}
