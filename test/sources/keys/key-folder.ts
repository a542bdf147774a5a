// Keys for tests, made by Node and by the programs that people make them with, each in the folder given.

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const passphrase = 'a passphrase of the tests';

/** Answers with standard output; a wrong exit is thrown with what the program said. */
export function run(
  program: string,
  words: readonly string[],
  more: { input?: string; home?: string } = {},
): Buffer {
  return execFileSync(program, words, {
    stdio: ['pipe', 'pipe', 'pipe'],
    input: more.input ?? '',
    env: { PATH: process.env.PATH, HOME: more.home ?? '/nonexistent', LC_ALL: 'C', TZ: 'UTC' },
  });
}

export function pkcs8(key: KeyObject, secret?: string): string {
  const sealed = secret === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: secret };
  return key.export({ type: 'pkcs8', format: 'pem', ...sealed }).toString();
}

export const rsa = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits });
export const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });

/** A key and a certificate that it signed itself. */
export function certificate(folder: string, name: string, words: readonly string[] = []): void {
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`];
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)];
  const days = words.some((word) => word === '-days') ? [] : ['-days', '3650'];
  run('openssl', [...request, ...files, ...days, ...words]);
}

/** A home of GnuPG with one key that signs and one below it that decrypts; the exports lie beside it. */
export function gnupg(
  folder: string,
  secret: string,
): { readonly home: string; readonly fingerprint: string } {
  const home = join(folder, 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const gpg = (...words: string[]) =>
    run('gpg', [
      '--homedir',
      home,
      '--batch',
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      secret,
      ...words,
    ]);
  gpg('--quick-generate-key', 'Key Test <keys@example.org>', 'ed25519', 'sign', '1y');
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(gpg('--with-colons', '--list-keys').toString())![1]!;
  gpg('--quick-add-key', fingerprint, 'cv25519', 'encr', '2y');
  writeFileSync(join(folder, 'secret.asc'), gpg('--armor', '--export-secret-keys'), { mode: 0o600 });
  writeFileSync(join(folder, 'public.gpg'), gpg('--export'));
  run('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
  return { home, fingerprint };
}

export function bytesOf(folder: string, name: string): Buffer {
  return readFileSync(join(folder, name));
}
