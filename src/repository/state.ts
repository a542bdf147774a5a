// What one writer remembers about one repository, outside of it: its signing key, the heads of all chains it has seen (so that
// a storage that went back in time is noticed) and when bytes were last verified. Files of mode 0600 in a folder of mode 0700.
// Losing them loses no backup: a new writer identity is made, and the memory starts anew.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { hex } from '../base/bytes.ts';
import { Failure } from '../base/failure.ts';
import { signerKeyId } from './keys.ts';

/** Where the state of all repositories lies, such as ~/.local/state/holdfast. */
export interface StateStore {
  readonly directory: string;
}

export interface WriterIdentity {
  /** 32 hex. */
  readonly writerId: string;
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

/** Chain heads by writer: names of the newest entries seen. */
export type RememberedHeads = Record<string, { readonly seq: number; readonly names: readonly string[] }>;

export class RepositoryState {
  readonly directory: string;

  constructor(store: StateStore, repositoryId: string) {
    this.directory = join(store.directory, repositoryId);
  }

  /** This host's writer, made on first use. */
  writer(): WriterIdentity {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const path = join(this.directory, 'writer.json');
    const stored = readOrUndefined(path);
    if (stored !== undefined) {
      const { writerId, key } = JSON.parse(stored) as { writerId: string; key: string };
      return identity(writerId, createPrivateKey(key));
    }
    const { privateKey } = generateKeyPairSync('ed25519');
    const writerId = hex(randomBytes(16));
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    this.#write('writer.json', JSON.stringify({ writerId, key }));
    return identity(writerId, privateKey);
  }

  heads(): RememberedHeads {
    return this.#json('heads.json') as RememberedHeads;
  }

  rememberHeads(heads: RememberedHeads): void {
    this.#write('heads.json', JSON.stringify(heads));
  }

  /** When the bytes of each pack were last read and found right: pack name to milliseconds. */
  verified(): Record<string, number> {
    return this.#json('verified.json') as Record<string, number>;
  }

  rememberVerified(verified: Record<string, number>): void {
    this.#write('verified.json', JSON.stringify(verified));
  }

  #json(name: string): object {
    const text = readOrUndefined(join(this.directory, name));
    if (text === undefined) return {};
    try {
      return JSON.parse(text) as object;
    } catch (error) {
      throw new Failure('corrupt', 'STATE_BROKEN', `"${join(this.directory, name)}" is not readable`, {
        hint: 'Delete this file: it is memory of this host only, no backup depends on it.',
        cause: error,
      });
    }
  }

  #write(name: string, text: string): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const path = join(this.directory, name);
    const temporary = `${path}.${hex(randomBytes(6))}.tmp`;
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    const directory = openSync(this.directory, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }
}

function identity(writerId: string, privateKey: KeyObject): WriterIdentity {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const publicKey = new Uint8Array(spki.subarray(spki.length - 32));
  return { writerId, privateKey, publicKey, keyId: signerKeyId(publicKey) };
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure('denied', 'STATE_DENIED', `"${path}" cannot be read`, {
      hint: 'Run as the user who made this file, or delete it.',
      cause: error,
    });
  }
}
