// Asks a token by a process of its own (key-process.ts). PIN and keys go through pipes, never through arguments, environment or files.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Failure, type FailureKind, type FailureMore } from '../../base/failure.ts';
import type { Pkcs11Uri } from './uri.ts';
import type { Wrapped } from './wrapping.ts';

/** A PIN pad waits for a person; a network HSM that has gone would make us wait for ever. */
const answerMs = 120_000;

interface Question {
  readonly configPath: string;
  readonly uri: Pkcs11Uri;
  /** Base64, as all bytes here. */
  readonly pin: string | undefined;
  readonly binding: string;
}
export interface WrapQuestion extends Question {
  readonly ask: 'wrap';
  readonly kek: string;
  readonly isKeyToBeMade: boolean;
}
export interface UnwrapQuestion extends Question {
  readonly ask: 'unwrap';
  readonly wrapped: Wrapped;
}
export type KeyQuestion = WrapQuestion | UnwrapQuestion;

export interface WrapAnswer {
  readonly uri: Pkcs11Uri;
  readonly wrapped: Wrapped;
}
export interface UnwrapAnswer {
  readonly kek: string;
}
interface FailureAnswer {
  readonly failure: {
    readonly kind: FailureKind;
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly facts: NonNullable<FailureMore['facts']>;
  };
}
export type KeyAnswer = WrapAnswer | UnwrapAnswer | FailureAnswer;

export function askToken(question: WrapQuestion): Promise<WrapAnswer>;
export function askToken(question: UnwrapQuestion): Promise<UnwrapAnswer>;
export async function askToken(question: KeyQuestion): Promise<WrapAnswer | UnwrapAnswer> {
  const file = import.meta.url.endsWith('.ts') ? './key-process.ts' : './key-process.js';
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url))], {
    // What a module prints may be anything, a PIN too.
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    timeout: answerMs,
    killSignal: 'SIGKILL',
  });
  const pieces: Buffer[] = [];
  (child.stdio[3] as Readable).on('data', (piece: Buffer) => pieces.push(piece));
  // A process that ends before it has read says so by its end.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(JSON.stringify(question));
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const bytes = Buffer.concat(pieces);
  for (const piece of pieces) piece.fill(0);
  if (signal === 'SIGKILL') {
    throw new Failure('unavailable', 'PKCS11_TIMEOUT', 'the token did not answer within two minutes', {
      hint: 'Check the device or its network; a PIN pad waits for its PIN.',
    });
  }
  if (status !== 0 || bytes.length === 0) {
    throw new Failure('unavailable', 'PKCS11_MODULE_CRASHED', 'the PKCS#11 module ended its process', {
      hint: 'The fault is in the module: update it, and try it with "pkcs11-tool --module FILE --test".',
      facts: { status: String(signal ?? status) },
    });
  }
  const answer = JSON.parse(bytes.toString('utf8')) as KeyAnswer;
  bytes.fill(0);
  if (!('failure' in answer)) return answer;
  const { kind, code, message, hint, facts } = answer.failure;
  throw new Failure(kind, code, message, { facts, ...(hint === undefined ? {} : { hint }) });
}
