// The program of rescue.mjs: lists and restores from a repository in a folder, for the day on which nothing is left but the storage, one
// key and a computer with Node.js. scripts/make-rescue.ts makes one file of it and of all that it needs.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseArgs } from 'node:util';
import type { Context } from '../base/context.ts';
import { Failure, failureKinds, isFailure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import { formatBytes, formatCount } from '../base/text.ts';
import { readKeyFile, readSlotKeyFile } from '../keyslots/key-file.ts';
import { isLockedKey, unlockKey } from '../keyslots/locked-key.ts';
import { masterKeySecret, readMasterKey } from '../keyslots/master-key-text.ts';
import { readPrivateFile } from '../keyslots/private-file.ts';
import { describeSlot, identityType } from '../keyslots/slot.ts';
import { resolveSnapshot } from '../model/snapshot-selection.ts';
import { restore } from '../operations/restore.ts';
import { translatorFor } from '../phrases/phrases.ts';
import { openRepository } from '../repository/open.ts';
import { readAll } from '../repository/read-all.ts';
import type { Repository } from '../repository/repository.ts';
import { listSnapshots } from '../repository/snapshots.ts';
import { nodeFiles } from '../storage/local/files.ts';
import { openLocal } from '../storage/local.ts';
import type { Storage } from '../storage/storage.ts';
import { type Ambient, readAmbient } from './ambient.ts';
import { toFailure } from './exit.ts';
import { createOutput, type Output } from './output.ts';
import { askHidden, firstLine } from './secrets.ts';
import { localTime, pathText, tableLines } from './show.ts';
import { abortOnSignals } from './signals.ts';
import { chooseLanguage, languageOption, type Texts, textsIn } from './texts/texts.ts';

interface Call {
  readonly verb: string;
  readonly places: readonly string[];
  readonly values: {
    readonly 'password-file'?: string;
    readonly 'key-file'?: string;
    readonly identity?: string;
    readonly 'shred-key'?: string;
    readonly 'share-file'?: readonly string[];
    readonly 'no-owners'?: boolean;
    readonly verify?: boolean;
    readonly help?: boolean;
  };
}

/** Resolves to the exit code: those of `holdfast`. */
async function run(ambient: Ambient): Promise<number> {
  const failing = new AbortController();
  const language = chooseLanguage(languageOption(ambient.arguments), ambient.environment);
  const texts = await textsIn(language, await translatorFor(language));
  let signal = failing.signal;
  try {
    const call = readCall(ambient.arguments);
    const output = outputOf(ambient, texts);
    if (call.values.help === true || call.verb === '') {
      for (const line of texts.say('rescue.usage').split('\n')) output.line(line);
      return 0;
    }
    signal = abortOnSignals(ambient, () => output.note(texts.say('signal.stopping')));
    let problems = 0;
    const context: Context = {
      signal,
      clock: ambient.clock,
      log: output.log,
      monitor: {
        count: () => undefined,
        total: () => undefined,
        phase: () => undefined,
        problem(problem) {
          problems += 1;
          output.problem(problem);
        },
      },
    };
    await work(call, { ambient, output, texts, context });
    return problems === 0 ? 0 : 1;
  } catch (error) {
    const failure = toFailure(error, signal.aborted);
    outputOf(ambient, texts).failure(failure);
    return failureKinds[failure.kind].exit;
  }
}

function outputOf(ambient: Ambient, texts: Texts): Output {
  const choice = { isJson: false, isQuiet: false, isVerbose: false, isRaw: false, command: '' };
  return createOutput(ambient, texts, choice);
}

function readCall(argv: readonly string[]): Call {
  try {
    const { positionals, values } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        'password-file': { type: 'string' },
        'key-file': { type: 'string' },
        identity: { type: 'string' },
        'shred-key': { type: 'string' },
        'share-file': { type: 'string', multiple: true },
        'no-owners': { type: 'boolean' },
        verify: { type: 'boolean' },
        lang: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    const [verb = '', ...places] = positionals;
    const count = { '': [0], list: [1], restore: [2, 3] }[verb];
    if (count?.includes(places.length) === true) return { verb, places, values };
  } catch (cause) {
    // The parser's own words are English, and name the option in single quotes.
    const [, option = ''] = /'(-[^' ]*)/.exec((cause as Error).message) ?? [];
    throw new Failure('usage', 'RESCUE_USAGE', `the option "${option}" is not known, or not used like this`, {
      facts: { option },
      cause,
    });
  }
  throw new Failure('usage', 'RESCUE_USAGE', 'this is no command of the rescue reader');
}

interface Desk {
  readonly ambient: Ambient;
  readonly output: Output;
  readonly texts: Texts;
  readonly context: Context;
}

async function work(call: Call, desk: Desk): Promise<void> {
  const { ambient } = desk;
  const [place = ''] = call.places;
  const storage = await openLocal(pathText(absolute(place, ambient)), nodeFiles);
  if (call.values.identity === undefined) await refuseForeignSlots(storage, desk);
  const secrets = await findSecrets(call, place, desk);
  const shredFile = call.values['shred-key'];
  // A repository wants a place where this host remembers; a rescuer has nothing to remember, and may run from a read-only medium.
  const state = mkdtempSync(join(ambient.temporaryDirectory, 'holdfast-rescue-'));
  try {
    await using repository = await openRepository(
      {
        storage,
        state: { directory: state },
        secrets,
        owner: ambient.owner,
        writerName: 'rescue',
        purpose: 'read',
        ...(shredFile === undefined ? {} : { shredKey: readKeyFile(shredFile) }),
      },
      desk.context,
    );
    if (call.verb === 'list') await list(repository, desk);
    else await bringBack(call, repository, desk);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/** Kinds that ask a device or a service: what speaks with it is no part of one file. */
const foreignTypes: readonly string[] = ['pkcs11', 'kms'];

/** Before anything is asked for: what nobody can open here, and what to do instead. Some of several are named only. */
async function refuseForeignSlots(storage: Storage, { context, output, texts }: Desk): Promise<void> {
  const types: string[] = [];
  for await (const { bytes } of readAll(storage, 'keys/slot-', context)) {
    try {
      types.push(describeSlot(bytes).type);
    } catch (error) {
      // A damaged one is told by opening.
      if (!isFailure(error, 'corrupt')) throw error;
    }
  }
  const foreign = types.filter((type) => foreignTypes.includes(type));
  if (foreign.length === 0) return;
  const names = [...new Set(foreign)].sort().join(', ');
  if (foreign.length < types.length) {
    output.note(texts.say('rescue.foreignSlots', { count: foreign.length, types: names }));
    return;
  }
  throw new Failure(
    'usage',
    'RESCUE_SLOTS_FOREIGN',
    `every key slot is of a kind that rescue.mjs cannot open: ${names}`,
    {
      facts: { types: names },
      hint: 'Install Holdfast and open it with the token (--pkcs11) or the key of the cloud (--kms), or give the master key of a recovery kit (--identity).',
    },
  );
}

async function findSecrets(call: Call, place: string, desk: Desk): Promise<readonly Secret[]> {
  const { values } = call;
  const keyFile = values['key-file'];
  if (keyFile !== undefined) return [readSlotKeyFile(keyFile)];
  if (values.identity !== undefined) return [await readIdentity(values.identity, call, desk)];
  const shares = values['share-file'];
  if (shares !== undefined) {
    const { findShares } = await import('./share-input.ts');
    return [(await findShares(shares, desk)).secret];
  }
  return [await readPassphrase(call, desk.texts.say('secret.ask', { place }), desk)];
}

/** A private key, or the master key out of a recovery kit; one that is sealed with a passphrase is opened in memory. */
async function readIdentity(path: string, call: Call, desk: Desk): Promise<Secret> {
  const bytes = readPrivateFile(path);
  const question = desk.texts.say('secret.askIdentity', { path });
  const plain = isLockedKey(bytes)
    ? await unlockKey(bytes, await readPassphrase(call, question, desk))
    : new Secret(bytes);
  if (readMasterKey(plain) !== undefined) return masterKeySecret(plain);
  return new Secret(plain.reveal(), identityType);
}

async function readPassphrase({ values }: Call, question: string, desk: Desk): Promise<Secret> {
  const file = values['password-file'];
  const bytes = file === undefined ? await askHidden(desk, question) : readFileSync(file);
  const secret = new Secret(new Uint8Array(firstLine(bytes)), 'passphrase');
  bytes.fill(0);
  return secret;
}

async function list(repository: Repository, { ambient, context, output, texts }: Desk): Promise<void> {
  const snapshots = await listSnapshots(repository, context);
  const rows = snapshots.map(({ id, time, host, paths }) => [
    id.slice(0, 12),
    localTime(time, ambient.zoneOffsetMinutes),
    host,
    paths.map(pathText).join(' '),
  ]);
  for (const line of tableLines([texts.say('rescue.head').split('|'), ...rows])) output.line(line);
}

async function bringBack(call: Call, repository: Repository, desk: Desk): Promise<void> {
  const { ambient, context, output, texts } = desk;
  const { places, values } = call;
  const name = places.length === 3 ? places[1]! : 'latest';
  const target = absolute(places.at(-1)!, ambient);
  const snapshot = resolveSnapshot(await listSnapshots(repository, context), name, {});
  await repository.loadIndex(context);
  const { restored, skipped, erased, verified } = await restore(
    {
      snapshot,
      target,
      select: () => true,
      verify: values.verify === true,
      dryRun: false,
      devices: false,
      owners: values['no-owners'] !== true && process.getuid?.() === 0,
      workers: 0,
    },
    repository,
    context,
  );
  for (const { path, what } of verified?.differences ?? []) {
    context.monitor.problem({ path, code: 'RESTORED_DIFFERS', message: what });
  }
  output.line(
    texts.say('rescue.restored', {
      id: snapshot.id.slice(0, 12),
      time: localTime(snapshot.time, ambient.zoneOffsetMinutes),
      target: pathText(target),
      files: formatCount(restored.files, texts.language),
      directories: formatCount(restored.directories, texts.language),
      bytes: formatBytes(restored.bytes, texts.language),
    }),
  );
  if (skipped > 0) output.line(texts.say('rescue.skipped', { count: formatCount(skipped, texts.language) }));
  if (erased > 0) output.line(texts.say('restore.erased', { count: formatCount(erased, texts.language) }));
}

function absolute(path: string, ambient: Ambient): string {
  return posix.resolve(ambient.workingDirectory, ambient.argumentBytes(path));
}

const ambient = readAmbient();
void run(ambient).then(async (exit) => {
  await ambient.flush();
  ambient.exitNow(exit);
});
