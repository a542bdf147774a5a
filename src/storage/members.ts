// What kinds that are made of other storages have in common: a list of members, in a URL or a configuration, and a mark in each member that says
// to which set it belongs and as which number, so that a disk that is not mounted, or a wrong bucket, is never taken for an empty member.

import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { readAddress } from './address.ts';
import type { StorageConfig } from './all.ts';
import type { Storage } from './storage.ts';
import { type DeadlinePolicy, withDeadline } from './with/deadline.ts';

/** Each is the configuration of a storage, with its `kind`. */
export const memberList = z.array(z.looseObject({ kind: z.string() })).check(z.minLength(2), z.maxLength(8));

/** `scheme:?member=URL&member=URL&option=value`; members come as `memberUrls`, which all.ts resolves with their secrets. */
export function readMembersUrl(
  url: string,
  optionNames: readonly string[],
): { readonly memberUrls: readonly string[]; readonly options: Readonly<Record<string, string>> } {
  const scheme = url.slice(0, url.indexOf(':'));
  const example = `"${scheme}:?member=file%3A%2Fdisk1%2Fbackup&member=sftp%3A%2F%2Fhost%2Fbackup"`;
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  const memberUrls = query.getAll('member');
  query.delete('member');
  if (memberUrls.length < 2 || !url.includes('?')) {
    throw new Failure('usage', 'STORAGE_URL_INVALID', `a ${scheme} needs at least two members`, {
      hint: `Write it like ${example}; the URL of a member is percent-encoded.`,
    });
  }
  const { options } = readAddress(`${scheme}:?${query}`, optionNames, example);
  return { memberUrls, options };
}

export interface OpenedMember {
  readonly storage: Storage;
  readonly mark: string | undefined;
}

/** Sooner than that of the whole, so that there is time to ask another member. */
const memberDeadline: DeadlinePolicy = { baseMs: 25_000, bytesPerSecondMin: 128 * 1024 };

/** Undefined for a member that cannot be reached; its failure is logged. */
export async function openMembers(
  members: readonly StorageConfig[],
  markName: string,
  context: Context,
): Promise<readonly (OpenedMember | undefined)[]> {
  const { openConfiguredStorage } = await import('./all.ts');
  return Promise.all(
    members.map(async (config, index) => {
      let opened: Storage | undefined;
      try {
        opened = await openConfiguredStorage(config, context);
        const storage = opened.features.isLocal
          ? opened
          : withDeadline(opened, context.clock, memberDeadline);
        return { storage, mark: await readMark(storage, markName, context) };
      } catch (error) {
        await opened?.[Symbol.asyncDispose]();
        // Bad configuration is nobody's absence.
        if (!isFailure(error) || ['usage', 'bug', 'canceled', 'corrupt'].includes(error.kind)) throw error;
        context.log.warn(`member ${index + 1} cannot be reached: ${error.message}`, { code: error.code });
        return undefined;
      }
    }),
  );
}

/** Makes all places and marks them. */
export async function createMembers(
  members: readonly StorageConfig[],
  markName: string,
  context: Context,
): Promise<readonly Storage[]> {
  const { createConfiguredStorage } = await import('./all.ts');
  // Each is a second place only if it is another one.
  for (const [index, config] of members.entries()) {
    const first = members.findIndex((one) => isDeepStrictEqual(one, config));
    if (first === index) continue;
    throw new Failure(
      'usage',
      'MEMBERS_MIXED_UP',
      `members ${first + 1} and ${index + 1} are the same place`,
      {
        hint: 'Name each place once; two of them should not share a disk, an account or a house.',
      },
    );
  }
  const id = randomBytes(16).toString('hex');
  const made: Storage[] = [];
  for (const config of members) made.push(await createConfiguredStorage(config, context));
  for (const [index, storage] of made.entries()) await putMark(storage, markName, id, index, context);
  return made;
}

export async function putMark(
  storage: Storage,
  markName: string,
  id: string,
  index: number,
  { signal }: Context,
): Promise<void> {
  await storage.put(markName, Buffer.from(`${id} ${index + 1}\n`), { signal });
}

/** The id that all marks share; a member with another one, or with another number, belongs elsewhere. */
export function setIdOf(members: readonly (OpenedMember | undefined)[]): string | undefined {
  const marks = members.flatMap((one, index) =>
    one?.mark === undefined ? [] : [{ one, index, id: one.mark.slice(0, 32) }],
  );
  const id = marks[0]?.id;
  for (const { one, index, id: other } of marks) {
    if (one.mark === `${id} ${index + 1}`) continue;
    const what = other === id ? `is member ${one.mark?.slice(33)}` : 'belongs to another set';
    throw new Failure('conflict', 'MEMBERS_MIXED_UP', `"${one.storage.location}" ${what}`, {
      hint: 'Name the members as they were named at first, in the same order.',
    });
  }
  return id;
}

async function readMark(
  storage: Storage,
  markName: string,
  { signal }: Context,
): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await storage.get(markName, { signal });
  } catch (error) {
    if (isFailure(error, 'missing', 'OBJECT_MISSING')) return undefined;
    throw error;
  }
  const text = Buffer.from(bytes).toString('latin1');
  if (/^[0-9a-f]{32} [1-8]\n$/.test(text)) return text.trimEnd();
  throw new Failure('corrupt', 'MEMBER_MARK_INVALID', `"${markName}" in "${storage.location}" is damaged`, {
    hint: 'Copy the object from another member, and write the number of this one behind the id.',
  });
}
