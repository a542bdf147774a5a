// The process in which a PKCS#11 module runs: one question comes in on standard input, one answer goes out on descriptor 3, then it ends. So
// native code never shares memory with what reads backups, a module that hangs or crashes takes nobody along, and calls need no turns.

import { readFileSync, writeFileSync } from 'node:fs';
import { Failure, isFailure } from '../../base/failure.ts';
import type { KeyAnswer, KeyQuestion } from './ask-token.ts';
import { loadModule } from './library.ts';
import { findModule } from './module-file.ts';
import { openSession } from './session.ts';
import { createKey, findKey } from './token-key.ts';
import { unwrapKey, wrapKey } from './wrapping.ts';

function answer(question: KeyQuestion): KeyAnswer {
  const cryptoki = loadModule(findModule(question.configPath));
  const pin = question.pin === undefined ? undefined : Buffer.from(question.pin, 'base64');
  const isWriting = question.ask === 'wrap' && question.isKeyToBeMade;
  using session = openSession(cryptoki, { uri: question.uri, pin, isWriting });
  pin?.fill(0);
  const binding = Buffer.from(question.binding, 'base64');
  if (question.ask === 'unwrap') {
    const key = findKey(session, question.uri);
    return { kek: unwrapKey(session, key, question.wrapped, binding).toString('base64') };
  }
  if (isWriting) createKey(session, question.uri);
  const key = findKey(session, question.uri);
  const wrapped = wrapKey(session, key, Buffer.from(question.kek, 'base64'), binding);
  return { uri: key.uri, wrapped };
}

function run(): KeyAnswer {
  try {
    return answer(JSON.parse(readFileSync(0, 'utf8')) as KeyQuestion);
  } catch (error) {
    // The message of anything else may quote what came in.
    const name = error instanceof Error ? error.name : typeof error;
    const failure = isFailure(error)
      ? error
      : new Failure('bug', 'PKCS11_PROCESS_FAILED', `asking the token ended with "${name}"`);
    const { kind, code, message, hint, facts } = failure;
    return { failure: { kind, code, message, facts, ...(hint === undefined ? {} : { hint }) } };
  }
}

// Descriptor 3, because a module may print what it likes on standard output.
writeFileSync(3, JSON.stringify(run()));
