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
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { replaceFile } from '../disk/durable-file.ts';
import { makeFolders } from '../disk/folders.ts';
import { signerKeyId } from './bundle.ts';

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
    makeFolders(this.directory);
    const path = join(this.directory, 'writer.json');
    const stored = readOrUndefined(path);
    if (stored !== undefined) {
      try {
        const { writerId, key } = JSON.parse(stored) as { writerId: unknown; key: unknown };
        if (typeof writerId !== 'string' || !/^[0-9a-f]{32}$/.test(writerId) || typeof key !== 'string')
          throw new TypeError('not the fields of a writer');
        const privateKey = createPrivateKey(key);
        if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('not a key of a writer');
        return identity(writerId, privateKey);
      } catch {
        // No cause: errors of a parser quote what they read, and this is a private key.
        throw broken(path);
      }
    }
    const { privateKey } = generateKeyPairSync('ed25519');
    const writerId = hex(randomBytes(16));
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    this.#write('writer.json', JSON.stringify({ writerId, key }));
    return identity(writerId, privateKey);
  }

  heads(): RememberedHeads {
    return this.#json('heads.json', isHead) as RememberedHeads;
  }

  rememberHeads(heads: RememberedHeads): void {
    this.#write('heads.json', JSON.stringify(heads));
  }

  /**
   * For whoever has read or stored what is to be remembered: that is done, also where this host's disk is full or read-only. The next
   * listing that can write makes it up.
   */
  noteHeads(heads: RememberedHeads, context: Context): void {
    if (JSON.stringify(heads) === JSON.stringify(this.heads())) return;
    const write = () => this.rememberHeads(heads);
    this.#unlessUnwritable(write, 'the recovery points of this repository could not be remembered', context);
  }

  /** When the bytes of each pack were last read and found right: pack name to milliseconds. */
  verified(): Record<string, number> {
    return this.#json('verified.json', Number.isFinite) as Record<string, number>;
  }

  /** A check has proven what it has proven, wherever it can write that down. */
  noteVerified(verified: Record<string, number>, context: Context): void {
    const write = () => this.#write('verified.json', JSON.stringify(verified));
    this.#unlessUnwritable(write, 'what was verified could not be remembered', context);
  }

  #unlessUnwritable(write: () => void, message: string, context: Context): void {
    try {
      write();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      context.log.warn(message, { code, folder: this.directory });
    }
  }

  #json(name: string, isRight: (value: unknown) => boolean): object {
    const path = join(this.directory, name);
    const text = readOrUndefined(path);
    if (text === undefined) return {};
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw broken(path, cause);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(path);
    if (!Object.values(value).every(isRight)) throw broken(path);
    return value;
  }

  #write(name: string, text: string): void {
    makeFolders(this.directory);
    replaceFile(join(this.directory, name), text);
  }
}

function isHead(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, names } = value as { readonly seq?: unknown; readonly names?: unknown };
  return Number.isSafeInteger(seq) && Array.isArray(names) && names.every((one) => typeof one === 'string');
}

function broken(path: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'STATE_BROKEN', `"${path}" is not readable`, {
    hint: 'Delete this file: it is memory of this host only, no backup depends on it.',
    cause,
  });
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
