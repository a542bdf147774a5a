// What the inventory says about one key: what it is and how strong, never what it holds.

import type { Instant } from '../../base/context.ts';

export type KeyType =
  | 'private-key'
  | 'public-key'
  | 'certificate'
  | 'certificate-request'
  | 'parameters'
  | 'symmetric-key'
  | 'keystore'
  | 'secrets';

export interface KeyItem {
  readonly type: KeyType;
  /** How it is written: `pkcs8`, `openssh`, `openpgp`, … */
  readonly format: string;
  readonly algorithm?: string;
  readonly bits?: number;
  readonly curve?: string;
  /** As the key's own tools print it: of the certificate, of OpenSSH, of OpenPGP; else `keyId`. */
  readonly fingerprint?: string;
  /** Hex of SHA-256 over the public key (SubjectPublicKeyInfo): equal for a private key, its public key and its certificates. */
  readonly keyId?: string;
  readonly expiresAt?: Instant;
  /** Of private keys and keystores: whether a passphrase protects it. */
  readonly isEncrypted?: boolean;
  /** A name that its owner gave and that is no secret: a subject, an alias, a comment. */
  readonly label?: string;
  /** How a certificate or request is signed, such as `sha256WithRSAEncryption`. */
  readonly signature?: string;
  readonly note?: string;
}

/** What recognisers are given: a file's name (a byte string without folders), the folder it lies in, and all its bytes. */
export interface KeyFile {
  readonly name: string;
  readonly folder: string;
  readonly bytes: Uint8Array;
  /** The bytes as latin1. */
  readonly text: string;
}

export interface Recognition {
  readonly items: readonly KeyItem[];
  /** Why a part of the file could not be read though it is clearly key material. Never quotes content. */
  readonly broken?: string;
}

/** Undefined: the file is nothing that it knows. It never throws, whatever the bytes are. */
export type Recogniser = (file: KeyFile) => Recognition | undefined;

/** Names are for people: bounded, so that a hostile file cannot flood a report. */
export function shortLabel(text: string): string | undefined {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return undefined;
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

/** `{ label }` where there is one: for spreading into an item. */
export function labelled(text: string | undefined): { readonly label?: string } {
  const label = text === undefined ? undefined : shortLabel(text);
  return label === undefined ? {} : { label };
}
