// The program of rescue.mjs: lists and restores from a repository in a folder, for the day on which nothing is left but the storage, one
// key and a computer with Node.js. scripts/make-rescue.ts makes one file of it and of all that it needs.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseArgs } from 'node:util';
import type { Context } from '../base/context.ts';
import { Failure, failureKinds } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import { formatBytes, formatCount } from '../base/text.ts';
import { readKeyFile } from '../keyslots/key-file.ts';
import { identityType } from '../keyslots/slot.ts';
import { resolveSnapshot } from '../model/snapshot-selection.ts';
import { restore } from '../operations/restore.ts';
import { openRepository } from '../repository/open.ts';
import type { Repository } from '../repository/repository.ts';
import { listSnapshots } from '../repository/snapshots.ts';
import { nodeFiles } from '../storage/local/files.ts';
import { openLocal } from '../storage/local.ts';
import { type Ambient, readAmbient } from './ambient.ts';
import { toFailure } from './exit.ts';
import { createOutput, type Output } from './output.ts';
import { askHidden, firstLine } from './secrets.ts';
import { localTime, pathText, tableLines } from './show.ts';
import { abortOnSignals } from './signals.ts';
import { chooseLanguage, createTexts, type Texts } from './texts/texts.ts';

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
    readonly lang?: string;
    readonly help?: boolean;
  };
}

/** Resolves to the exit code: those of `holdfast`. */
async function run(ambient: Ambient): Promise<number> {
  const failing = new AbortController();
  let texts = createTexts(chooseLanguage(undefined, ambient.environment));
  let signal = failing.signal;
  try {
    const call = readCall(ambient.arguments);
    texts = createTexts(chooseLanguage(call.values.lang, ambient.environment));
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
  } catch (error) {
    throw new Failure('usage', 'RESCUE_USAGE', (error as Error).message);
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
        ...(shredFile === undefined ? {} : { shredKey: readKeyFile(shredFile) }),
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

async function findSecrets({ values }: Call, place: string, desk: Desk): Promise<readonly Secret[]> {
  const keyFile = values['key-file'];
  if (keyFile !== undefined) return [readKeyFile(keyFile)];
  if (values.identity !== undefined) {
    const bytes = readFileSync(values.identity);
    return [new Secret(bytes, identityType)];
  }
  const shares = values['share-file'];
  if (shares !== undefined) {
    const { findShares } = await import('./share-input.ts');
    return [(await findShares(shares, desk)).secret];
  }
  const file = values['password-file'];
  const bytes =
    file === undefined ? await askHidden(desk, desk.texts.say('secret.ask', { place })) : readFileSync(file);
  const secret = new Secret(firstLine(bytes), 'passphrase');
  bytes.fill(0);
  return [secret];
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
