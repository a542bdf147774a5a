// The master key file of a set of archives. Its first line is the password of their seals, so that OpenSSL's `-pass file:` reads the same.

import { existsSync } from 'node:fs';
import { Failure, isFailure } from '../../base/failure.ts';
import { Secret } from '../../base/secret.ts';
import { createKeyFile } from '../../keyslots/key-file.ts';
import { readPrivateFile } from '../../keyslots/private-file.ts';
import { namedArchives } from './listing.ts';

export interface FoundKey {
  readonly secret: Secret;
  readonly isNew: boolean;
}

/**
 * With a folder of archives, a key is made where there is none, unless sealed archives are there already: a new key in the place of a
 * lost one would only hide the loss.
 */
export async function requireKey(path: string, archives?: string): Promise<FoundKey> {
  const mayMake = archives !== undefined && !existsSync(path);
  if (mayMake && !(await namedArchives(archives)).some(({ seals }) => seals.length > 0)) {
    return { isNew: madeHere(path), secret: readKey(path) };
  }
  if (mayMake) {
    throw new Failure(
      'missing',
      'MASTER_KEY_LOST',
      `the key "${path}" is gone, but archives are sealed with it`,
      {
        hint: 'Bring the key file back from its second place. To begin anew, move the old archives to another folder.',
      },
    );
  }
  return { secret: readKey(path), isNew: false };
}

/** False where another backup was first. */
function madeHere(path: string): boolean {
  try {
    createKeyFile(path);
    return true;
  } catch (error) {
    if (isFailure(error, 'conflict', 'KEY_FILE_EXISTS') && existsSync(path)) return false;
    throw error;
  }
}

function readKey(path: string): Secret {
  const bytes = readPrivateFile(path);
  const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  const line = end < 0 ? bytes : bytes.subarray(0, end);
  if (line.length === 0) {
    throw new Failure('denied', 'MASTER_KEY_EMPTY', `the key file "${path}" begins with an empty line`, {
      hint: 'Bring the key file back from its second place.',
    });
  }
  const secret = new Secret(line, 'passphrase');
  bytes.fill(0);
  return secret;
}
