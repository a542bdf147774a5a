// The folder that holds a repository on an SFTP server: asked for when one is opened, made when one is created.

import { randomBytes } from 'node:crypto';
import { Failure } from '../../base/failure.ts';
import type { SftpSession } from './connection.ts';
import { noHardLinks, statusOf } from './failure.ts';
import { entriesOf, existsAs, makeFolder, removeFile, writeNew } from './files.ts';

/** Names that begin so are being written, or were. */
export const temporaryPrefix = '.tmp-';

/** missing/STORAGE_MISSING or usage/STORAGE_NOT_A_FOLDER when it is none. */
export async function requireRoot(session: SftpSession, root: string, where: string): Promise<void> {
  const found = await existsAs(session, root);
  if (found === 'folder') return;
  if (found === 'file') throw notAFolder(where);
  throw new Failure('missing', 'STORAGE_MISSING', `there is no folder "${root}" at "${where}"`, {
    hint: 'Check the path: after one slash it begins where a login begins, after two at the root. Or run "holdfast init".',
  });
}

/** Makes the folder and all above it; conflict/STORAGE_NOT_EMPTY when it holds anything but a repository. */
export async function makeRoot(session: SftpSession, root: string, where: string): Promise<void> {
  const found = await existsAs(session, root);
  if (found === 'file') throw notAFolder(where);
  if (found === 'folder') return requireEmpty(session, root, where);
  const parts = root.split('/');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const folder = parts.slice(0, depth).join('/');
    // Also where we may not make any: a folder above that is there is all that is needed.
    if (folder !== '' && (await existsAs(session, folder)) === undefined) await makeFolder(session, folder);
  }
}

/**
 * What a server does with a name that is taken. That renaming fails is the protocol's third version, and not kept by all; only a trial
 * can tell. 'failed' also where we may not try.
 */
export async function takenNames(
  session: SftpSession,
  root: string,
  call: 'link' | 'rename',
): Promise<'refused' | 'replaced' | 'failed'> {
  const { signal } = new AbortController();
  const paths = ['a', 'b', 'c'].map(
    (end) => `${root}/${temporaryPrefix}${randomBytes(12).toString('hex')}${end}`,
  );
  const [first, second, name] = paths as [string, string, string];
  const move = (from: string) =>
    session.ask<void>((sftp, done) =>
      call === 'link' ? sftp.ext_openssh_hardlink(from, name, done) : sftp.rename(from, name, done),
    );
  try {
    await writeNew(session, first, new Uint8Array(1), signal);
    await writeNew(session, second, new Uint8Array(2), signal);
    await move(first);
    try {
      await move(second);
    } catch (error) {
      if (statusOf(error) === undefined) throw error;
      return 'refused';
    }
    return 'replaced';
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return 'failed';
  } finally {
    for (const path of paths) await removeFile(session, path).catch(() => undefined);
  }
}

/** Before a repository is made where no object could ever be put. A folder without the right to write says so later and better. */
export async function requireHardLinks(session: SftpSession, root: string, where: string): Promise<void> {
  const found = await takenNames(session, root, 'link');
  if (found === 'refused') return;
  if (found === 'failed') {
    await requireRight(session, root);
    throw noHardLinks(where, undefined);
  }
  throw new Failure('corrupt', 'STORAGE_UNFAITHFUL', `"${where}" replaces files by links`, {
    hint: 'The server answers wrongly: no backup is safe there.',
  });
}

/** Throws the server's answer when not even a file can be made. */
async function requireRight(session: SftpSession, root: string): Promise<void> {
  const path = `${root}/${temporaryPrefix}${randomBytes(12).toString('hex')}`;
  await writeNew(session, path, new Uint8Array(1), new AbortController().signal);
  await removeFile(session, path);
}

/** What a repository puts first is let pass: a canceled `init` can be repeated, and the engine recognises a repository. */
async function requireEmpty(session: SftpSession, root: string, where: string): Promise<void> {
  for await (const { name } of entriesOf(session, root)) {
    if (['config', 'keys', 'twin', 'lost+found'].includes(name) || name.startsWith(temporaryPrefix)) continue;
    // Beside a config all other folders are a repository's.
    if ((await existsAs(session, `${root}/config`)) === 'folder') return;
    throw new Failure('conflict', 'STORAGE_NOT_EMPTY', `the folder of "${where}" is not empty`, {
      hint: 'Choose a new or empty folder for the repository.',
    });
  }
}

function notAFolder(where: string): Failure {
  return new Failure('usage', 'STORAGE_NOT_A_FOLDER', `"${where}" is not a folder`, {
    hint: 'Name a folder.',
  });
}
